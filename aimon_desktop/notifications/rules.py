"""When a person is told: not of what was answered at once, not at night, and never twice of the same.

Apart from the channels because it is pure: transitions and a clock go in, keys come out.
"""

from collections.abc import Collection, Iterator
from datetime import datetime, time

from aimon_core.clock import Clock
from aimon_core.session import State, Transition

_SETTLED_S = {"waiting": 1.0}
_SOON_S = 0.5
"""How long a state has to last before it is told: a wait answered within a second was no wait, and a turn that ends may
go on at once with the next prompt of a queue."""


class Rules:
    """What is still to be told, and what no longer holds."""

    def __init__(self, clock: Clock, *, states: Collection[State], quiet_hours: str | None) -> None:
        """`states` are those a person wants to hear of; `quiet_hours` is local, `22:00-07:00`."""
        self._clock, self._states = clock, frozenset(states)
        self._quiet = _span(quiet_hours) if quiet_hours else None
        self._pending: dict[str, float] = {}
        self._told: set[str] = set()
        self._answered: set[str] = set()

    def moved(self, transition: Transition) -> None:
        """A session changed its state: what was to be told of the one before is not told any more."""
        key = transition.key
        self._pending.pop(key, None)
        if key in self._told:
            self._told.discard(key)
            self._answered.add(key)
        if transition.after in self._states:
            self._pending[key] = self._clock.monotonic() + _SETTLED_S.get(transition.after, _SOON_S)

    def due(self) -> Iterator[str]:
        """The sessions to tell of now, each once; in quiet hours nobody is told, then or later."""
        now_s = self._clock.monotonic()
        for key in [key for key, at_s in self._pending.items() if at_s <= now_s]:
            del self._pending[key]
            if not self.quiet():
                self._told.add(key)
                yield key

    def answered(self) -> set[str]:
        """The sessions that were told of and have gone on since the last call."""
        answered, self._answered = self._answered, set()
        return answered

    def quiet(self) -> bool:
        """Whether these are hours in which nobody is told."""
        if self._quiet is None:
            return False
        begin, end = self._quiet
        now = datetime.fromtimestamp(self._clock.now_ns() / 1e9).time()  # noqa: DTZ006 - the night is a local thing
        return begin <= now < end if begin <= end else now >= begin or now < end


def _span(told: str) -> tuple[time, time]:
    begin, _, end = told.partition("-")
    return time.fromisoformat(begin), time.fromisoformat(end)
