"""Composes everything: settings become a ledger, a journal, open doors and hands. `serve`, the screen and tests use it.

Making one is cheap and `start` is not: aiohttp, protobuf and SQLite are imported there, in a thread, after the first
paint. The doors open before the journal is read again, since the ledger does not mind the order in which it learns.
"""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aimon_core import paths, runtime_dir
from aimon_core.clock import Clock
from aimon_core.config import Settings
from aimon_core.errors import AimonError, UsageError
from aimon_core.events import Event
from aimon_core.lifecycle import Options
from aimon_core.session import Session, Totals, Transition
from aimon_core.spans import TurnTree
from aimon_core.store import SessionStore
from aimon_tui.hands import Hand, Publication, StatusFile
from aimon_tui.whereabouts import Whereabouts

if TYPE_CHECKING:  # what `start` imports
    from aimon_core.journal import Delivery, Journal
    from aimon_desktop.terminals import Outcome
    from receiver.server import Receiver

LOG = logging.getLogger("aimon")

FRAME_S = 0.1
RESTORED_S = 24 * 3600.0
"""How far back the journal is read: today's dollars, and every session that may still live."""
KEPT_S = 7 * 24 * 3600.0
KEPT_BYTES = 512 << 20
"""What the journal keeps at most."""
SLICE_S = 0.02
"""How long restoring may hold the loop at a time: a fifth of a frame."""


class Door:
    """What the screen's header says about the receiver, also while there is none."""

    def __init__(self, settings: Settings) -> None:
        self._host, self._port = settings.host, settings.port
        self.receiver: Receiver | None = None
        self.problem: str | None = None
        """Why nothing can come in, in a sentence; None while all is well."""

    @property
    def port(self) -> int:
        """The port that is open, or that was asked for."""
        return self.receiver.port if self.receiver else self._port

    @property
    def address(self) -> str:
        """Where agents send to."""
        return f"{self._host}:{self.port}"

    def rate(self) -> float:
        """Events per second over the last minute."""
        return self.receiver.rate() if self.receiver else 0.0


class Desk:
    """Takes what the doors bring: into the ledger, then into the journal, and only then is it acknowledged."""

    def __init__(self, runtime: "Runtime") -> None:
        self._runtime = runtime
        self.journal: Journal | None = None
        self.wants_deliveries = False

    def accept(self, delivery: "Delivery | None", events: list[Event]) -> None:
        """Apply, tell, commit. Raises JournalFailed; the sender's retry then adds nothing to the ledger."""
        self._runtime.tell(self._runtime.store.apply(events))
        if self.journal is not None and delivery is not None:
            self.journal.append(delivery)


