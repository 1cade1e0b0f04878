"""What came in, kept on disk, so that a restart or a kill -9 loses nothing that was acknowledged.

It stands apart from the ledger because it knows no sessions: it keeps deliveries as they came, masked and without
private text, and a restart translates them again with today's dialects. SQLite in WAL mode with synchronous=NORMAL: a
commit costs about 0.1 ms and survives the process, not a power cut. Several processes may append to one journal.
"""

import sqlite3
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

from msgspec import Struct

from aimon_core import journal_file, pictures
from aimon_core.errors import AimonError
from aimon_core.pictures import Recalled
from aimon_core.session import Session, Totals

SLICE = 200
"""Rows read or pruned at a time: a few milliseconds."""

SEEN = "seen"
"""The kind of what a person has seen: the body is the key of a session."""

_BETWEEN = "SELECT arrived_ns, kind, body FROM deliveries WHERE arrived_ns BETWEEN ? AND ? ORDER BY arrived_ns, id"
_PRUNABLE = """
    SELECT coalesce(max(id), 0) FROM (
        SELECT id, arrived_ns, sum(length(body)) OVER (ORDER BY id) - length(body) AS before
        FROM deliveries ORDER BY id LIMIT ?
    ) WHERE arrived_ns < ? OR before < ?
"""
_PICTURES_PRUNABLE = "DELETE FROM pictures WHERE at_ns < ?"
_PLAIN, _ZIPPED = b"\x00", b"\x01"


class Delivery(Struct, frozen=True):
    """One body as it came through a door."""

    kind: str
    """`logs`, `traces`, `metrics`, `hooks/AGENT` or `seen`."""
    body: bytes
    """Slim protobuf, JSON, or the key of a session."""
    arrived_ns: int


class JournalFailed(AimonError):
    """What was to be kept could not be written, or not be read; the next attempt may go well."""


