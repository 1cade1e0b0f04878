"""What files came to when they were read last, on disk: a cache that may be deleted at any time.

Ids of calls lie apart from sums: as long as no file changed, nobody asks for them.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from typing import Self

import msgspec
from msgspec import Struct

from aimon_core import paths
from aimon_core.errors import AimonError
from aimon_core.history import Used
from receiver.usage.base import Use

FORMAT = 1
"""Raised with every change to what is kept, or to how it is counted."""
_TABLES = """
    CREATE TABLE IF NOT EXISTS files (path TEXT PRIMARY KEY, book BLOB) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS ids (path TEXT PRIMARY KEY, ids BLOB) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS journals (path TEXT PRIMARY KEY, number INTEGER, arrived_ns INTEGER) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS told (path TEXT, number INTEGER, arrived_ns INTEGER, events BLOB,
        PRIMARY KEY (path, number)) WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS made (by TEXT);
"""

Row = tuple[int, int, bytes]
"""Number and arrival of a delivery of a journal, and what it tells of usage; empty where that is nothing."""


class Book(Struct, array_like=True, gc=False):
    """One file, as it was when it was read."""

    size: int
    mtime_ns: int
    inode: int
    offset: int = 0
    """Where its last whole line ended."""
    head: bytes = b""
    """A digest of its beginning, by which it is known again."""
    session_id: str = ""
    cwd: str = ""
    cells: list[tuple[str, str, Used]] = []
    """What it came to, by day and model."""
    last: list[Use] = []
    """Its last calls: more may be told of them. They are in the cells."""
    leans: bool = False
    """Whether it holds calls that were counted for another file."""
    unread: int = 0
    """Lines that nobody could read."""


_ENCODE, _BOOK, _IDS = msgspec.msgpack.encode, msgspec.msgpack.Decoder(Book), msgspec.msgpack.Decoder(list[str])


class Shelf:
    """The books of all files."""

    def __init__(self, db: sqlite3.Connection, made_by: str) -> None:
        """What was made in another way, such as with other prices, is forgotten."""
        self._db = db
        db.executescript(_TABLES)
        if db.execute("SELECT by FROM made").fetchall() != [(made_by,)]:
            db.execute("BEGIN IMMEDIATE")
            for table in ("files", "ids", "journals", "told", "made"):
                db.execute(f"DELETE FROM {table}")  # noqa: S608 - our own names
            db.execute("INSERT INTO made VALUES (?)", (made_by,))
            db.execute("COMMIT")

    @classmethod
    def opened(cls, made_by: str) -> Self:
        """The user's own; in memory where that cannot be written, and anew where it is damaged."""
        told = f"{FORMAT} {metadata.version('aimon-tui')} {made_by}"
        with suppress(AimonError, OSError, sqlite3.DatabaseError):
            path = paths.owned(paths.cache_dir()) / "history.db"
            path.touch(mode=0o600)
            try:
                return cls(_connected(path), told)
            except sqlite3.DatabaseError:
                path.unlink()
                return cls(_connected(path), told)
        return cls(sqlite3.connect(":memory:", isolation_level=None), told)

    def books(self) -> dict[str, Book]:
        """By path."""
        return {path: _BOOK.decode(book) for path, book in self._db.execute("SELECT path, book FROM files")}

    def ids(self) -> Iterator[tuple[str, list[str]]]:
        """The calls that each file was counted for."""
        for path, ids in self._db.execute("SELECT path, ids FROM ids"):
            yield path, _IDS.decode(ids)

    def put(self, books: Iterable[tuple[str, Book, list[str]]], gone: Iterable[str]) -> None:
        """Keep some books, and forget those of files that are gone. The last process to do so wins."""
        with suppress(sqlite3.DatabaseError):  # next time they are read again
            self._db.execute("BEGIN IMMEDIATE")
            for path in gone:
                self._db.execute("DELETE FROM files WHERE path = ?", (path,))
                self._db.execute("DELETE FROM ids WHERE path = ?", (path,))
            for path, book, ids in books:
                self._db.execute("INSERT OR REPLACE INTO files VALUES (?, ?)", (path, _ENCODE(book)))
                self._db.execute("INSERT OR REPLACE INTO ids VALUES (?, ?)", (path, _ENCODE(ids)))
            self._db.execute("COMMIT")

    def reached(self, journal: str) -> tuple[int, int] | None:
        """Number and arrival of the last delivery of a journal that was told; None where none was."""
        found = self._db.execute("SELECT number, arrived_ns FROM journals WHERE path = ?", (journal,)).fetchone()
        return tuple(found) if found else None

    def told(self, journal: str) -> Iterator[tuple[int, bytes]]:
        """Arrival and content of the deliveries of a journal that tell anything, oldest first."""
        yield from self._db.execute("SELECT arrived_ns, events FROM told WHERE path = ? ORDER BY number", (journal,))

    def tell(self, journal: str, rows: Sequence[Row]) -> None:
        """Keep what further deliveries of a journal tell."""
        if not rows:
            return
        kept = [(journal, *row) for row in rows if row[2]]
        with suppress(sqlite3.DatabaseError):
            self._db.execute("BEGIN IMMEDIATE")
            self._db.executemany("INSERT OR REPLACE INTO told VALUES (?, ?, ?, ?)", kept)
            self._db.execute("INSERT OR REPLACE INTO journals VALUES (?, ?, ?)", (journal, *rows[-1][:2]))
            self._db.execute("COMMIT")

    def forget(self, journal: str, *, keep: range) -> None:
        """What deliveries of a journal told, but for some numbers."""
        with suppress(sqlite3.DatabaseError):
            gone = "DELETE FROM told WHERE path = ? AND (number < ? OR number >= ?)"
            self._db.execute(gone, (journal, keep.start, keep.stop))

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()


def _connected(path: Path) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=1.0, isolation_level=None)
    db.execute("PRAGMA journal_mode = WAL").fetchone()
    db.execute("PRAGMA synchronous = OFF")
    return db
