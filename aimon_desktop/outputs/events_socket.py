"""The stream for any number of readers on this machine: a Unix socket, and a buffer for each of them.

Apart from `/api/v1/stream` because it needs no HTTP and no port: `socat -u UNIX-CONNECT:… -` is a reader. Everything
here is asyncio's own writing, which never waits: who leaves too much unread is let go.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import cast

from aimon_desktop.outputs.ndjson import UNSENT
from receiver.unix import UnixSocket

READERS = 64
"""More are not taken: a bar that starts its reader anew each second would eat us up otherwise."""


class EventsSocket:
    """The socket and its readers."""

    def __init__(self, path: Path, snapshot: Callable[[], bytes]) -> None:
        """`snapshot` makes what a reader is told first."""
        self._socket, self._snapshot = UnixSocket(path), snapshot
        self._allowed: dict[asyncio.Transport, int] = {}
        self._server: asyncio.Server | None = None

    @property
    def read(self) -> bool:
        """Whether anybody reads."""
        return bool(self._allowed)

    @property
    def held(self) -> bool:
        """Whether it is ours; else another aimon has it, or none."""
        return self._socket.held

    async def open(self) -> None:
        """Take readers, unless another aimon does already. Raises OSError."""
        if (listener := self._socket.claim()) is not None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_unix_server(lambda: _Reader(self), sock=listener)

    def put(self, lines: bytes) -> None:
        """Give lines to every reader; one that has more than 256 KiB unread beyond its first lines is dropped.

        What is unread already counts, not what comes now: that alone may be more, where many sessions change at once.
        """
        for transport, allowed in list(self._allowed.items()):
            if transport.get_write_buffer_size() > allowed:
                transport.abort()
                self.leave(transport)
            else:
                transport.write(lines)

    def close(self) -> None:
        """Let everybody go."""
        if self._server is not None:
            self._server.close()
        for transport in self._allowed:
            transport.close()
        self._allowed.clear()
        self._socket.release()

    def join(self, transport: asyncio.Transport) -> None:
        """A reader has come: tell it everything, then what changes."""
        if len(self._allowed) >= READERS:
            transport.abort()
            return
        first = self._snapshot()
        self._allowed[transport] = UNSENT + len(first)
        transport.write(first)

    def leave(self, transport: asyncio.Transport) -> None:
        """A reader has gone."""
        self._allowed.pop(transport, None)


class _Reader(asyncio.Protocol):
    """One connection; whatever it says is not listened to."""

    def __init__(self, readers: EventsSocket) -> None:
        self._readers = readers

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Somebody connected."""
        self._transport = cast("asyncio.Transport", transport)
        self._readers.join(self._transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - a reader may leave as it likes
        """Somebody left."""
        self._readers.leave(self._transport)
