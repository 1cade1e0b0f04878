"""One file that somebody else writes, read line by line from where it was left.

Only new bytes are read. A file that became shorter, has another inode or another beginning is another file: it is read
anew, and the ledger knows what it heard before. A line without its end waits for it; a huge one is passed over.
"""

import os
import stat
from pathlib import Path

from msgspec import Struct

CHUNK = 256 * 1024
"""Bytes read at a time: some hundred lines, 5 ms of decoding."""
LINE = 8 * 1024 * 1024
"""Bytes a line may have; a pasted screenshot is 1-3 MB. Decoding one holds the interpreter for 10 ms."""
_HEAD = 256
"""Bytes by which a file is known again."""


class Piece(Struct, frozen=True):
    """What one reading gave."""

    lines: list[bytes]
    written_ns: int
    """When the file was last written to."""
    anew: bool
    """Whether this is the beginning of a file."""
    more: bool
    """Whether there are bytes left."""


class Tail:
    """Follows one file. All methods block; OSError is the caller's."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.oversized = 0
        """Lines passed over for their length."""
        self._offset = 0
        self._identity: tuple[int, int] | None = None
        self._looked: tuple[int, ...] = ()
        self._head = b""
        self._rest = b""
        self._skips = False

    def changed(self) -> bool:
        """Whether it was written to since it was read."""
        return _looks(self.path.stat()) != self._looked

    def read(self) -> Piece:
        """The next whole lines, of at most `CHUNK` new bytes."""
        descriptor = os.open(self.path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)  # a FIFO would wait for a writer
        try:
            facts = os.fstat(descriptor)
            if not stat.S_ISREG(facts.st_mode):
                message = "no regular file"
                raise OSError(message)
            self._looked = _looks(facts)
            anew = self._is_another(descriptor, facts)
            data = os.pread(descriptor, CHUNK, self._offset)
            self._head += data[: _HEAD - len(self._head)] if self._offset == len(self._head) else b""
        finally:
            os.close(descriptor)
        self._offset += len(data)
        return Piece(self._lines(data), facts.st_mtime_ns, anew, bool(data) and self._offset < facts.st_size)

    def _is_another(self, descriptor: int, facts: os.stat_result) -> bool:
        identity = (facts.st_dev, facts.st_ino)
        known = identity == self._identity and facts.st_size >= self._offset
        if known and os.pread(descriptor, len(self._head), 0) == self._head:
            return False
        self._identity, self._offset = identity, 0
        self._head, self._rest, self._skips = b"", b"", False
        return True

    def _lines(self, data: bytes) -> list[bytes]:
        if self._skips:
            _, end, data = data.partition(b"\n")
            self._skips = not end
        whole, _, self._rest = (self._rest + data).rpartition(b"\n")
        if len(self._rest) > LINE:
            self._rest, self._skips = b"", True
            self.oversized += 1
        return [line for line in whole.split(b"\n") if line and not line.isspace()]


def _looks(facts: os.stat_result) -> tuple[int, ...]:
    return facts.st_ino, facts.st_size, facts.st_mtime_ns
