"""The Unix socket beside the port: whose it is while it is open, and who is at its other end.

A hook finds the socket without knowing a port, and its folder keeps other users out. One aimon has it at a time: who
holds the lock beside it. The system lets go of a lock with its process, so a socket without one is a leftover.
"""

import fcntl
import os
import socket
import struct
from asyncio import BaseTransport
from pathlib import Path

from msgspec import Struct

BACKLOG = 512
_CREDENTIALS = struct.Struct("3i")


class Caller(Struct, frozen=True):
    """The process at the other end of a connection over a Unix socket."""

    pid: int | None
    """None where the system does not tell (macOS)."""
    uid: int | None


class UnixSocket:
    """A listening socket in a folder that is ours alone."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    @property
    def held(self) -> bool:
        """Whether this process has it."""
        return self._lock is not None

    def claim(self) -> socket.socket | None:
        """Open it in place of a leftover; None while another aimon has it. Raises OSError."""
        lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return None
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.path.unlink(missing_ok=True)
            listener.bind(str(self.path))
            self.path.chmod(0o600)
            listener.listen(BACKLOG)
            listener.setblocking(False)  # noqa: FBT003 - the socket's own signature
        except OSError:
            listener.close()
            os.close(lock)
            raise
        self._lock = lock
        return listener

    def release(self) -> None:
        """Take it away, and let another aimon have it; harmless when it was never ours."""
        if self._lock is not None:
            self.path.unlink(missing_ok=True)
            os.close(self._lock)
            self._lock = None


def caller(transport: BaseTransport) -> Caller | None:
    """Who is at the other end; None when the connection is no Unix socket's."""
    door = transport.get_extra_info("socket")
    if door is None or door.family != socket.AF_UNIX:
        return None
    if not hasattr(socket, "SO_PEERCRED"):
        return Caller(None, None)
    try:
        told = door.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    except OSError:
        return Caller(None, None)
    pid, uid, _ = _CREDENTIALS.unpack(told)
    return Caller(pid or None, uid)
