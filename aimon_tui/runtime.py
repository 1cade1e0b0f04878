"""Composes everything: settings become a ledger, a journal, open doors and hands. `serve`, the screen and tests use it.

Making one is cheap and `start` is not: aiohttp, protobuf and SQLite are imported there, in a thread, after the first
paint. The doors open before the journal is read again, since the ledger does not mind the order in which it learns.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from aimon_core import paths, runtime_dir
from aimon_core.clock import Clock
from aimon_core.config import Settings
from aimon_core.errors import AimonError, UsageError
from aimon_core.session import Session, Totals, Transition
from aimon_core.spans import TurnTree
from aimon_core.standing import Options
from aimon_core.store import SessionStore
from aimon_tui.desk import Desk
from aimon_tui.door import Door, load, options
from aimon_tui.exporting import Exporting
from aimon_tui.forwarding import Forwarding
from aimon_tui.hands import Hand, Publication, StatusFile
from aimon_tui.memory import Memory
from aimon_tui.sources import Sources
from aimon_tui.whereabouts import Whereabouts

if TYPE_CHECKING:  # what `start` imports
    from aimon_core.spans import Span
    from aimon_desktop.terminals import Outcome
    from receiver.server import Receiver
    from receiver.told import Told

LOG = logging.getLogger("aimon")

FRAME_S = 0.1
CAUGHT_UP_S = 8.0  # less than the silence after which a screen takes us for gone


class Runtime:
    """A running aimon, and the ledger as the screen sees it."""

    def __init__(
        self, settings: Settings, clock: Clock, *, runtime_folder: str | None = None, sources: Sources | None = None
    ) -> None:
        """`runtime_folder` holds `status.json` and the socket, None is the user's own; without `sources` doors tell."""
        self.settings, self._clock = settings, clock
        self.store = SessionStore(clock, options=Options(quiet_s=settings.quiet_period, expire_s=settings.expire_after))
        self.hands: list[Hand] = []
        self.outlets: Callable[[], Iterable[Hand]] = tuple
        """Makes more hands, once the first paint is done."""
        self.state_dir = paths.state_dir(settings.state_dir)
        self._forwarding = Forwarding(settings, self.state_dir, clock)
        self.door = Door(settings, self._forwarding.told)
        self.priced = asyncio.Event()
        """Set when the price table has been read, or cannot be."""
        self.restored = asyncio.Event()
        """Set when the journal has been read again."""
        self.complete = asyncio.Event()
        """Set when every door is open, or has been found shut."""
        self.remembers = False
        """Whether what comes in is kept in memory without a journal, too: a screen wants to show it."""
        self.notices: list[str] = []
        """What a person should know though all goes on: no journal, no prices."""
        self._runtime_folder = runtime_folder or runtime_dir.locate()
        self._spool = paths.spool_dir() if runtime_folder is None else self.state_dir / "spool"
        self._desk = Desk(self.store, self.tell, clock)
        self._memory = Memory(settings, self.store, self._desk, clock, self._notice)
        self._sources = sources
        self._whereabouts = Whereabouts(self.store, beacon=settings.title_beacon)
        self._exporting = Exporting(settings, self.store, clock)
        self._unseen, self._tasks = set[str](), list[asyncio.Task[None]]()

    async def start(self, *, frame_s: float = FRAME_S) -> None:
        """Open the doors; the journal and the price table are read meanwhile. Raises AimonError when they stay shut.

        Everything else goes on then, for a screen that has something to show all the same. `frame_s` is how often the
        hands are told what changed, besides whenever the screen asks.
        """
        try:
            folder = runtime_dir.secure(self._runtime_folder)
            status = StatusFile(self.store, folder, lambda: self.door.address, self._clock)
            self.hands += [self._whereabouts, status]
            await asyncio.to_thread(load)
            self.hands.extend(self.outlets())
            await asyncio.to_thread(self._memory.open, remembers=self.remembers)
            self._spawn(self._load_prices())
            self._spawn(self._beat(frame_s))
            self._spawn(self._exporting.run(self.hands))
            if self._sources is not None:
                self._spawn(self._see(self._sources))
            try:
                await self._open_doors()
            finally:  # whoever had the port before has written everything that it acknowledged
                self._spawn(self._restore())
        except AimonError as error:
            self.door.problem = error.message
            if not self._tasks:
                self.restored.set()  # there is nothing to wait for
            raise

    async def stop(self) -> None:
        """Close everything; harmless when nothing is open."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks.clear()
        if self.door.receiver is not None:
            await self.door.receiver.stop()
        self.drain()
        await self._forwarding.finish()
        for error in await asyncio.gather(*(hand.close() for hand in self.hands), return_exceptions=True):
            if error is not None:
                LOG.error("an output did not end well", exc_info=error)
        self.hands.clear()
        self._memory.close()

    async def caught_up(self) -> None:
        """Wait, not for ever, until what was known before the start is known again."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CAUGHT_UP_S):
                await self.restored.wait()
                if self._sources is not None:
                    await self._sources.caught_up.wait()

    def tell(self, transitions: list[Transition]) -> None:
        """Sessions changed their state: the hands hear of it at once."""
        if transitions:
            for hand in list(self.hands):
                self._use(hand, hand.moved, transitions)

    def frame(self) -> None:
        """Let time pass, and tell the hands what changed since the last frame."""
        self.tell(self.store.tick())
        changed = self.store.drain()
        self._unseen |= changed
        self._memory.frame(changed)
        for hand in list(self.hands):
            self._use(hand, hand.frame, changed)

    # ------------------------------------------------------------------ the ledger, as the screen sees it

    def tick(self) -> None:
        """Nothing: `drain` lets time pass for the screen and the hands together."""

    def drain(self) -> set[str]:
        """The keys that changed since the screen last asked."""
        self.frame()
        unseen, self._unseen = self._unseen, set()
        return unseen

    def get(self, key: str) -> Session | None:
        """One session."""
        return self._memory.view.get(key)

    def sessions(self, *, every: bool = False) -> list[Session]:
        """The sessions to list."""
        return self._memory.view.sessions(every=every)

    def totals(self) -> Totals:
        """Sums over all of them."""
        return self._memory.view.totals()

    def turns(self, key: str) -> list[TurnTree]:
        """The tree of a session, turn by turn."""
        return self.store.turns(key)

    def acknowledge(self, key: str) -> list[Transition]:
        """A person has seen that it is done."""
        return self._desk.acknowledge(key)

    async def _acknowledged(self, key: str, _viewer: int | None) -> "Outcome":
        """The same, asked for by another screen."""
        from aimon_desktop.terminals import Outcome

        self.acknowledge(key)
        return Outcome(ok=True, line="")

    async def told(self, key: str, span: "Span") -> "Told":
        """What was told about a span of a session, read beside the loop; never raises."""
        from receiver import told

        kept = self._desk.kept
        return await asyncio.to_thread(told.tell, kept, key, span) if kept else told.NOTHING_KEPT

    async def focus(self, key: str, viewer: int | None = None) -> "Outcome":
        """Bring a session's terminal before whoever looks at the viewer, by default this process's own terminal."""
        outcome = await self._whereabouts.focus(key, viewer)
        if outcome.ok:
            self.acknowledge(key)
        return outcome

    # ------------------------------------------------------------------ what start does

    async def _open_doors(self) -> None:
        from receiver.api import Owner
        from receiver.dialects import Interpreter
        from receiver.recorder import Recorder
        from receiver.server import Receiver

        recorder = self._desk.recorder = Recorder(self._clock)
        receiver = Receiver(
            sink=self._desk,
            ledger=self.store,
            interpreter=Interpreter(),
            clock=self._clock,
            options=options(self.settings, self._runtime_folder, str(self._spool), self.door.listeners),
            owner=Owner(
                tells=self.told,
                acts={"acknowledge": self._acknowledged, "focus": self.focus},
                exports=self._exporting.figures,
                forwards=self._forwarding.figures,
                ears=[recorder, *await self._forwarding.ears()],
                recorder=recorder,
                content=self.settings.export_content,
                ready=self.caught_up,
                journal=self._memory.path,
            ),
        )
        self.door.receiver = receiver
        self.hands.append(Publication(receiver.publish))
        await receiver.start()
        self._spawn(self._forwarding.run())
        self._spawn(self._open_grpc(receiver))

    async def _open_grpc(self, receiver: "Receiver") -> None:
        """Once everything else stands: its library takes a tenth of a second, and few agents speak it."""
        await self.restored.wait()
        await self.priced.wait()
        try:
            self.door.grpc_port = await receiver.start_grpc()
        except AimonError as error:
            self._notice(str(error))
        self.complete.set()

    async def _load_prices(self) -> None:
        from aimon_core import pricing

        try:
            self.store.prices = await asyncio.to_thread(pricing.load, self.settings.prices)
        except UsageError as error:
            self._notice(str(error))
        self.priced.set()

    async def _restore(self) -> None:
        self._unseen |= await self._memory.recall()
        await self._memory.restore()
        self.restored.set()
        await self.caught_up()
        self._unseen |= self._memory.view.end()
        await self._memory.go_on()

    async def _see(self, sources: Sources) -> None:
        """See for ourselves, once the journal is read and the doors had their turn."""
        await self.restored.wait()
        await sources.run(self.store, self.tell, self._desk.recorder)

    async def _beat(self, frame_s: float) -> None:
        while True:
            await asyncio.sleep(frame_s)
            self.frame()

    def _use(self, hand: Hand, tell: Callable[[Any], None], what: Any) -> None:
        """Tell one hand; one that fails is let go, with a word, and holds up nobody."""
        try:
            tell(what)
        except Exception as error:
            LOG.exception("an output failed")
            self.hands.remove(hand)
            self._notice(f"An output failed and was switched off: {error}")

    def _notice(self, words: str) -> None:
        LOG.warning(words)
        self.notices.append(words)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(_say_why)
        self._tasks.append(task)


def _say_why(task: asyncio.Task[None]) -> None:
    """Work that should go on until we end has failed: the log says why, everything else goes on."""
    if not task.cancelled() and (error := task.exception()) is not None:
        LOG.error("a part of aimon failed", exc_info=error)