class Journal:
    """Deliveries on disk, oldest first."""

    def __init__(self, path: Path, *, writable: bool = True) -> None:
        """Open or make the file, with mode 0600; a file that is no journal is moved aside. Raises JournalFailed."""
        self.path = path
        self.notice = ""
        """What a person should know about the file, e.g. that a damaged one was moved aside; empty when all is well."""
        self._writable = writable
        self._db: sqlite3.Connection | None = None
        self._inode = 0
        self._open()

    @classmethod
    def read_only(cls, path: Path) -> Self:
        """Look into a journal that may be in use; nothing is changed. Raises JournalFailed where there is none."""
        return cls(path, writable=False)

    def append(self, *deliveries: Delivery) -> None:
        """Commit some deliveries, all or none. Raises JournalFailed: full disk, read-only disk, lock not released."""
        rows = [(one.arrived_ns, one.kind, _packed(one.body)) for one in deliveries]
        try:
            self._insert(rows)
        except sqlite3.DatabaseError as error:
            self.close()
            if not journal_file.is_broken(error):
                raise self._unwritable(error) from error
            self._set_aside(self._inode, "was damaged")
            self._retry(rows)

    def keep(self, now_ns: int, sessions: Mapping[str, Session | None], totals: Totals) -> None:
        """Keep how some sessions look now, None for those that are gone. Raises JournalFailed."""
        try:
            pictures.put(self._connected(), now_ns, sessions, totals)
        except sqlite3.DatabaseError as error:
            self.close()
            raise self._unwritable(error) from error

    def recall(self, since_ns: int, now_ns: int) -> Recalled:
        """How sessions looked last that were active since a moment; nothing where that cannot be read."""
        try:
            return pictures.recalled(self._connected(), since_ns, now_ns)
        except sqlite3.DatabaseError:
            return Recalled()

    def deliveries(self, since_ns: int = 0) -> Iterator[Delivery]:
        """What arrived since, in order of arrival, up to what is there now; damage ends it early and is noticed."""
        for _, delivery in self.numbered(since_ns=since_ns):
            yield delivery

    def numbered(self, after: int = 0, since_ns: int = 0) -> Iterator[tuple[int, Delivery]]:
        """The same with the number of each, from the one after a number on."""
        try:
            ((last,),) = self._connected().execute("SELECT coalesce(max(id), 0) FROM deliveries")
            seen = after
            while rows := self._read(seen, last, since_ns):
                for number, arrived_ns, kind, body in rows:
                    seen = number
                    if (plain := _unpacked(body)) is not None:
                        yield number, Delivery(kind, plain, arrived_ns)
        except sqlite3.DatabaseError as error:
            self.notice = f"The journal {self.path} could not be read to its end: {error}."

    def span(self) -> tuple[int, int]:
        """The numbers of the oldest and the newest delivery; 0 where there is none, or none can be read."""
        try:
            ((oldest, newest),) = self._connected().execute("SELECT min(id), max(id) FROM deliveries")
        except sqlite3.DatabaseError:
            return 0, 0
        return oldest or 0, newest or 0

    def holds(self, number: int, arrived_ns: int) -> bool:
        """Whether the delivery of a number is there, and arrived at that moment."""
        query = "SELECT 1 FROM deliveries WHERE id = ? AND arrived_ns = ?"
        try:
            return self._connected().execute(query, (number, arrived_ns)).fetchone() is not None
        except sqlite3.DatabaseError:
            return False

    def between(self, since_ns: int, until_ns: int) -> Iterator[Delivery]:
        """What arrived from one moment to another, both included, found by its index; damage ends it as above."""
        try:
            for arrived_ns, kind, body in self._connected().execute(_BETWEEN, (since_ns, until_ns)):
                if (plain := _unpacked(body)) is not None:
                    yield Delivery(kind, plain, arrived_ns)
        except sqlite3.DatabaseError as error:
            self.notice = f"The journal {self.path} could not be read to its end: {error}."

    def reader(self) -> Self:
        """The same journal for another thread, on a connection of its own that cannot write. Raises JournalFailed."""
        return self.read_only(self.path)

    def prune(self, older_than_ns: int, max_bytes: int) -> int:
        """Drop a slice of what arrived before a moment, or of the oldest while the file holds more than `max_bytes`.

        How many went: call it again until none do. Raises JournalFailed.
        """
        try:
            db = self._connected()
            ((last,),) = db.execute(_PRUNABLE, (SLICE, older_than_ns, self._used(db) - max_bytes))
            gone = db.execute("DELETE FROM deliveries WHERE id <= ?", (last,)).rowcount
            if gone:
                db.executescript("PRAGMA incremental_vacuum")  # `execute` would step once: one page
            else:
                db.execute(_PICTURES_PRUNABLE, (older_than_ns,))
                self._forget_backup(older_than_ns)
        except sqlite3.DatabaseError as error:
            self.close()
            raise JournalFailed(f"The journal {self.path} cannot be pruned: {error}.", _HINT) from error
        return gone

    def size_bytes(self) -> int:
        """What the deliveries take on disk. Raises JournalFailed."""
        try:
            return self._used(self._connected())
        except sqlite3.DatabaseError as error:
            raise JournalFailed(f"The journal {self.path} cannot be read: {error}.") from error

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        if self._db is not None:
            self._db.close()
            self._db = None

    def _open(self) -> None:
        try:
            self._db = self._opened() if self._writable else journal_file.looked_into(self.path)
            self._inode = self.path.stat().st_ino
        except (sqlite3.DatabaseError, OSError) as error:
            raise JournalFailed(f"The journal {self.path} cannot be opened: {error}.", _HINT) from error

    def _opened(self) -> sqlite3.Connection:
        inode = _inode(self.path)
        try:
            return journal_file.prepared(self.path)
        except sqlite3.DatabaseError as error:
            if not journal_file.is_broken(error):
                raise
            self._set_aside(inode or _inode(self.path), f"cannot be read ({error})")
            return journal_file.prepared(self.path)

    def _connected(self) -> sqlite3.Connection:
        if self._db is None:
            self._open()
        assert self._db is not None  # noqa: S101 - `_open` raises or connects
        return self._db

    def _insert(self, rows: list[tuple[int, str, bytes]]) -> None:
        if self._writable and self._db is not None and _inode(self.path) != self._inode:
            self.close()  # deleted or replaced under us: what is written to a file without a name is lost
        db = self._connected()
        db.execute("BEGIN IMMEDIATE")
        db.executemany("INSERT INTO deliveries (arrived_ns, kind, body) VALUES (?, ?, ?)", rows)
        db.execute("COMMIT")

    def _retry(self, rows: list[tuple[int, str, bytes]]) -> None:
        try:
            self._insert(rows)
        except sqlite3.DatabaseError as error:
            self.close()
            raise self._unwritable(error) from error

    def _unwritable(self, error: sqlite3.DatabaseError) -> JournalFailed:
        return JournalFailed(f"The journal {self.path} cannot be written: {error}.", _HINT)

    def _read(self, after: int, last: int, since_ns: int) -> list[tuple[int, int, str, bytes]]:
        query = "SELECT * FROM deliveries WHERE id > ? AND id <= ? AND arrived_ns >= ? ORDER BY id LIMIT ?"
        return self._connected().execute(query, (after, last, since_ns, SLICE)).fetchall()

    def _used(self, db: sqlite3.Connection) -> int:
        pages, free, size = (
            db.execute(f"PRAGMA {one}").fetchone()[0] for one in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def _forget_backup(self, older_than_ns: int) -> None:
        """The copy of an older version goes when all that it holds is too old."""
        backup = journal_file.backup_of(self.path)
        with suppress(OSError):
            if backup.stat().st_mtime_ns < older_than_ns:
                backup.unlink()

    def _set_aside(self, inode: int, what: str) -> None:
        """Move the file away, unless another process has done so already and begun a new one."""
        if _inode(self.path) == inode:
            aside = journal_file.moved_aside(self.path)
            self.notice = f"The journal {self.path} {what}: it was moved to {aside}, and a new one begun."


_HINT = "Sessions go on, but are not kept: make room, or name another folder with --state-dir."


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except OSError:
        return 0


def _packed(body: bytes) -> bytes:
    zipped = zlib.compress(body, 1)  # 2 us a record, a ninth of the size
    return _ZIPPED + zipped if len(zipped) < len(body) else _PLAIN + body


def _unpacked(body: bytes) -> bytes | None:
    if body[:1] == _PLAIN:
        return body[1:]
    try:
        return zlib.decompress(body[1:])
    except (zlib.error, TypeError):  # damaged; a type may be, too
        return None
