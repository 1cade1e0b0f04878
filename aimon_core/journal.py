"""What came in, kept on disk, so that a restart or a kill -9 loses nothing that was acknowledged.

It stands apart from the ledger because it knows no sessions: it keeps deliveries as they came, masked and without
private text, and a restart translates them again with today's dialects. SQLite in WAL mode with synchronous=NORMAL: a
commit costs about 0.1 ms and survives the process, not a power cut. Several processes may append to one journal.
"""

import os
import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from msgspec import Struct

from aimon_core.errors import AimonError

VERSION = 1
"""Of the table, in `user_version`."""
BUSY_S = 1.0
"""How long a commit waits for another process's."""
SLICE = 200
"""Rows read or pruned at a time: a few milliseconds."""
WAL_BYTES = 16 << 20
"""What the write-ahead log is cut back to."""

SEEN = "seen"
"""The kind of what a person has seen: the body is the key of a session."""

_TABLE = "CREATE TABLE deliveries (id INTEGER PRIMARY KEY, arrived_ns INTEGER, kind TEXT, body BLOB)"
_INDEX = "CREATE INDEX IF NOT EXISTS arrivals ON deliveries (arrived_ns)"
_BETWEEN = "SELECT arrived_ns, kind, body FROM deliveries WHERE arrived_ns BETWEEN ? AND ? ORDER BY arrived_ns, id"
_PRUNABLE = """
    SELECT coalesce(max(id), 0) FROM (
        SELECT id, arrived_ns, sum(length(body)) OVER (ORDER BY id) - length(body) AS before
        FROM deliveries ORDER BY id LIMIT ?
    ) WHERE arrived_ns < ? OR before < ?
"""
_MAGIC = b"SQLite format 3\x00"
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT}
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
            broken = _is_broken(error)
            self.close()
            if not broken:
                raise JournalFailed(f"The journal {self.path} cannot be written: {error}.", _HINT) from error
            self._set_aside("was damaged")
            self._retry(rows)

    def deliveries(self, since_ns: int = 0) -> Iterator[Delivery]:
        """What arrived since, in order of arrival, up to what is there now; damage ends it early and is noticed."""
        try:
            ((last,),) = self._connected().execute("SELECT coalesce(max(id), 0) FROM deliveries")
            seen = 0
            while rows := self._read(seen, last, since_ns):
                for number, arrived_ns, kind, body in rows:
                    seen = number
                    if (plain := _unpacked(body)) is not None:
                        yield Delivery(kind, plain, arrived_ns)
        except sqlite3.DatabaseError as error:
            self.notice = f"The journal {self.path} could not be read to its end: {error}."

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
            self._db = self._opened() if self._writable else _looked_into(self.path)
            self._inode = self.path.stat().st_ino
        except (sqlite3.DatabaseError, OSError) as error:
            raise JournalFailed(f"The journal {self.path} cannot be opened: {error}.", _HINT) from error

    def _opened(self) -> sqlite3.Connection:
        try:
            return _prepared(self.path)
        except sqlite3.DatabaseError as error:
            if not _is_broken(error):
                raise
            self._set_aside("was damaged, or of another program")
            return _prepared(self.path)

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
            raise JournalFailed(f"The journal {self.path} cannot be written: {error}.", _HINT) from error

    def _read(self, after: int, last: int, since_ns: int) -> list[tuple[int, int, str, bytes]]:
        query = "SELECT * FROM deliveries WHERE id > ? AND id <= ? AND arrived_ns >= ? ORDER BY id LIMIT ?"
        return self._connected().execute(query, (after, last, since_ns, SLICE)).fetchall()

    def _used(self, db: sqlite3.Connection) -> int:
        pages, free, size = (
            db.execute(f"PRAGMA {one}").fetchone()[0] for one in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def _set_aside(self, what: str) -> None:
        """Move the file, with its log, to the first free name beside it."""
        number = 1
        while (aside := self.path.with_name(f"{self.path.name}.aside-{number}")).exists():
            number += 1
        for suffix in ("", "-wal", "-shm"):
            if os.path.lexists(f"{self.path}{suffix}"):
                os.rename(f"{self.path}{suffix}", f"{aside}{suffix}")  # noqa: PTH104 - the suffix is part of the name
        self.notice = f"The journal {self.path} {what}: it was moved to {aside}, and a new one begun."


_HINT = "Sessions go on, but are not kept: make room, or name another folder with --state-dir."


class _Foreign(sqlite3.DatabaseError):
    """A database, but no journal of this version."""


def _is_broken(error: sqlite3.DatabaseError) -> bool:
    return isinstance(error, _Foreign) or getattr(error, "sqlite_errorcode", 0) & 0xFF in _BROKEN


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None)


def _looked_into(path: Path) -> sqlite3.Connection:
    """A connection that cannot write."""
    db = _connect(f"{path.absolute().as_uri()}?mode=ro")
    _check(db)
    return db


def _prepared(path: Path) -> sqlite3.Connection:
    """A connection to a journal, made where there was none."""
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "rb") as file:  # noqa: PTH123 - pathlib knows no mode
        if file.read(len(_MAGIC)) not in {b"", _MAGIC}:
            raise _Foreign("file is not a database")  # a short one would be written over
    path.chmod(0o600)
    db = _connect(path.absolute().as_uri())
    try:
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # heeded only before the first table
        db.execute("PRAGMA journal_mode = WAL").fetchone()
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}").fetchone()
        db.execute("BEGIN IMMEDIATE")
        if not db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
            db.execute(_TABLE)
            db.execute(f"PRAGMA user_version = {VERSION}")
        _check(db)
        db.execute(_INDEX)
        db.execute("COMMIT")
    except sqlite3.Error:
        db.close()
        raise
    return db


def _check(db: sqlite3.Connection) -> None:
    version = db.execute("PRAGMA user_version").fetchone()[0]
    columns = [name for _, name, *_ in db.execute("PRAGMA table_info(deliveries)")]
    if version != VERSION or columns != ["id", "arrived_ns", "kind", "body"]:
        raise _Foreign("no journal of this version")


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
    except zlib.error:
        return None
