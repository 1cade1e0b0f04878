"""The file under the journal: made, recognised, brought to today's version, moved aside where it is none of ours.

It stands apart from `journal`, which reads and writes what the file holds and asks here for a connection.
"""

import logging
import os
import sqlite3
from contextlib import closing
from pathlib import Path

LOG = logging.getLogger("aimon")

VERSION = 2
"""Of the tables, in `user_version`."""
BUSY_S = 1.0
"""How long a commit waits for another process's."""
WAL_BYTES = 16 << 20
"""What the write-ahead log is cut back to."""

_STEPS = {
    0: "CREATE TABLE deliveries (id INTEGER PRIMARY KEY, arrived_ns INTEGER, kind TEXT, body BLOB)",
    1: "CREATE TABLE pictures (key TEXT PRIMARY KEY, at_ns INTEGER, format INTEGER, body BLOB) WITHOUT ROWID",
}
"""What makes each version the next one; an empty file has version 0."""
_INDEX = "CREATE INDEX IF NOT EXISTS arrivals ON deliveries (arrived_ns)"
_COLUMNS = ["id", "arrived_ns", "kind", "body"]
_MAGIC = b"SQLite format 3\x00"
_BROKEN = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_FORMAT}
_BESIDE = ("", "-wal", "-shm")
"""The file, its log and the index of that."""


class Foreign(sqlite3.DatabaseError):
    """A database, but no journal that we know how to read."""


def is_broken(error: sqlite3.DatabaseError) -> bool:
    """Whether the file itself is at fault, so that no second attempt can go well."""
    return isinstance(error, Foreign) or getattr(error, "sqlite_errorcode", 0) & 0xFF in _BROKEN


def looked_into(path: Path) -> sqlite3.Connection:
    """A connection that cannot write; older versions are read as they are. Raises sqlite3.DatabaseError."""
    db = _connect(f"{path.absolute().as_uri()}?mode=ro")
    _check(db, range(1, VERSION + 1))
    return db


def prepared(path: Path) -> sqlite3.Connection:
    """A connection to a journal of today's version, made where there was none. Raises sqlite3.DatabaseError, OSError.

    It may be handed from one thread to another, not used in two.
    """
    with open(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "rb") as file:  # noqa: PTH123 - pathlib knows no mode
        if file.read(len(_MAGIC)) not in {b"", _MAGIC}:
            raise Foreign("file is not a database")  # a short one would be written over
    path.chmod(0o600)
    db = _connect(path.absolute().as_uri())
    try:
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # heeded only before the first table
        db.execute("PRAGMA journal_mode = WAL").fetchone()
        db.execute("PRAGMA synchronous = NORMAL")
        db.execute(f"PRAGMA journal_size_limit = {WAL_BYTES}").fetchone()
        if 0 < _version(db) < VERSION:
            _check(db, range(1, VERSION))
            _back_up(db, path)
        db.execute("BEGIN IMMEDIATE")
        _bring_up(db)
        _check(db, range(VERSION, VERSION + 1))
        db.execute(_INDEX)
        db.execute("COMMIT")
    except (sqlite3.Error, OSError):
        db.close()
        raise
    return db


def backup_of(path: Path) -> Path:
    """Where a journal of an older version is kept as it was."""
    return path.with_name(f"{path.name}.before-{VERSION}")


def moved_aside(path: Path) -> Path:
    """Move a file, with its log, to the first free name beside it, and say which. Raises OSError."""
    number = 1
    while (aside := path.with_name(f"{path.name}.aside-{number}")).exists():
        number += 1
    for suffix in _BESIDE:
        if os.path.lexists(f"{path}{suffix}"):
            os.rename(f"{path}{suffix}", f"{aside}{suffix}")  # noqa: PTH104 - the suffix is part of the name
    return aside


def _bring_up(db: sqlite3.Connection) -> None:
    """The steps from the file's version to today's; another process may have taken them meanwhile."""
    version = _version(db)
    if version == 0 and db.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0]:
        raise Foreign("a database of another program")
    for step in range(version, VERSION):
        db.execute(_STEPS[step])
    if version < VERSION:
        db.execute(f"PRAGMA user_version = {VERSION}")


def _back_up(db: sqlite3.Connection, path: Path) -> None:
    """Copy the file as it is, whole or not at all: under another name until it is."""
    backup, unfinished = backup_of(path), path.with_name(f"{path.name}.backup-{os.getpid()}")
    unfinished.unlink(missing_ok=True)
    os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        db.execute("VACUUM INTO ?", (str(unfinished),))
        with closing(_connect(unfinished.absolute().as_uri())) as copy:
            if _version(copy) == VERSION:
                return  # another process was faster, and has its copy
        unfinished.replace(backup)
    finally:
        unfinished.unlink(missing_ok=True)
    LOG.warning("The journal %s is brought to version %d; %s holds it as it was.", path, VERSION, backup)


def _check(db: sqlite3.Connection, versions: range) -> None:
    columns = [name for _, name, *_ in db.execute("PRAGMA table_info(deliveries)")]
    if (version := _version(db)) > VERSION and columns[:4] == _COLUMNS:
        raise Foreign(f"written by a newer aimon, version {version}")
    if version not in versions or columns != _COLUMNS:
        raise Foreign("a database of another program")


def _version(db: sqlite3.Connection) -> int:
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _connect(uri: str) -> sqlite3.Connection:
    return sqlite3.connect(uri, uri=True, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
