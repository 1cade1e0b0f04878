"""The file of a recording, `tape.gz`: what came in, a line of JSON each, gzipped, in the order in which it came.

Apart from `tape`, which knows what recordings mean and the layout of captures: this is how one is written and read.
That happens a line at a time, so a recording may be larger than memory; after each `flush` all lines before it can be
read, whatever happens then. docs/tape.md describes the format for other programs.
"""

import gzip
import os
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import msgspec
from msgspec import Struct

from aimon_core import events
from aimon_core.ancestry import Identity
from aimon_core.errors import Unreadable, UsageError
from aimon_core.events import Drifted, Event

VERSION = 1
NAME = "tape.gz"
"""Of the file in its folder."""
LINE = 64 << 20
"""Bytes of the longest line that is read: a body of 16 MiB in base64, and room."""
_MAGIC = b"\x1f\x8b"


class Entry(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every line says."""

    at_ns: int
    """When it came in."""


class Head(Entry, frozen=True, kw_only=True, tag="tape"):
    """The first line."""

    v: int = VERSION
    aimon: str
    """The version that recorded."""
    raw: bool = False
    """Whether what came in stands there as it was, with prompts and secrets."""


class Body(Entry, frozen=True, kw_only=True):
    """Bytes: as text where they are some, so that a person can read them, else in base64."""

    text: str | None = None
    body: bytes = b""

    @property
    def whole(self) -> bytes:
        """The bytes."""
        return self.body if self.text is None else self.text.encode()


class Sent(Body, frozen=True, kw_only=True, tag="sent"):
    """A request of OTLP as it was on the wire."""

    signal: str
    content_type: str
    content_encoding: str = ""


class Hooked(Body, frozen=True, kw_only=True, tag="hook"):
    """The payload of a hook, and what was found out about who ran it."""

    agent: str
    moment_ns: int | None = None
    """When the hook ran, by its own word."""
    process: Identity | None = None
    above: tuple[Identity, ...] = ()


class Kept(Body, frozen=True, kw_only=True, tag="kept"):
    """A request without secrets and without what anybody wrote, as the journal keeps it (`journal.Delivery`)."""

    kind: str
    arrived_ns: int


class Written(Entry, frozen=True, kw_only=True, tag="transcript"):
    """Whole lines that an agent wrote to one of its transcripts."""

    agent: str
    file: str
    """Its path below the agent's folder."""
    written_ns: int
    anew: bool = False
    """Whether this is the beginning of the file."""
    lines: tuple[str, ...]
    beside: dict[str, str] = {}
    """Small files that tell more of a transcript, by their paths; only at its beginning."""


class Learned(Entry, frozen=True, kw_only=True, tag="events"):
    """Events that no request carried: processes, session files, what a person did."""

    arrived_ns: int | None = None
    events: tuple[tuple[str, dict[str, Any]], ...]
    """The name of each in `aimon_core.events`, and its fields."""


class End(Entry, frozen=True, kw_only=True, tag="end"):
    """The last line, where the recording was not cut off."""


Line = Head | Sent | Hooked | Kept | Written | Learned | End
encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Line).decode


def bytes_as(body: bytes) -> dict[str, Any]:
    """Bytes as the fields of a `Body`."""
    try:
        return {"text": body.decode()}
    except UnicodeDecodeError:
        return {"body": body}


def told(learned: list[Event]) -> tuple[tuple[str, dict[str, Any]], ...]:
    """Events as they are written; those of drift, which carry a function, are not."""
    return tuple((type(one).__name__, msgspec.to_builtins(one)) for one in learned if not isinstance(one, Drifted))


def understood(entry: Learned) -> list[Event]:
    """Events as they were. Raises msgspec.ValidationError for what is none."""
    types = {name: getattr(events, name) for name in events.__all__}
    found = []
    for name, fields in entry.events:
        kind = types.get(name)
        if not (isinstance(kind, type) and issubclass(kind, Event)):
            raise msgspec.ValidationError(f"there is no event {name[:40]!r}")
        found.append(msgspec.convert(fields, kind))
    return found


class Writer:
    """Writes a new recording."""

    def __init__(self, folder: Path, limit: int) -> None:
        """Make the folder and the file in it, for their user alone; `limit` is in bytes on disk.

        Raises UsageError where there is one already, or none can be.
        """
        self.path = folder / NAME
        self._limit = limit
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.fdopen(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")
        except FileExistsError as error:
            raise UsageError(f"{self.path} is there already.", "Name another folder.") from error
        except OSError as error:
            raise UsageError(f"{self.path} cannot be written: {error.strerror}.") from error
        self._zipped = gzip.GzipFile(filename="", mode="wb", fileobj=self._file, mtime=0)

    def write(self, line: bytes) -> bool:
        """Write a line; False once the limit is passed. Raises OSError."""
        if self._file.tell() >= self._limit:
            return False
        self._zipped.write(line)
        return True

    def flush(self) -> None:
        """Let all lines so far be readable, should this program end now. Raises OSError."""
        self._zipped.flush(zlib.Z_SYNC_FLUSH)
        self._file.flush()

    def close(self) -> None:
        """The end. Raises OSError."""
        self._zipped.close()
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def is_reel(path: Path) -> bool:
    """Whether a file looks like one."""
    try:
        with path.open("rb") as file:
            return file.read(2) == _MAGIC
    except OSError:
        return False


def read(path: Path) -> Iterator[Line]:
    """Each line; one that was cut off ends it. Raises Unreadable, which names the line."""
    number = 0
    try:
        with gzip.open(path) as file:
            while line := file.readline(LINE):
                number += 1
                if not line.endswith(b"\n"):
                    if len(line) == LINE:
                        raise Unreadable(f"{path}, line {number}, is too long.")
                    return
                entry = _decode(line)
                if number == 1 and not (isinstance(entry, Head) and entry.v <= VERSION):
                    raise Unreadable(f"{path} is no recording that this aimon reads.", "A newer one may have made it.")
                yield entry
    except EOFError:
        return  # whoever recorded was killed: this is what it had written
    except (OSError, zlib.error, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(f"{path}, line {number + (number == 0)}, cannot be read: {error}.") from error
