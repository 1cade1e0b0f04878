"""What outlives a restart: opens the journal, reads it again, bounds it, and says when nothing can be kept.

Apart from `desk`, which hands it what comes in, and from `restoring`, which knows how it is read.
"""

import asyncio
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, TypeVar

from aimon_core import paths
from aimon_core.clock import Clock
from aimon_core.config import Settings
from aimon_core.errors import AimonError
from aimon_core.store import SessionStore
from aimon_tui.desk import Desk
from aimon_tui.recollection import Recollection

if TYPE_CHECKING:  # what the start of the runtime imports
    from concurrent.futures import Future

    from aimon_core.journal import Journal
    from aimon_core.writer import Writer

T = TypeVar("T")

RETRY_S = 10.0
"""Between two attempts to open a journal that cannot be; and how soon another word about one is said."""
BOUND_S = 600.0
"""Between two looks at what is too old or too much."""
PICTURES_S = 5.0
"""How old the pictures are at most that a kill -9 leaves."""
PICTURES = 200
"""Sessions drawn for the journal in one frame: some milliseconds."""


class Memory:
    """The journal of a running aimon."""

    def __init__(
        self, settings: Settings, store: SessionStore, desk: Desk, clock: Clock, say: Callable[[str], None]
    ) -> None:
        """`say` takes a line for a person."""
        self._settings, self._store, self._desk, self._clock, self._say = settings, store, desk, clock, say
        self.view = Recollection(store)
        self._changed: dict[str, None] = {}
        self._keeping: Future[None] | None = None
        self._drawn: list[str] = []
        self._draw_at = self._say_at = 0.0
        self._noticed = self._problem = ""
        """What was said last of the file, and of the disk."""
        self._restored = False

    @property
    def path(self) -> str:
        """The file in which everything is kept; empty where nothing is."""
        return str(self._desk.journal.path.resolve()) if self._desk.journal else ""

    def open(self, *, remembers: bool) -> None:
        """Open the journal; where that cannot be, say why and keep in memory what a screen wants. Blocks."""
        from aimon_core.recent import Recent

        self._desk.kept = Recent() if remembers else None
        if self._settings.persist and (problem := self._opened()):
            self._say(problem)
        if (writer := self._desk.journal) is not None:
            self._look(writer)

    def _opened(self) -> str:
        from aimon_core.journal import Journal
        from aimon_core.writer import Writer

        try:
            journal = Journal(paths.owned(paths.state_dir(self._settings.state_dir)) / "journal.db")
        except AimonError as error:
            return str(error)
        self._desk.journal = self._desk.kept = Writer(journal)
        return ""

    async def recall(self) -> set[str]:
        """Show at once how sessions looked last; the keys that this changes."""
        from aimon_tui.restoring import since_ns

        if (writer := self._desk.journal) is None:
            return set()
        since, now_ns = since_ns(self._clock, self._settings.expire_after), self._clock.now_ns()
        return self.view.begin(await _done(writer.do(lambda journal: journal.recall(since, now_ns))))

    async def restore(self) -> None:
        """Read the journal again, then bound it."""
        if (writer := self._desk.journal) is not None:
            from aimon_tui.restoring import restore

            try:
                await restore(writer, self._store, self._clock, self._settings.expire_after, self._say)
            except AimonError as error:
                self._say(str(error))
            await self.bound(writer)
        self._restored = True

    async def bound(self, writer: "Writer") -> None:
        """Forget what is too old or too much, a slice at a time."""
        older_than_ns = self._clock.now_ns() - round(self._settings.keep_days * 86_400 * 1e9)
        most = self._settings.keep_mib << 20

        def prune(journal: "Journal") -> int:
            return journal.prune(older_than_ns, most)

        try:
            while await _done(writer.do(prune)):
                pass
        except AimonError:  # a full disk is told when the next request cannot be kept
            return

    async def go_on(self) -> None:
        """Bound the journal now and then; try again to open one that could not be."""
        while self._settings.persist:
            if (writer := self._desk.journal) is not None:
                await asyncio.sleep(BOUND_S)
                await self.bound(writer)
                continue
            await asyncio.sleep(RETRY_S)
            if not await asyncio.to_thread(self._opened):
                self._say(f"The journal {self.path} can be written: what comes in is kept from now on.")

    # ------------------------------------------------------------------ the frame

    def frame(self, changed: Collection[str]) -> None:
        """Keep pictures of what changed, a few at a time; say what is wrong with the journal, and when it is mended."""
        if (writer := self._desk.journal) is None:
            return
        self._look(writer)
        self._changed |= dict.fromkeys(changed)
        now_s = self._clock.monotonic()
        if self._restored and self._changed and now_s >= self._draw_at and self._is_kept():
            self._draw(writer, PICTURES)
            self._draw_at = now_s if self._changed else now_s + PICTURES_S

    def close(self) -> None:
        """Keep what is left, then let go of the file."""
        if (writer := self._desk.journal) is not None:
            if self._restored and self._changed:
                self._draw(writer, len(self._changed))
            writer.close()
            self._desk.journal = self._desk.kept = None

    def _look(self, writer: "Writer") -> None:
        """Say what became of the file at once; of a disk that is full and empty in turns, a word now and then."""
        if writer.notice and writer.notice != self._noticed:
            self._noticed = writer.notice
            self._say(writer.notice)
        now_s = self._clock.monotonic()
        if writer.problem != self._problem and now_s >= self._say_at:
            self._problem, self._say_at = writer.problem, now_s + RETRY_S
            self._say(writer.problem or f"The journal {writer.path} is written again: what comes in is kept.")

    def _is_kept(self) -> bool:
        """Whether the pictures before are on disk; those that could not be written are drawn again."""
        if self._keeping is None:
            return True
        if not self._keeping.done():
            return False
        if self._keeping.exception() is not None:
            self._changed |= dict.fromkeys(self._drawn)
        self._keeping = None
        return True

    def _draw(self, writer: "Writer", most: int) -> None:
        self._drawn = list(self._changed)[:most]
        for key in self._drawn:
            del self._changed[key]
        pictures, totals, now_ns = (
            {key: self._store.get(key) for key in self._drawn},
            self._store.totals(),
            self._clock.now_ns(),
        )
        self._keeping = writer.do(lambda journal: journal.keep(now_ns, pictures, totals))


async def _done(future: "Future[T]") -> T:
    return await asyncio.shield(asyncio.wrap_future(future))
