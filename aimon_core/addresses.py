"""Whose each event is, before the ledger enters it: what names only a span, a trace or a thread finds its session here.

It stands apart from the ledger so that the usual event, which names its session, passes with one look at all of it.
"""

from collections.abc import Callable, Iterable, Iterator, MutableMapping

from aimon_core.entry import Entry
from aimon_core.events import Drifted, Event, Nested, SubagentStarted, ThreadSeen, TraceSeen
from aimon_core.homes import Homes
from aimon_core.orphans import TRACE, Orphans
from aimon_core.traces import Traces

_TELLING = frozenset({Nested, Drifted, TraceSeen, ThreadSeen, SubagentStarted})
"""Events that are no session's own, or tell whose others are."""


class Addresses:
    """The sessions of all traces, threads and subagents."""

    def __init__(
        self,
        entries: MutableMapping[str, Entry],
        forget: Callable[[str], object],
        drifted: Callable[[Drifted, int], None],
    ) -> None:
        """`forget` takes an entry away that was none, `drifted` takes what nobody can read."""
        self._entries, self._forget, self._drifted = entries, forget, drifted
        self._traces, self._orphans, self._homes = Traces(), Orphans(), Homes(entries, forget)

    def told(self, events: Iterable[Event], now_ns: int) -> Iterator[Event]:
        """Events as the sessions know them whose they are; those that name theirs take 0.3 us, and took 1."""
        children = self._homes.children
        for event in events:
            session_id = event.session_id
            if type(event) in _TELLING or session_id in children or session_id.startswith(TRACE):
                yield from self._homes.addressed(self._orphans.addressed(self._placed(event, now_ns)))
            else:
                yield event

    def _placed(self, event: Event, now_ns: int) -> Iterator[Event]:
        """The events of a nested span where they belong, and none that nobody can read."""
        if isinstance(event, Nested):
            yield from self._traces.enter(event)
            while self._traces.left:
                self._withdraw(self._traces.left.pop())
        elif isinstance(event, Drifted):
            self._drifted(event, now_ns)
        else:
            yield event

    def _withdraw(self, key: str) -> None:
        if (entry := self._entries.get(key)) is not None:
            entry.withdraw()
            self._forget(key)
