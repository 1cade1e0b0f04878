"""Requests that wait for a collector, on disk, oldest first: what was taken while it was away is sent after a restart.

Apart from the journal because it keeps the wire as it was, private text and all, and only until it is sent: the file is
its user's alone, and what is deleted is overwritten. One aimon has it at a time. All methods block.
"""

import os
import sqlite3
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from aimon_core.errors import AimonError

LIMIT = 256 << 20
"""Bytes of bodies that may wait for one collector."""
AT_ONCE = 1 << 20
"""Bytes read at a time, and one request more."""
KEPT_S = 7 * 24 * 3600.0
"""How long a request waits."""

_TABLE = """
    CREATE TABLE IF NOT EXISTS letters (
        id INTEGER PRIMARY KEY AUTOINCREMENT, at_s REAL, path TEXT, type TEXT, encoding TEXT, marks TEXT, body BLOB
    )
"""
_INSERT = "INSERT INTO letters (at_s, path, type, encoding, marks, body) VALUES (?, ?, ?, ?, ?, ?)"
_OLDEST = "SELECT id, path, type, encoding, marks, body FROM letters ORDER BY id LIMIT 32"
_FIRST = "SELECT id, at_s, length(body) FROM letters ORDER BY id LIMIT 1"
_DELETE = "DELETE FROM letters WHERE id = ?"
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_SCHEMA}


class OutboxFailed(AimonError):
    """What waits could not be written or read; the next attempt may go well."""


class Letter(Struct, frozen=True):
    """A request to pass on."""

    path: str
    content_type: str
    content_encoding: str
    marks: str
    body: bytes


class Outbox:
    """The requests that wait for one collector."""

    def __init__(self, path: Path | None, *, limit: int = LIMIT) -> None:
        """Open or make the file, with mode 0600; None keeps all in memory. A file that is none is made anew.

        Raises OutboxFailed: no place, a full disk, or another aimon that has it.
        """
        self._limit = limit
        self.count = self.bytes = 0
        try:
            self._db = _opened(path)
            self._measure()
        except (sqlite3.Error, OSError) as error:
            raise OutboxFailed(f"{path} cannot be used: {error}.") from error

    def put(self, letters: Iterable[Letter]) -> int:
        """Keep some requests, all or none; how many of the oldest went to make room. Raises OutboxFailed."""
        rows = [(time.time(), one.path, one.content_type, one.content_encoding, one.marks, one.body) for one in letters]
        try:
            with self._db:
                self._db.executemany(_INSERT, rows)
            self.count += len(rows)
            self.bytes += sum(len(row[-1]) for row in rows)
            return self._make_room()
        except sqlite3.Error as error:
            raise OutboxFailed(f"What waits cannot be kept: {error}.") from error

    def oldest(self) -> list[tuple[int, Letter]]:
        """What is to be sent next, each with its number; none when nothing waits. Raises OutboxFailed."""
        found: list[tuple[int, Letter]] = []
        size = 0
        try:
            for number, *letter in self._db.execute(_OLDEST):
                found.append((number, Letter(*letter)))
                size += len(found[-1][1].body)
                if size > AT_ONCE:
                    break
            if not found:  # what was sent stands in the write-ahead log until then
                self._db.executescript("PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            raise OutboxFailed(f"What waits cannot be read: {error}.") from error
        return found

    def settle(self, done: Iterable[tuple[int, int]]) -> set[int]:
        """Some are done with, each told by its number and bytes; those that were still there. Raises OutboxFailed."""
        try:
            with self._db:
                gone = [one for one in done if self._db.execute(_DELETE, one[:1]).rowcount]
        except sqlite3.Error as error:
            raise OutboxFailed(f"What is sent cannot be struck off: {error}.") from error
        self.count -= len(gone)
        self.bytes -= sum(size for _, size in gone)
        return {number for number, _ in gone}

    def close(self) -> None:
        """Let go of the file; what waits stays."""
        self._db.close()

    def _make_room(self) -> int:
        """Drop the oldest while they are too old or too much waits; how many went."""
        gone, since_s = 0, time.time() - KEPT_S
        while first := self._db.execute(_FIRST).fetchone():
            number, at_s, size = first
            if at_s >= since_s and (self.bytes <= self._limit or self.count == 1):
                break
            gone += len(self.settle([(number, size)]))
        return gone

    def _measure(self) -> None:
        ((self.count, self.bytes),) = self._db.execute("SELECT count(*), coalesce(sum(length(body)), 0) FROM letters")
        self._make_room()


def _opened(path: Path | None) -> sqlite3.Connection:
    if path is None:
        return _prepared(":memory:")
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600))
    try:
        return _prepared(path)
    except sqlite3.DatabaseError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF not in _BROKEN:
            raise
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{path}{suffix}").unlink()
        return _opened(path)


def _prepared(path: Path | str) -> sqlite3.Connection:
    db = sqlite3.connect(path, timeout=0.5, check_same_thread=False)
    try:
        db.execute("PRAGMA locking_mode = EXCLUSIVE")  # two aimons would send everything twice
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute("PRAGMA secure_delete = ON")
        db.execute("BEGIN IMMEDIATE")
        db.execute(_TABLE)
        db.execute("SELECT at_s, path, type, encoding, marks FROM letters LIMIT 1")
        db.execute("COMMIT")
    except sqlite3.Error:
        db.close()
        raise
    return db
