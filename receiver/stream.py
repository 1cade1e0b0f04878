"""The stream of changes: one line of JSON for each, to any number of readers, none of which can hold up the ledger.

Lines are made once and queued for each reader; a reader that leaves more than 256 KiB unread is dropped. They are those
of `aimon serve` (`aimon_core.lines`), with all that is told of a session: a `session_list` and a `session_update` for
each, then what changed in a frame, and the list when it reads differently, and every five seconds anyway.
"""

import asyncio
from collections.abc import AsyncIterator, Collection, Iterable
from contextlib import suppress
from typing import Any, Protocol

from aiohttp import web
from msgspec.structs import asdict

from aimon_core import lines, wire
from aimon_core.clock import Clock
from aimon_core.session import Session, Totals
from receiver.connections import Connection
from receiver.guard import DoorOptions
from receiver.status import Reason, Refused

HEADERS = {"Content-Type": "application/x-ndjson", "Cache-Control": "no-store"}
LIST_S = 5.0
"""Seconds between two lists while nothing changes: a status bar that started late shows only the last line."""


class Ledger(Protocol):
    """What the stream tells of (`store.SessionStore`)."""

    def get(self, key: str) -> Session | None:
        """One session."""

    def sessions(self) -> list[Session]:
        """The rows."""

    def totals(self) -> Totals:
        """The sums."""


class Reader:
    """One reader's lines that are not yet on their way."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lines: list[bytes] = []
        self._unsent = 0
        self._woken = asyncio.Event()
        self.open = True

    def put(self, lines: bytes) -> bool:
        """Queue lines; False when the reader had left too many unread before, since one frame may be more than that."""
        if self._unsent > self._limit:
            return False
        self._lines.append(lines)
        self._unsent += len(lines)
        self._woken.set()
        return True

    async def lines(self) -> AsyncIterator[bytes]:
        """What is queued, as often as something is, until closed and told all."""
        while True:
            lines = b"".join(self._lines)
            self._lines.clear()
            self._woken.clear()
            if lines:
                yield lines
                self._unsent -= len(lines)
            elif self.open:
                await self._woken.wait()
            else:
                return

    def close(self) -> None:
        """Wake the reader for the last time."""
        self.open = False
        self._woken.set()


async def pour(request: web.BaseRequest, reader: Reader, first: bytes) -> web.StreamResponse:
    """Answer with a first line, and then with those of a reader until it is closed or leaves."""
    response = web.StreamResponse(headers=HEADERS)
    with suppress(ConnectionError):  # it may leave at any time
        await response.prepare(request)
        await response.write(first)
        async for told in reader.lines():
            await response.write(told)
    return response


class Stream:
    """All readers of the stream."""

    def __init__(self, ledger: Ledger, clock: Clock, options: DoorOptions) -> None:
        self._ledger = ledger
        self._clock = clock
        self._options = options
        self._seq = 0
        """Of the last change; a first line carries it too, so that a reader knows which changes it holds."""
        self._known: set[str] = set()
        """Keys that some reader believes to be listed."""
        self._listed: dict[str, Any] = {}
        self._listed_at = clock.monotonic()
        self.readers: dict[Reader, Connection] = {}

    async def serve(self, request: web.BaseRequest, connection: Connection) -> web.StreamResponse:
        """Answer with lines for as long as the reader reads."""
        if len(self.readers) >= self._options.streams:
            raise Refused(Reason.TOO_MANY, "too many readers of the stream")
        reader = Reader(self._options.stream_unsent)
        first = self._snapshot()
        self.readers[reader] = connection
        connection.when_lost = reader.close
        try:
            return await pour(request, reader, first)
        finally:
            del self.readers[reader]

    def publish(self, changed: Collection[str]) -> None:
        """A frame: tell what changed in these sessions, and the list when its turn has come."""
        due = self._clock.monotonic() - self._listed_at >= LIST_S
        if not self.readers or not (changed or due):
            return
        rows = {session.key: session for session in self._ledger.sessions()}
        told = b"".join(self._changes(changed, rows))
        listed = _listed(rows.values())
        if due or listed != self._listed:
            self._listed, self._listed_at = listed, self._clock.monotonic()
            told += self._next(self._list(listed))
        for reader, connection in list(self.readers.items()):
            if told and not reader.put(told):
                connection.abort()

    def close(self) -> None:
        """Let all readers go."""
        for reader in self.readers:
            reader.close()

    def _changes(self, changed: Collection[str], rows: dict[str, Session]) -> list[bytes]:
        """A line for each changed session; one that left the list is told a last time, then that it is gone."""
        told = []
        for key in changed:
            session = rows.get(key) or (self._ledger.get(key) if key in self._known else None)
            if session is not None:
                told.append(self._next(lines.whole_update(wire.session_dict(session))))
            if key in self._known and key not in rows:
                told.append(self._next({"type": "session_gone", "key": key}))
        self._known = set(rows)
        return told

    def _snapshot(self) -> bytes:
        rows = self._ledger.sessions()
        self._known.update(session.key for session in rows)
        listed = _listed(rows)
        if not self.readers:
            self._listed, self._listed_at = listed, self._clock.monotonic()
        updates = (self._line(lines.whole_update(wire.session_dict(session))) for session in rows)
        return b"".join((self._line(self._list(listed)), *updates))

    def _list(self, listed: dict[str, Any]) -> dict[str, Any]:
        return listed | {"totals": wire.totals_dict(self._ledger.totals())}

    def _next(self, message: dict[str, Any]) -> bytes:
        self._seq += 1
        return self._line(message)

    def _line(self, message: dict[str, Any]) -> bytes:
        return lines.line(message, self._seq, self._clock.now_ns())


def _listed(rows: Iterable[Session]) -> dict[str, Any]:
    return lines.session_list((asdict(session), session.state) for session in rows)
