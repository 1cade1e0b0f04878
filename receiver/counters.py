"""What passed the door: figures for the header, the API and whoever asks why nothing arrives."""

from collections import Counter, deque

from msgspec import Struct, field

from aimon_core.clock import Clock

MINUTE = 60


class DoorCounters(Struct):
    """Sums since the start."""

    requests: int = 0
    """Answered, refused ones included."""
    records: int = 0
    """Log records, spans, data points and hook payloads taken."""
    bytes: int = 0
    """Of bodies taken, inflated."""
    refused: Counter[int] = field(default_factory=Counter)
    """By HTTP status."""
    unspooled: Counter[str] = field(default_factory=Counter)
    """Messages of the spool that were dropped, as `spool/old` or `spool/unreadable`."""


class Rate:
    """Events per second over the last minute, in buckets of a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: deque[tuple[int, int]] = deque()
        self._sum = 0

    def add(self, count: int) -> None:
        """Note that `count` events came just now."""
        second = int(self._clock.monotonic())
        self._sum += count
        if self._buckets and self._buckets[-1][0] == second:
            count += self._buckets.pop()[1]
        self._buckets.append((second, count))
        self._forget(second)

    def per_second(self) -> float:
        """The mean of the last 60 seconds."""
        self._forget(int(self._clock.monotonic()))
        return self._sum / MINUTE

    def _forget(self, second: int) -> None:
        while self._buckets and self._buckets[0][0] <= second - MINUTE:
            self._sum -= self._buckets.popleft()[1]
