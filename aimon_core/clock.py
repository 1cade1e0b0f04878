"""The only caller of time, so that tests can step it."""

import time
from typing import Protocol


class Clock(Protocol):
    """Where the program reads the time."""

    def now_ns(self) -> int:
        """Nanoseconds since the epoch: arrival times, ages."""

    def monotonic(self) -> float:
        """Seconds that never jump: deadlines, rates."""


class SystemClock:
    """The machine's clock."""

    def now_ns(self) -> int:
        """Nanoseconds since the epoch."""
        return time.time_ns()

    def monotonic(self) -> float:
        """Seconds since an arbitrary start."""
        return time.monotonic()


class SteppedClock:
    """A clock that moves only when told to; public, so that users of the ledger can test with it too."""

    def __init__(self, now_ns: int = 1_795_226_400_000_000_000) -> None:
        self._now_ns = now_ns

    def now_ns(self) -> int:
        """The time last set."""
        return self._now_ns

    def monotonic(self) -> float:
        """The same time in seconds."""
        return self._now_ns / 1e9

    def advance(self, seconds: float) -> None:
        """Move on by some seconds."""
        self._now_ns += round(seconds * 1e9)

    def jump(self, now_ns: int) -> None:
        """Jump to a moment."""
        self._now_ns = now_ns
