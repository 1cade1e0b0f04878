"""The service manager that started this process: the sockets it hands over, and what it is told.

Apart from `server` because this is systemd's protocol and nobody else's. It is two variables and a datagram, so no
library is asked: https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html and …/sd_notify.html.
"""

import os
import socket
from collections.abc import MutableMapping
from contextlib import suppress

from aimon_core.errors import AimonError, UsageError
from receiver import guard

FIRST = 3
"""The first descriptor that is handed over; the others follow it."""
_OURS = ("LISTEN_PID", "LISTEN_PIDFDID", "LISTEN_FDS", "LISTEN_FDNAMES", "NOTIFY_SOCKET")
_WAIT_S = 1.0
_HINT = "aimon.socket may say ListenStream=127.0.0.1:4318 and no Accept=."


class Supervisor:
    """Whoever started this process as a service, or nobody."""

    def __init__(self, environment: MutableMapping[str, str]) -> None:
        """Take what is meant for this process out of the environment, or a child would believe that it is its own.

        Raises Unsafe for a socket that is open to the network, UsageError for what is no TCP socket that listens.
        """
        told = {name: environment.pop(name, "") for name in _OURS}
        self._address = told["NOTIFY_SOCKET"]
        many = int(told["LISTEN_FDS"]) if told["LISTEN_FDS"].isdecimal() else 0
        self.listeners = _taken(range(FIRST, FIRST + many)) if told["LISTEN_PID"] == str(os.getpid()) else ()
        """Sockets that listen on loopback already, all on one port; they stay open when this process has ended."""

    def tell(self, *facts: str) -> None:
        """Say how far we are, e.g. `READY=1` or `STATUS=…`; where nobody listens, nobody is told."""
        if not self._address.startswith(("/", "@")):
            return
        address = f"\0{self._address[1:]}" if self._address.startswith("@") else self._address
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.settimeout(_WAIT_S)
            out.connect(address)
            out.sendall("\n".join(facts).encode())


def _taken(descriptors: range) -> tuple[socket.socket, ...]:
    listeners: list[socket.socket] = []
    try:
        for descriptor in descriptors:
            listeners.append(_opened(descriptor))
            _check(listeners[-1])
        if len({listener.getsockname()[1] for listener in listeners}) > 1:
            raise UsageError("The sockets that were handed over are on several ports.", _HINT)
    except AimonError:
        for listener in listeners:
            listener.close()
        raise
    return tuple(listeners)


def _opened(descriptor: int) -> socket.socket:
    try:
        return socket.socket(fileno=descriptor)
    except OSError as error:
        raise UsageError(f"File descriptor {descriptor} was handed over and is no socket.", _HINT) from error


def _check(listener: socket.socket) -> None:
    """It listens, on loopback. Raises UsageError or Unsafe."""
    listener.set_inheritable(False)
    if (
        listener.family not in {socket.AF_INET, socket.AF_INET6}
        or listener.type != socket.SOCK_STREAM
        or not listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    ):
        raise UsageError("A socket was handed over that is no TCP socket that listens.", _HINT)
    guard.addresses(listener.getsockname()[0])
