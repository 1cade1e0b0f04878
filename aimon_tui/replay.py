"""Plays recordings through the decoders, dialects and ledger that live traffic meets, on a clock of their own."""

import asyncio
import heapq
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from itertools import chain
from pathlib import Path

from aimon_core import pricing
from aimon_core.clock import SteppedClock, SystemClock
from aimon_core.config import Settings
from aimon_core.errors import Unreadable
from aimon_core.events import Event
from aimon_core.journal import Delivery
from aimon_core.recent import Recent
from aimon_core.spans import Span
from aimon_core.standing import Options
from aimon_core.store import SessionStore
from aimon_desktop.terminals import Outcome
from aimon_tui.app import AimonApp
from aimon_tui.live import screen_settings
from receiver import reel, tape, told
from receiver.codec import MAX_RECORDS
from receiver.dialects import Interpreter
from receiver.hook_request import Beside
from receiver.intake import Intake
from receiver.record import SIGNALS
from receiver.rewound import Transcripts
from receiver.status import Refused
from receiver.tape import Request

Entry = Request | reel.Line
"""What came in: of a capture's folder, or of a recording."""


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
        self._interpreter, self._transcripts = Interpreter(), Transcripts()
        self._intake = Intake(self, self._interpreter, clock, records_limit=MAX_RECORDS)
        self.address, self.label, self.fault = "replay:", "replay", "replay failed"
        self.problem: str | None = None

    def accept(self, delivery: Delivery | None, events: list[Event]) -> None:
        """Apply, and keep."""
        self.store.apply(events, delivery.arrived_ns if delivery is not None else None)
        if self._recent is not None and delivery is not None:
            self._recent.append(delivery)

    async def told(self, key: str, span: Span) -> told.Told:
        """What was told about a span, as `Runtime.told` answers."""
        kept = self._recent
        return await asyncio.to_thread(told.tell, kept, key, span) if kept else told.NOTHING_KEPT

    def forwards(self) -> None:
        """Nothing: a recording stays here."""

    def rate(self) -> float:
        """Events per second over the last minute."""
        return self._intake.rate.per_second()

    async def take(self, entry: Entry) -> None:
        """Let time pass up to now, then take what came in; what a door would refuse is left out. Raises Unreadable."""
        self.store.tick()
        with suppress(Refused, ValueError, LookupError):
            await self._take(entry)

    async def _take(self, entry: Entry) -> None:
        match entry:
            case reel.Sent():
                await self._take(tape.request(entry))
            case Request() if entry.kind in SIGNALS:
                signal = next(signal for signal in SIGNALS if signal == entry.kind)
                await self._intake.export(signal, entry.body, entry.encoding)
            case Request():
                await self._intake.hook(entry.kind.removeprefix("hooks/"), entry.body)
            case reel.Hooked():  # as if spooled: then its delivery is wanted, which tells when the hook ran
                beside = Beside(entry.moment_ns, process=entry.process, above=entry.above)
                await self._intake.hook(entry.agent, entry.whole, beside, spooled=True)
            case reel.Kept():
                delivery = Delivery(entry.kind, entry.whole, entry.arrived_ns)
                self.accept(delivery, tape.events(delivery, self._interpreter))
            case reel.Written():
                events = self._transcripts.events(entry)
                self.store.apply(events, min(entry.written_ns, entry.at_ns))
            case reel.Learned():
                self.store.apply(reel.understood(entry), entry.arrived_ns)

    def close(self) -> None:
        """The end."""
        self._transcripts.close()


def merged(paths: Iterable[Path]) -> Iterator[Entry]:
    """What several recordings hold, in the order in which it came, read as it is asked for. Raises Unreadable."""
    return heapq.merge(*(tape.entries(path) for path in paths), key=lambda entry: entry.at_ns)


async def played(entries: Iterable[Entry], settings: Settings) -> SessionStore:
    """The ledger after all that came in, as it stood at the recording's end. Raises Unreadable."""
    clock = SteppedClock(0)
    player = Player(clock, settings)
    player.store.prices = pricing.load(settings.prices)
    with closing(player):
        for entry in entries:
            clock.jump(max(clock.now_ns(), entry.at_ns))
            await player.take(entry)
    player.store.drain()
    return player.store


async def shown(entries: Iterable[Entry], settings: Settings, speed: float) -> None:
    """The dashboard while a recording plays, until it is left. Raises Unreadable for one that cannot be begun."""
    coming = iter(entries)
    first = next(coming, None)
    clock = TapeClock(first.at_ns if first else 0, speed)
    player = Player(clock, settings, remembers=True)
    app = AimonApp(player.store, door=player, clock=clock, settings=screen_settings(settings), tells=player.told)

    async def play() -> None:
        player.store.prices = await asyncio.to_thread(pricing.load, settings.prices)
        try:
            for entry in chain([first] if first else [], coming):
                await asyncio.sleep(clock.until(entry.at_ns))
                await player.take(entry)
        except Unreadable as error:
            player.problem = str(error)
            app.toast(str(error), "error")

    with closing(player):
        playing = asyncio.create_task(play())
        try:
            await app.run_async()
        finally:
            playing.cancel()
            with suppress(asyncio.CancelledError):
                await playing
