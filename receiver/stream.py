"""The stream of changes: one line of JSON for each, to any number of readers, none of which can hold up the ledger.

Lines are made once and queued for each reader; a reader that leaves more than 256 KiB unread is dropped. The first line
is a `session_list`, then come `session_update` and `session_gone`.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from typing import Any

from aiohttp import web

from aimon_core import wire
from aimon_core.clock import Clock
from aimon_core.session import Session
from receiver.connections import Connection
from receiver.guard import DoorOptions
from receiver.status import Reason, Refused


class Reader:
    """One reader's lines that are not yet on their way."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lines: list[bytes] = []
        self._unsent = 0
        self._woken = asyncio.Event()
        self.open = True

    def put(self, lines: bytes) -> bool:
        """Queue lines; False when the reader has left too many unread."""
        self._lines.append(lines)
        self._unsent += len(lines)
        self._woken.set()
        return self._unsent <= self._limit

    async def lines(self) -> AsyncIterator[bytes]:
        """What is queued, as often as something is, until closed."""
        while self.open:
            lines = b"".join(self._lines)
            self._lines.clear()
            self._woken.clear()
            if lines:
                yield lines
                self._unsent -= len(lines)
            else:
                await self._woken.wait()

    def close(self) -> None:
        """Wake the reader for the last time."""
        self.open = False
        self._woken.set()


class Stream:
    """All readers of the stream."""

    def __init__(self, snapshot: Callable[[], dict[str, Any]], clock: Clock, options: DoorOptions) -> None:
        self._snapshot = snapshot
        self._clock = clock
        self._options = options
        self._seq = 0
        """Of the last change; a first line carries it too, so that a reader knows which changes it holds."""
        self.readers: dict[Reader, Connection] = {}

    async def serve(self, request: web.BaseRequest, connection: Connection) -> web.StreamResponse:
        """Answer with lines for as long as the reader reads."""
        if len(self.readers) >= self._options.streams:
            raise Refused(Reason.TOO_MANY, "too many readers of the stream")
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson", "Cache-Control": "no-store"})
        reader = Reader(self._options.stream_unsent)
        first = self._line("session_list", self._snapshot())
        self.readers[reader] = connection
        connection.when_lost = reader.close
        try:
            await response.prepare(request)
            await response.write(first)
            async for lines in reader.lines():
                await response.write(lines)
        except ConnectionError:
            pass  # a reader may leave at any time
        finally:
            del self.readers[reader]
        return response

    def publish(self, sessions: Mapping[str, Session | None]) -> None:
        """One line for each changed session; None where it is gone."""
        lines = b"".join(self._update(key, session) for key, session in sessions.items())
        for reader, connection in list(self.readers.items()):
            if not reader.put(lines):
                connection.abort()

    def close(self) -> None:
        """Let all readers go."""
        for reader in self.readers:
            reader.close()

    def _line(self, kind: str, content: dict[str, Any]) -> bytes:
        head = {"v": wire.VERSION, "seq": self._seq, "type": kind, "timestamp": wire.iso(self._clock.now_ns())}
        return json.dumps(head | content).encode() + b"\n"

    def _update(self, key: str, session: Session | None) -> bytes:
        self._seq += 1
        if session is None:
            return self._line("session_gone", {"key": key})
        return self._line("session_update", {"session": wire.session_dict(session)})
