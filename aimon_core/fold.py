"""The events of one session laid in the order of their own times, and the status that follows from them.

Channels deliver late and out of order: a span is exported when it ends, a log five seconds later, a hook at once.
Folding `lifecycle.advance` over the last events by their own time makes the state the same in whatever order they
arrived; the status after each event is kept, so that a late one only refolds what came after it.
"""

from bisect import bisect_right

from aimon_core.events import Event
from aimon_core.lifecycle import RANK, Status, advance

WINDOW = 256
"""Events kept; a late event older than all of them changes figures but no longer the state."""

Place = tuple[int, int, str]


class Fold:
    """A status and the events it follows from."""

    __slots__ = ("_base", "_base_place", "_events", "_places", "_statuses")

    def __init__(self) -> None:
        self._base = Status()
        self._base_place: Place = (0, 0, "")
        self._places: list[Place] = []
        self._events: list[Event] = []
        self._statuses: list[Status] = []

    @property
    def status(self) -> Status:
        """Where the session stands after all events."""
        return self._statuses[-1] if self._statuses else self._base

    def add(self, event: Event) -> None:
        """Put an event in its place; the same event again, or one older than the window, changes nothing."""
        place = (event.at_ns, RANK.get(event.channel, 0), event.signal)
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

    def replace(self, status: Status) -> None:
        """Go on from a status that no event brought: silence, or a person's own word."""
        self._base = status
        if self._places:
            self._base_place = self._places[-1]
        self._places, self._events, self._statuses = [], [], []

    def _insert(self, index: int, place: Place, event: Event) -> None:
        self._places.insert(index, place)
        self._events.insert(index, event)
        status = self._statuses[index - 1] if index else self._base
        del self._statuses[index:]
        for later in self._events[index:]:
            status = advance(status, later)
            self._statuses.append(status)
        if len(self._places) > WINDOW:
            keep = WINDOW // 2
            self._base, self._base_place = self._statuses[-keep - 1], self._places[-keep - 1]
            del self._places[:-keep], self._events[:-keep], self._statuses[:-keep]
