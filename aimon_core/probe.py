"""The doctor's sessions: they take the way of every other one, and are in no list, no sum and no journal.

Apart from the ledger's own so that nothing that adds or lists has to know of them.
"""

from aimon_core.entry import Entry
from aimon_core.events import Event
from aimon_core.identity import session_key
from aimon_core.picture import draw
from aimon_core.priced import settle
from aimon_core.session import Session
from aimon_core.sums import Sums

PROBE = "aimon-doctor-"
"""What their ids begin with, whichever agent's voice the doctor uses."""
KEPT = 8
"""Sessions remembered, the newest: the doctor asks for its own at once."""


def is_probe(event: Event) -> bool:
    """Whether an event tells of a session of the doctor's."""
    return event.session_id.startswith(PROBE)


class Probes:
    """The last few of them."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}

    def take(self, event: Event, now_ns: int) -> None:
        """Enter an event."""
        key = session_key(event)
        if key not in self._entries:
            self._entries[key] = Entry(event.agent, event.session_id, Sums())
            for oldest in list(self._entries)[:-KEPT]:
                del self._entries[oldest]
        self._entries[key].take(event, now_ns)

    def get(self, key: str, now_ns: int) -> Session | None:
        """The picture of a session of the doctor's."""
        if (entry := self._entries.get(key)) is None:
            return None
        settle(entry, None)
        return draw(key, entry, now_ns, None)
