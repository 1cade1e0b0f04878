"""The events of one session laid in the order of their own times, and the status that follows from them.

Channels deliver late and out of order: a span is exported when it ends, a log five seconds later, a hook at once.
Folding `lifecycle.advance` over the last events by their own time makes the state the same in whatever order they
arrived; the status after each event is kept, so that a late one only refolds what came after it.
"""

from bisect import bisect_right

from aimon_core.events import Event, SessionEnded, SessionStarted, TurnEnded
from aimon_core.lifecycle import advance
from aimon_core.standing import RANK, Status

WINDOW = 256
"""Events kept; a late event older than all of them changes figures but no longer the state."""

Place = tuple[int, int, int, str]


_LAST = {SessionStarted: 0, TurnEnded: 2, SessionEnded: 3}
"""At one and the same moment a session starts before, and a turn and a session end after, whatever else happened."""


class Fold:
    """A status and the events it follows from."""

    __slots__ = ("_base", "_base_place", "_events", "_places", "_statuses")

    def __init__(self) -> None:
        self._base = Status()
        self._base_place: Place = (0, 0, 0, "")
        self._places: list[Place] = []
        self._events: list[Event] = []
        self._statuses: list[Status] = []
        """After each event, as far as it was asked for: a whole delivery is folded once, not once an event."""

    @property
    def status(self) -> Status:
        """Where the session stands after all events."""
        statuses = self._statuses
        if len(statuses) < len(self._events):
            status = statuses[-1] if statuses else self._base
            for event in self._events[len(statuses) :]:
                status = advance(status, event)
                statuses.append(status)
        return statuses[-1] if statuses else self._base

    def add(self, event: Event) -> None:
        """Put an event in its place; the same event again, or one older than the window, changes nothing."""
        place = (event.at_ns, RANK.get(event.channel, 0), _LAST.get(type(event), 1), event.signal)
        if not self._places or place > self._places[-1]:
            self._insert(len(self._places), place, event)
            return
        if place < self._base_place:
            return
        index = bisect_right(self._places, place)
        before = index
        while before and self._places[before - 1] == place:
            before -= 1
            if self._events[before] == event:
                return
        self._insert(index, place, event)

    def go_on_from(self, status: Status) -> None:
        """Go on from a status that no event brought: silence, or a person's own word."""
        self._base = status
        if self._places:
            self._base_place = self._places[-1]
        self._places, self._events, self._statuses = [], [], []

    def _insert(self, index: int, place: Place, event: Event) -> None:
        self._places.insert(index, place)
        self._events.insert(index, event)
        del self._statuses[index:]
        if len(self._places) > WINDOW:
            self._shorten()

    def _shorten(self) -> None:
        """Keep the later half; what came before is one status."""
        keep = WINDOW // 2
        _ = self.status
        self._base, self._base_place = self._statuses[-keep - 1], self._places[-keep - 1]
        del self._places[:-keep], self._events[:-keep], self._statuses[:-keep]
