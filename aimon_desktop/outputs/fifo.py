"""The named pipe of otel-ai-monitor: who reads it gets lines, who stops reading loses some, and nobody is waited for.

A pipe takes up to 4,096 bytes whole or not at all, so no line is longer and none is torn; what does not fit into a full
pipe is left out, and the list comes again. Two readers of one pipe share its lines: the socket is for them.
"""

import fcntl
import json
import os
import select
import stat

from aimon_core.clock import Clock
from aimon_core.errors import Unsafe

LIMIT = 4096
"""Bytes that a line stays under: PIPE_BUF of Linux."""
RETRY_S = 1.0
"""Between two looks for a reader."""
_NEEDS = ("waiting", "working", "failed", "completed", "idle")


class Fifo:
    """The pipe, open while somebody reads it."""

    def __init__(self, path: str, clock: Clock) -> None:
        """Make it where it is missing. Raises Unsafe where something else is in its place."""
        self._path, self._clock = path, clock
        self._descriptor: int | None = None
        self._next_s = clock.monotonic()
        _check_folder(os.path.dirname(path))  # noqa: PTH120 - a string of the environment
        try:
            os.mkfifo(path, 0o600)
        except FileExistsError:
            _check(os.lstat(path), path)
        except OSError as error:
            raise Unsafe(f"The pipe {path} cannot be made: {error.strerror}.") from error

    def open(self) -> bool:
        """Whether somebody reads; looks once a second while nobody does."""
        if self._descriptor is None and self._clock.monotonic() >= self._next_s:
            self._next_s = self._clock.monotonic() + RETRY_S
            self._descriptor = self._opened()
        return self._descriptor is not None

    def has_room(self) -> bool:
        """Whether a line fits; where the reader has gone it does, since `write` is what finds out."""
        if self._descriptor is None:
            return False
        room = select.poll()
        room.register(self._descriptor, select.POLLOUT)
        return bool(room.poll(0))

    def write(self, line: bytes) -> bool:
        """Write a line, or leave it out where the pipe is full or the reader has gone; whether it was written."""
        if self._descriptor is None:
            return False
        try:
            os.write(self._descriptor, line)
        except BlockingIOError:
            return False
        except OSError:
            self.close()
            return False
        return True

    def close(self) -> None:
        """Let the reader go. The pipe stays: the next aimon finds it, and so does a reader who waits already."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _opened(self) -> int | None:
        """The pipe's other end; None without a reader, or while another aimon writes to it."""
        try:
            descriptor = os.open(self._path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            _check(os.fstat(descriptor), self._path)
            os.fchmod(descriptor, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (Unsafe, OSError):
            os.close(descriptor)
            return None
        return descriptor


def fitted(line: bytes) -> bytes:
    """A line that stays under the limit: of a list who waits and who works first, `truncated` counts those left out.

    Any other line that is too long is b"".
    """
    if len(line) < LIMIT:
        return line
    message = json.loads(line)
    if message["type"] != "session_list":
        return b""
    rows = sorted(message["sessions"], key=lambda row: _NEEDS.index(row["state"]) if row["state"] in _NEEDS else 9)
    room = LIMIT - 1 - len(_dumped(message | {"sessions": [], "truncated": len(rows)}))
    kept = []
    for row in rows:
        size = len(json.dumps(row)) + len(", ")
        if size <= room:  # one with a long name hides none of the others
            room -= size
            kept.append(row)
    return _dumped(message | {"sessions": kept, "truncated": len(rows) - len(kept)})


def _dumped(message: dict[str, object]) -> bytes:
    return json.dumps(message).encode("ascii") + b"\n"


def _check(found: os.stat_result, path: str) -> None:
    if not stat.S_ISFIFO(found.st_mode) or found.st_uid != os.getuid():
        raise Unsafe(f"{path} is no pipe of yours.", "Remove it: otel-ai-monitor's readers find nothing there.")


def _check_folder(path: str) -> None:
    """Nobody else may put something into the folder (S20)."""
    try:
        found = os.lstat(path)
    except OSError as error:
        raise Unsafe(f"The folder {path} cannot be used: {error.strerror}.") from error
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise Unsafe(f"The folder {path} is not yours alone.")
