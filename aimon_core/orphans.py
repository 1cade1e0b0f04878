"""Whose a trace is: what a client tells without a session's id waits here until the trace is known to be a session's.

A dialect knows one record at a time; of opencode's log, the line that asks a person names nothing but its trace, and
others of the same trace name the session. In whatever order they come, each is entered once it is known where.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from aimon_core.events import Event, TraceSeen

TRACE = "trace:"
"""How the id of a session begins that only its trace names; no agent's own id does."""
REMEMBERED = 16_384
"""Traces whose session is remembered."""
WAITING = 1_024
"""Events that wait to be somebody's; beyond, the oldest are nobody's."""


def traced(trace_id: bytes) -> str:
    """The id of whatever session a trace is of."""
    return f"{TRACE}{trace_id.hex()}"


class Orphans:
    """The sessions of all traces that somebody has told of."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[tuple[str, str], str] = OrderedDict()
        self._waiting: OrderedDict[int, Event] = OrderedDict()
        self._heard = 0

    def addressed(self, events: Iterable[Event]) -> Iterator[Event]:
        """Events with the session that each is of, also those that have waited to be one's."""
        for event in events:
            if type(event) is TraceSeen:
                yield from self._learn(event)
            elif not event.session_id.startswith(TRACE):
                yield event
            elif (session_id := self._sessions.get((event.agent, event.session_id))) is not None:
                yield replace(event, session_id=session_id)
            else:
                self._wait(event)

    def _learn(self, event: TraceSeen) -> Iterator[Event]:
        """A trace is a session's: what waited for that may go on."""
        name = (event.agent, traced(event.trace_id))
        if self._sessions.get(name) == event.session_id:
            return
        self._sessions[name] = event.session_id
        if len(self._sessions) > REMEMBERED:
            self._sessions.popitem(last=False)
        for place in [at for at, told in self._waiting.items() if (told.agent, told.session_id) == name]:
            yield replace(self._waiting.pop(place), session_id=event.session_id)

    def _wait(self, event: Event) -> None:
        self._heard += 1
        self._waiting[self._heard] = event
        if len(self._waiting) > WAITING:
            self._waiting.popitem(last=False)
