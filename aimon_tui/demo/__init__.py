"""A scripted fleet for whoever has no agent at hand: it sends real OTLP and real hooks through the real doors.

Nothing of it is faked behind the door: what the demo shows is what the same requests from real clients would show.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator

from aimon_core.clock import SystemClock
from aimon_tui.demo.story import fleet
from aimon_tui.demo.wire import Request

MORNING_S = 1_500.0
"""How long the fleet has been at work when the curtain rises."""

Send = Callable[[Request], Awaitable[None]]
"""Posts one request to the door and waits for its answer."""


class DemoClock:
    """The machine's clock, except that the morning of the fleet passes as fast as its requests are sent."""

    def __init__(self, curtain_ns: int | None = None) -> None:
        self._system = SystemClock()
        self._fixed_ns = curtain_ns
        self.curtain_ns = self._system.now_ns() if curtain_ns is None else curtain_ns
        """The moment the curtain rises."""
        self._behind_s: float | None = -MORNING_S
        self._base_s = self._system.monotonic()

    def now_ns(self) -> int:
        """The story's time until the curtain rises, then the machine's; with a fixed curtain it stands still there."""
        if self._behind_s is not None:
            return self.curtain_ns + round(self._behind_s * 1e9)
        return self._system.now_ns() if self._fixed_ns is None else self._fixed_ns

    def monotonic(self) -> float:
        """Seconds that never jump: rates of the morning are those of its own time."""
        if self._behind_s is not None:
            return self._base_s + self._behind_s
        return self._system.monotonic() if self._fixed_ns is None else self._base_s

    def story(self, at_s: float) -> None:
        """Set the time within the morning."""
        self._behind_s = at_s

    def rise(self) -> None:
        """The morning is over."""
        self._behind_s = None


async def play_morning(clock: DemoClock, send: Send) -> Iterator[Request]:
    """Send everything that happened before the curtain rises; returns what comes after."""
    requests = fleet(clock.curtain_ns)
    for request in requests:
        if request.at_s >= 0:
            clock.rise()
            return _after(request, requests)
        clock.story(request.at_s)
        await send(request)
    clock.rise()
    return iter(())


async def play_on(requests: Iterator[Request], clock: DemoClock, send: Send) -> None:
    """Send the rest as its time comes, for ever."""
    for request in requests:
        ahead_s = request.at_s - (clock.now_ns() - clock.curtain_ns) / 1e9
        if ahead_s > 0:
            await asyncio.sleep(ahead_s)
        await send(request)


def _after(first: Request, rest: Iterator[Request]) -> Iterator[Request]:
    yield first
    yield from rest
