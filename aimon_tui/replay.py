"""Plays recordings through the decoders, dialects and ledger that live traffic meets, on a clock of their own."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from aimon_core import pricing
from aimon_core.clock import SteppedClock, SystemClock
from aimon_core.config import Settings
from aimon_core.events import Event
from aimon_core.journal import Delivery
from aimon_core.recent import Recent
from aimon_core.spans import Span
from aimon_core.standing import Options
from aimon_core.store import SessionStore
from aimon_desktop.terminals import Outcome
from aimon_tui.app import AimonApp
from aimon_tui.live import screen_settings
from receiver import tape, told
from receiver.codec import MAX_RECORDS
from receiver.dialects import Interpreter
from receiver.intake import Intake
from receiver.record import SIGNALS
from receiver.status import Refused
from receiver.tape import Request


class TapeClock:
    """The time of a recording, which passes `speed` times as fast as the machine's."""

    def __init__(self, start_ns: int, speed: float) -> None:
        self._system = SystemClock()
        self._start_ns, self._speed = start_ns, speed
        self._began = self._system.monotonic()

    def now_ns(self) -> int:
        """The moment the recording has reached."""
        return self._start_ns + round((self._system.monotonic() - self._began) * self._speed * 1e9)

    def monotonic(self) -> float:
        """Seconds of the machine: the screen's own rhythm is not sped up."""
        return self._system.monotonic()

    def until(self, at_ns: int) -> float:
        """Seconds of the machine until a moment of the recording."""
        return max(0.0, (at_ns - self.now_ns()) / 1e9 / self._speed)


class Recording(SessionStore):
    """The ledger of what is over: nothing in it has a terminal."""

    async def focus(self, key: str) -> Outcome:  # noqa: ARG002 - whichever it is
        """Say so."""
        return Outcome(ok=False, line="This is a recording.")


class Player:
    """Takes requests in as a door would, without one. It is its own sink; what it keeps for a screen is in memory."""

    def __init__(self, clock: SteppedClock | TapeClock, settings: Settings, *, remembers: bool = False) -> None:
        self._recent = Recent() if remembers else None
        self.wants_deliveries = remembers
        self.store = Recording(clock, options=Options(quiet_s=settings.quiet_period, expire_s=settings.expire_after))
        self._intake = Intake(self, Interpreter(), clock, records_limit=MAX_RECORDS)
        self.address, self.label, self.fault = "replay:", "replay", "replay failed"
        self.problem: str | None = None

    def accept(self, delivery: Delivery | None, events: list[Event]) -> None:
        """Apply, and keep."""
        self.store.apply(events)
        if self._recent is not None and delivery is not None:
            self._recent.append(delivery)

    async def told(self, key: str, span: Span) -> told.Told:
        """What was told about a span, as `Runtime.told` answers."""
        kept = self._recent
        return await asyncio.to_thread(told.tell, kept, key, span) if kept else told.NOTHING_KEPT

    def rate(self) -> float:
        """Events per second over the last minute."""
        return self._intake.rate.per_second()

    async def take(self, request: Request) -> None:
        """Let time pass up to now, then take one request; one that a door would refuse is left out."""
        self.store.tick()
        with suppress(Refused):
            if request.kind in SIGNALS:
                signal = next(signal for signal in SIGNALS if signal == request.kind)
                await self._intake.export(signal, request.body, request.encoding)
            else:
                await self._intake.hook(request.kind.removeprefix("hooks/"), request.body)


def merged(folders: Iterable[Path]) -> list[Request]:
    """The requests of several recordings, folders or traces, in the order in which they came. Raises Unreadable."""
    requests = [request for path in folders for request in (traced(path) if path.is_file() else tape.read(path))]
    return sorted(requests, key=lambda request: request.at_ns)


def traced(path: Path) -> list[Request]:
    """A trace that `aimon_trace` wrote, as the requests that would have told of it. Raises Unreadable."""
    from aimon_tui import documents  # noqa: PLC0415 - pydantic is for who has a trace

    return documents.requests(path)


async def played(requests: Iterable[Request], settings: Settings) -> SessionStore:
    """The ledger after all requests, as it stood when the last one had come."""
    clock = SteppedClock(0)
    player = Player(clock, settings)
    player.store.prices = pricing.load(settings.prices)
    for request in requests:
        clock.jump(request.at_ns)
        await player.take(request)
    player.store.drain()
    return player.store


async def shown(requests: list[Request], settings: Settings, speed: float) -> None:
    """The dashboard while a recording plays, until it is left."""
    clock = TapeClock(requests[0].at_ns if requests else 0, speed)
    player = Player(clock, settings, remembers=True)
    app = AimonApp(player.store, door=player, clock=clock, settings=screen_settings(settings), tells=player.told)

    async def play() -> None:
        player.store.prices = await asyncio.to_thread(pricing.load, settings.prices)
        for request in requests:
            await asyncio.sleep(clock.until(request.at_ns))
            await player.take(request)

    playing = asyncio.create_task(play())
    try:
        await app.run_async()
    finally:
        playing.cancel()
        with suppress(asyncio.CancelledError):
            await playing
