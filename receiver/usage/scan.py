"""All transcripts of this machine as cells of a history: what is new in them is read, everything else is known.

A call that stands in several files, as after a fork or a copy, is counted for the first of them.
"""

import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from hashlib import blake2b
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path, PurePath
from stat import S_ISREG

from msgspec import Struct

from aimon_core.history import Cell, Place, Used
from aimon_core.pricing import PriceTable
from receiver.transcripts import LANGUAGES, Language
from receiver.usage.base import Counter, Found, blocks_of, folded
from receiver.usage.claude_code import ClaudeCode
from receiver.usage.shelf import Book, Shelf
from receiver.usage.whole import Whole

LAST = 16
"""Calls of a file's end that its next lines may still add to."""
SHARED = 128 << 20
"""Bytes that are worth a second process, which takes as long to begin as to read these."""
_HEAD = 256

_CLAUDE, _CODEX, _COPILOT, _GEMINI, _QWEN = LANGUAGES
COUNTERS: dict[str, tuple[Language, Counter]] = {
    _CLAUDE.agent: (_CLAUDE, ClaudeCode()),
    _CODEX.agent: (
        _CODEX,
        Whole(_CODEX, b'"session_meta"', b'"turn_context"', b'"token_count"', b'"token_usage_record"'),
    ),
    _COPILOT.agent: (
        _COPILOT,
        Whole(_COPILOT, b'"session.start"', b'"session.usage_record"', b'"session.compaction_', b'model_call_success"'),
    ),
    _GEMINI.agent: (_GEMINI, Whole(_GEMINI, b'"sessionId"', b'"tokens"')),
    _QWEN.agent: (_QWEN, Whole(_QWEN, b'"qwen-code.api_response"')),
}
"""By agent, whose transcripts they are and who counts them."""


Changed = tuple[str, str, os.stat_result]
"""Agent, path and facts of a file."""
Known = dict[str, tuple[Book, list[str]]]
"""By path, the book of a file as it was, and the ids of its calls."""
Fresh = tuple[str, Book, list[str]]
"""The same as it is."""
_NOTHING = Book(0, 0, 0)


class Transcript(Struct, frozen=True):
    """One file of a session."""

    agent: str
    path: str
    book: Book

    @property
    def place(self) -> Place:
        """Whose it is."""
        return self.agent, self.book.session_id

    def cells(self) -> Iterator[Cell]:
        """What it comes to."""
        project = PurePath(self.book.cwd).name
        for day, model, used in self.book.cells:
            yield Cell(day, project, model, self.agent, ":".join(self.place), used)


def made_by(overrides: object) -> str:
    """What books depend on beside the files: the price table, prices of one's own, the zone of the days."""
    table = find_spec("genai_prices")
    made_ns = Path(table.origin).stat().st_mtime_ns if table and table.origin else 0
    return f"{made_ns} {overrides!r} {time.tzname} {time.timezone}"


def transcripts(shelf: Shelf, prices: Callable[[], PriceTable]) -> list[Transcript]:
    """All files that hold calls. `prices` are loaded only where something is new. Blocks."""
    books, files = shelf.books(), list(_files())
    stale = [one for one in files if not _is_known(books.get(one[1]), one[2])]
    gone = books.keys() - {path for _, path, _ in files}
    gone |= {path for _, path, facts in stale if path in books and facts.st_size < books[path].offset}
    if gone:  # what they were counted for, others may hold, too
        gone |= {path for path, book in books.items() if book.leans}
        books = {path: book for path, book in books.items() if path not in gone}
        again = {path for _, path, _ in stale} | gone
        stale = [one for one in files if one[1] in again]
    if stale or gone:
        books |= _read(stale, gone, books, shelf, prices)
    return [Transcript(agent, path, books[path]) for agent, path, _ in files if path in books and books[path].cells]


def _files() -> Iterator[Changed]:
    """Agent, path and facts of every transcript, in an order that does not change."""
    for agent, (language, _) in COUNTERS.items():
        for root in language.roots():
            for folder, folders, names in os.walk(root):
                folders.sort()
                for name in sorted(names):
                    path = os.path.join(folder, name)  # noqa: PTH118 - thousands of them
                    if language.matches(Path(path)):
                        try:
                            facts = os.stat(path)  # noqa: PTH116 - as above
                        except OSError:
                            continue
                        if S_ISREG(facts.st_mode):
                            yield agent, path, facts