class Runtime:
    """A running aimon, and the ledger as the screen sees it."""

    def __init__(self, settings: Settings, clock: Clock, *, runtime_folder: str | None = None) -> None:
        """`runtime_folder` is where `status.json` goes; None takes the user's own."""
        self.settings, self._clock = settings, clock
        self.store = SessionStore(clock, options=Options(quiet_s=settings.quiet_period, expire_s=settings.expire_after))
        self.door = Door(settings)
        self.hands: list[Hand] = []
        self.state_dir = Path(settings.state_dir).expanduser() if settings.state_dir else paths.state_dir()
        self.priced = asyncio.Event()
        """Set when the price table has been read, or cannot be."""
        self.restored = asyncio.Event()
        """Set when the journal has been read again."""
        self.notices: list[str] = []
        """What a person should know though everything goes on: no journal, no prices."""
        self._runtime_folder = runtime_folder or runtime_dir.locate()
        self._desk = Desk(self)
        self._whereabouts = Whereabouts(self.store)
        self._unseen: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self, *, frame_s: float = FRAME_S) -> None:
        """Open the doors; the journal and the price table are read meanwhile. Raises AimonError when they stay shut.

        Everything else goes on then, for a screen that has something to show all the same.

        `frame_s` is how often the hands are told what changed, besides whenever the screen asks.
        """
        try:
            folder = runtime_dir.secure(self._runtime_folder)
            self.hands.append(self._whereabouts)
            self.hands.append(StatusFile(self.store, folder, lambda: self.door.address, self._clock))
            await asyncio.to_thread(_load_doors)
            self._open_journal()
            self._spawn(self._load_prices())
            self._spawn(self._restore())
            self._spawn(self._beat(frame_s))
            await self._open_doors()
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
        while self.hands:
            self.hands.pop().close()
        if self._desk.journal is not None:
            self._desk.journal.close()

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
        return self.store.get(key)

    def sessions(self, *, every: bool = False) -> list[Session]:
        """The sessions to list."""
        return self.store.sessions(every=every)

    def totals(self) -> Totals:
        """Sums over all of them."""
        return self.store.totals()

    def turns(self, key: str) -> list[TurnTree]:
        """The tree of a session, turn by turn."""
        return self.store.turns(key)

    def acknowledge(self, key: str) -> list[Transition]:
        """A person has seen that it is done."""
        transitions = self.store.acknowledge(key)
        self.tell(transitions)
        return transitions

    async def focus(self, key: str, viewer: int | None = None) -> "Outcome":
        """Bring a session's terminal before whoever looks at the viewer, by default this process's own terminal."""
        outcome = await self._whereabouts.focus(key, viewer)
        if outcome.ok:
            self.acknowledge(key)
        return outcome

    # ------------------------------------------------------------------ what start does

    def _open_journal(self) -> None:
        if not self.settings.persist:
            return
        from aimon_core.journal import Journal

        try:
            journal = self._desk.journal = Journal(paths.owned(self.state_dir) / "journal.db")
        except AimonError as error:
            self._notice(str(error))
            return
        self._desk.wants_deliveries = True
        if journal.notice:
            self._notice(journal.notice)

    async def _open_doors(self) -> None:
        from receiver.dialects import Interpreter
        from receiver.server import DoorOptions, Receiver

        options = DoorOptions(host=self.settings.host, port=self.settings.port, allow_hosts=self.settings.allow_host)
        receiver = Receiver(
            sink=self._desk, ledger=self.store, interpreter=Interpreter(), clock=self._clock, options=options,
            focus=self.focus,
        )  # fmt: skip
        await receiver.start()
        self.door.receiver = receiver
        self.hands.append(Publication(receiver.publish))

    async def _load_prices(self) -> None:
        from aimon_core import pricing

        try:
            self.store.prices = await asyncio.to_thread(pricing.load, self.settings.prices)
        except UsageError as error:
            self._notice(str(error))
        self.priced.set()

    async def _restore(self) -> None:
        """Read the journal again with today's dialects; nobody is told of states that passed long ago."""
        if (journal := self._desk.journal) is not None:
            from receiver import tape

            since_ns = self._clock.now_ns() - round(max(RESTORED_S, self.settings.expire_after) * 1e9)
            pause_at = self._clock.monotonic() + SLICE_S
            for events, arrived_ns in tape.replayed(journal.deliveries(since_ns)):
                self.store.apply(events, arrived_ns)
                if self._clock.monotonic() >= pause_at:
                    await asyncio.sleep(0)
                    pause_at = self._clock.monotonic() + SLICE_S
            await self._prune(journal)
        self.restored.set()

    async def _prune(self, journal: "Journal") -> None:
        older_than_ns = self._clock.now_ns() - round(KEPT_S * 1e9)
        with suppress(AimonError):  # a full disk is told when the next request cannot be kept
            gone = 1
            while gone:
                await asyncio.sleep(0)
                gone = journal.prune(older_than_ns, KEPT_BYTES)

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
        self._tasks.append(asyncio.get_running_loop().create_task(work))


def _load_doors() -> None:
    """Import what is heavy, beside the loop: aiohttp alone takes as long as the first paint."""
    import receiver.server
    import receiver.tape  # noqa: F401
