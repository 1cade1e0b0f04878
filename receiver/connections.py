"""The connections of one door and how long they may take: stands between asyncio and aiohttp, which has no such limits.

aiohttp gives unfinished headers its keep-alive time and unfinished bodies for ever: 300 of 300 half-open requests were
still held after 8 s. One sweep over the table costs nothing per request and 0.1 ms at 1,024 connections.
"""

import asyncio
import os
from collections.abc import Callable
from enum import Enum, auto

from aimon_core.config import local
from receiver.guard import DoorOptions, is_near
from receiver.peer import Peer, Peers
from receiver.status import Reason, Refused
from receiver.unix import Caller, caller

_LATE = b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
_SWEEPS = 10
"""Sweeps in one deadline: a connection lives at most a tenth longer than it may."""


class Phase(Enum):
    """What a connection is waiting for."""

    IDLE = auto()
    """The first byte of a request."""
    HEADERS = auto()
    BODY = auto()
    BUSY = auto()
    """Our answer."""


class Connection(asyncio.Protocol):
    """One connection: notes what happens and passes it on to `inner`, aiohttp's protocol."""

    __slots__ = (
        "began", "caller", "inner", "is_near", "peer", "phase", "process_of", "progress", "session", "table",
        "transport", "when_lost",
    )  # fmt: skip

    def __init__(self, inner: asyncio.Protocol, table: "Connections") -> None:
        self.inner = inner
        self.table = table
        self.transport: asyncio.Transport | None = None
        self.session: str | None = None
        """Key of the session it last delivered for: a client's refused bodies are shown on its row."""
        self.caller: Caller | None = None
        """Who is at the other end of a Unix socket; None on TCP."""
        self.is_near = table.all_near
        """Whether it comes from this machine's loopback, or through the Unix socket. Who is gone may be anybody."""
        self.peer: asyncio.Task[Peer] | None = None
        """Who is at the other end of a TCP connection, being found out since it stands."""
        self.process_of: str | None = None
        """Key of the session that its process was last told to be."""
        self.phase = Phase.IDLE
        self.began = self.progress = table.now()
        self.when_lost: Callable[[], None] | None = None
        """Told once when the peer is gone; a request is served to its end all the same."""

    @property
    def half_open(self) -> bool:
        """Whether a request has begun and is not complete."""
        return self.phase in {Phase.HEADERS, Phase.BODY}

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a place in the table."""
        self.transport = transport  # type: ignore[assignment] # a stream server's transport is a Transport
        self.caller = caller(transport)
        if self.caller is None:
            self.is_near = is_near(str((transport.get_extra_info("peername") or ("",))[0]))
            self.peer = asyncio.get_running_loop().create_task(self.table.peers.of(transport))
        self.inner.connection_made(transport)
        self.table.enter(self)

    def data_received(self, data: bytes) -> None:
        """Note the progress."""
        self.progress = self.table.now()
        if self.phase is Phase.IDLE:
            self.phase, self.began = Phase.HEADERS, self.progress
        self.inner.data_received(data)

    def eof_received(self) -> bool | None:
        """The peer will send no more."""
        return self.inner.eof_received()

    def pause_writing(self) -> None:
        """The peer reads too slowly."""
        self.inner.pause_writing()

    def resume_writing(self) -> None:
        """The peer has read."""
        self.inner.resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Give the place back."""
        self.table.leave(self)
        self.inner.connection_lost(exc)
        if self.when_lost is not None:
            self.when_lost()

    def turn(self, phase: Phase) -> None:
        """Go on to another phase."""
        self.phase, self.progress = phase, self.table.now()

    def drop(self) -> None:
        """Give the place back at once, tell the peer that it was too slow, and close."""
        self.table.leave(self)
        if self.transport is not None and not self.transport.is_closing():
            if self.half_open:
                self.transport.write(_LATE)
            self.transport.close()

    def abort(self) -> None:
        """Close without sending what the peer has not read."""
        if self.transport is not None:
            self.transport.abort()


async def check_user(peers: Peers, peer: asyncio.Task[Peer] | None, *, strict: bool = False) -> None:
    """Raise Refused (forbidden) where the user at the other end is known to be another one (S5).

    The kernel tells a stranger before his first byte. Which process of ours it is takes longer: nobody waits, unless
    `strict`, which also refuses whom nobody knows.
    """
    if peer is None:
        return
    if strict or not peers.answers_at_once:
        await asyncio.wait({peer})
    uid = peer.result().uid if peer.done() else None
    if uid is None and strict:
        raise Refused(Reason.FORBIDDEN, "aimon cannot see which user you are, and its setting strict_peer wants to")
    if uid not in {None, os.getuid()}:
        raise Refused(Reason.FORBIDDEN, f"aimon listens to the user who started it alone; yours is {uid}")


class Connections:
    """All connections of a door; evicts who is idle longest when there are too many."""

    def __init__(self, protocols: Callable[[], asyncio.Protocol], options: DoorOptions) -> None:
        self._protocols = protocols
        self._options = options
        self._loop = asyncio.get_running_loop()
        self._open: set[Connection] = set()
        self._sweep: asyncio.TimerHandle | None = None
        self.now = self._loop.time
        self.peers = Peers()
        self.all_near = local(options.host) == options.host
        """Whether nobody can come from another machine."""
        self._pause = min(options.headers_s, options.body_idle_s) / _SWEEPS

    def __len__(self) -> int:
        return len(self._open)

    def __call__(self) -> Connection:
        """A protocol for a new connection: what `create_server` asks for."""
        return Connection(self._protocols(), self)

    @property
    def half_open(self) -> int:
        """How many requests have begun and are not complete."""
        return sum(connection.half_open for connection in self._open)

    def enter(self, connection: Connection) -> None:
        """Count a new connection; where there is no place, the one idle longest makes it."""
        if len(self._open) >= self._options.connections:
            waiting = [one for one in self._open if one.phase is not Phase.BUSY]
            min(waiting, key=lambda one: one.progress, default=connection).drop()
        self._open.add(connection)
        if self._sweep is None:
            self._sweep = self._loop.call_later(self._pause, self.sweep)

    def leave(self, connection: Connection) -> None:
        """Forget a closed connection."""
        self._open.discard(connection)

    def sweep(self) -> None:
        """Drop requests whose headers are late and, beyond the number allowed, those that stand still longest.

        A request younger than the pause between two sweeps is left alone: a hundred clients may well begin at once.
        """
        self._sweep = self._loop.call_later(self._pause, self.sweep) if self._open else None
        now = self.now()
        begun = [one for one in self._open if one.half_open and now - one.began > self._pause]
        begun.sort(key=lambda one: one.progress)
        surplus = len(begun) - self._options.half_open
        for place, connection in enumerate(begun):
            late = connection.phase is Phase.HEADERS and now - connection.began >= self._options.headers_s
            if late or place < surplus:
                connection.drop()

    def close(self) -> None:
        """Stop sweeping and close what is idle; aiohttp closes the rest when it shuts down."""
        if self._sweep is not None:
            self._sweep.cancel()
        for connection in list(self._open):
            if connection.phase is not Phase.BUSY and connection.transport is not None:
                connection.transport.close()