def _is_known(book: Book | None, facts: os.stat_result) -> bool:
    known = (facts.st_size, facts.st_mtime_ns, facts.st_ino)
    return book is not None and (book.size, book.mtime_ns, book.inode) == known


def _read(
    stale: list[Changed], gone: set[str], books: dict[str, Book], shelf: Shelf, prices: Callable[[], PriceTable]
) -> dict[str, Book]:
    """The books of files that are new or have changed."""
    changed = {path for _, path, _ in stale} | gone
    own, taken = dict[str, list[str]](), set[str]()
    for path, ids in shelf.ids():
        if path not in changed:
            taken.update(ids)
        elif path in books:
            own[path] = ids
    known = {path: (books[path], own.get(path, [])) for _, path, _ in stale if path in books}
    if sum(facts.st_size for _, _, facts in stale) < SHARED:
        fresh = _counted(stale, known, taken, prices)
    else:
        fresh = _shared(stale, known, taken, prices)
    shelf.put(fresh, gone)
    return {path: book for path, book, _ in fresh}


def _shared(stale: list[Changed], known: Known, taken: set[str], prices: Callable[[], PriceTable]) -> list[Fresh]:
    """The same, every other file in a second process, which knows nothing of the ids that the first one finds.

    Its files that hold some of them, which is rare, are read again.
    """
    ours, theirs = stale[::2], stale[1::2]
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        there = pool.submit(_counted, theirs, known, set(taken), prices)
        here = _counted(ours, known, taken, prices)
        told = {path: (path, book, ids) for path, book, ids in there.result()}
    again = [one for one in theirs if one[1] in told and not taken.isdisjoint(told[one[1]][2])]
    for one in again:
        del told[one[1]]
    taken.update(one for _, _, ids in told.values() for one in ids)
    return [*here, *told.values(), *_counted(again, known, taken, prices)]


def _counted(stale: list[Changed], known: Known, taken: set[str], prices: Callable[[], PriceTable]) -> list[Fresh]:
    """Some files with the ids of their calls, which join those that are taken; what cannot be read is left out."""
    table, fresh = prices(), list[Fresh]()
    for one in stale:
        before, own = known.get(one[1], (_NOTHING, []))
        try:
            book, ids = _advanced(one, before, own, taken, table)
        except OSError:
            continue
        taken.update(ids)
        fresh.append((one[1], book, ids))
    return fresh


def _advanced(one: Changed, before: Book, own: list[str], taken: set[str], table: PriceTable) -> tuple[Book, list[str]]:
    """The book of a file as it is now, and the ids of its calls; `taken` are those of others. Raises OSError."""
    agent, path, facts = one
    counter = COUNTERS[agent][1]
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        head = os.pread(descriptor, _HEAD, 0)
        if not (counter.resumes and 0 < before.offset <= facts.st_size and _mark(head, before.offset) == before.head):
            before, own = _NOTHING, []
        found = Found({use.key: use for use in before.last}, before.session_id, before.cwd)
        ends = [before.offset]
        unread = before.unread + counter.count(Path(path), blocks_of(descriptor, before.offset, ends.append), found)
    finally:
        os.close(descriptor)
    known, last = {*own}, {use.key for use in before.last}
    uses = [use for use in found.uses.values() if use.key in last or not (use.key in known or use.key in taken)]
    cells = {(day, model): used for day, model, used in before.cells}
    for sign, some in ((-1, before.last), (1, uses)):
        for place, used in folded(some, lambda model: table.price(agent, model)).items():
            cells[place] = cells.get(place, Used()).plus(used, sign)
    return (
        Book(
            size=facts.st_size,
            mtime_ns=facts.st_mtime_ns,
            inode=facts.st_ino,
            offset=ends[-1],
            head=_mark(head, ends[-1]),
            session_id=found.session_id,
            cwd=found.cwd,
            cells=[(*place, used) for place, used in cells.items() if used.calls],
            last=uses[-LAST:],
            leans=before.leans or any(use.key in taken for use in found.uses.values()),
            unread=unread,
        ),
        [*known.union(use.key for use in uses)],
    )


def _mark(head: bytes, offset: int) -> bytes:
    """What tells a beginning from another one without saying what it is: somebody's words may stand there."""
    return blake2b(head[:offset], digest_size=16).digest()
