"""The receiver: opens the doors, hands records to the interpreter and events to the sink, closes the doors."""

import asyncio
import errno
import logging
import socket
from collections import Counter
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Protocol

from msgspec.structs import asdict

from aimon_core.clock import Clock
from aimon_core.config import local
from aimon_core.errors import AimonError, PortTaken, Unavailable
from aimon_core.process import port_owner
from aimon_core.wire import drift_dict
from receiver import guard
from receiver.api import Api, Ledger, Owner
from receiver.counters import DoorCounters
from receiver.grpc import GrpcDoor
from receiver.guard import DoorOptions
from receiver.hook_request import Spooled
from receiver.http import HttpDoor
from receiver.intake import Intake, Sink, Translator
from receiver.spool import Spool
from receiver.unix import UnixSocket

__all__ = ["DoorOptions", "Interpreter", "Receiver", "Sink"]

LOG = logging.getLogger(__name__)

_NO_SUCH_ADDRESS = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
"""A machine without IPv6 has no `::1`."""
_BACKLOG = 512
"""Connections that may wait to be accepted while the loop is busy with one large body."""


class Interpreter(Translator, Protocol):
    """What speaks the agents' languages, and counts what it does not understand."""

    unclaimed: Counter[str]
    unread: Counter[str]

    @property
    def noise(self) -> dict[str, int]:
        """Records that are known to be of no use."""


class Receiver:
    """All doors together; starts and stops as one, in the loop that is running."""

    def __init__(
        self, *, sink: Sink, ledger: Ledger, interpreter: Interpreter, clock: Clock,
        options: DoorOptions = DoorOptions(), owner: Owner = Owner(),  # noqa: B008 - frozen
    ) -> None:  # fmt: skip
        """`focus` brings a session's terminal before somebody; without it this aimon has no hands."""
        self._ledger, self._owner = ledger, owner
        self._interpreter = interpreter
        self._clock = clock
        self._options = options
        self._intake = Intake(sink, interpreter, clock, records_limit=options.records_limit, ears=owner.ears)
        self._api = Api(ledger, clock, options, stats=self._stats, owner=owner, rate=self.rate)
        self._door: HttpDoor | None = None
        self._grpc: GrpcDoor | None = None
        self._listeners: list[asyncio.Server] = []
        self._hooks: list[asyncio.Server] = []
        """The Unix socket's, at most one."""
        self._unix = UnixSocket(Path(options.socket))
        self._spool: asyncio.Task[None] | None = None
        self._started = clock.monotonic()
        self.port = options.port
        """The port that is open; the one asked for until `start`."""

    @property
    def address(self) -> str:
        """Where agents send to, e.g. `127.0.0.1:4318`."""
        return f"{local(self._options.host)}:{self.port}"

    @property
    def counters(self) -> DoorCounters:
        """What passed the doors since the start."""
        return self._intake.counters

    def rate(self) -> float:
        """Events per second over the last minute."""
        return self._intake.rate.per_second()

    def publish(self, keys: Collection[str]) -> None:
        """Tell the readers of `/api/v1/stream` that these sessions changed: what `SessionStore.drain` gave."""
        self._api.publish(keys)

    async def start(self) -> None:
        """Open the doors, and take in the spool. Raises Unsafe, PortTaken or Unavailable.

        When it raises, the port is not open; the Unix socket, where there is one, is, and hooks work until `stop`,
        unless an aimon has the port. Binding it is the lock: of several that want it one has it.
        """
        handed = {listener.getsockname()[0]: listener for listener in self._options.listeners}
        addresses = dict.fromkeys((*handed, *guard.addresses(self._options.host, self._options.token)))
        door = self._door = HttpDoor(self._intake, self._api, self._options)
        try:
            for address in addresses:
                await self._listen(door, address, handed.get(address))
            await self._listen_for_hooks(door)
        except AimonError as error:
            await _close(self._listeners)
            if not (isinstance(error, PortTaken) and error.by_aimon):  # else hooks are that aimon's
                await self._listen_for_hooks(door)
            if not self._unix.held:
                await self.stop()
            raise
        except BaseException:
            await self.stop()
            raise

    async def start_grpc(self) -> int | None:
        """Open the door for gRPC, which takes its time; its port, or None where there shall be none.

        Raises Unavailable or PortTaken; everything else goes on then.
        """
        if self._options.grpc_port and "otlp" in self._options.takes:
            self._grpc = GrpcDoor(self._intake, self._api.refused, self._options)
            await self._grpc.start()
        return self._grpc.port if self._grpc else None

    async def stop(self) -> None:
        """Close the doors: running requests get a second to finish. Harmless when nothing is open.

        The port is let go of last: whoever takes it then finds everything that was acknowledged in the journal.
        """
        if self._spool is not None:
            self._spool.cancel()
            await asyncio.wait({self._spool})
            self._spool = None
        self._unix.release()
        if self._grpc is not None:
            await self._grpc.stop()
        with ExitStack() as ports:
            for listener in self._listeners:
                for port in listener.sockets:
                    ports.enter_context(port.dup())
            for listener in (*self._listeners, *self._hooks):
                listener.close()
            if self._door is not None:
                door, self._door = self._door, None
                await door.close()
            await _close(self._listeners)
            await _close(self._hooks)

    async def _listen(self, door: HttpDoor, address: str, handed: socket.socket | None) -> None:
        """Open one address, the port's first one or one more of it; `handed` is open already."""
        listener: asyncio.Server | None = None
        needed = not self._listeners or address == self._options.host
        try:
            where: dict[str, Any] = {"sock": handed} if handed else {"host": address, "port": self.port}
            listener = await asyncio.get_running_loop().create_server(
                door.connections, **where, backlog=_BACKLOG, start_serving=False
            )
            port = listener.sockets[0].getsockname()[1]
            if not self._listeners:
                door.named(port)
            await listener.start_serving()  # two may bind a port at the same moment: one of them may listen
        except OSError as error:
            if listener is not None:
                listener.close()
            if needed or (error.errno not in _NO_SUCH_ADDRESS and self._options.port):
                raise await self._explained(error) from error
            return  # no IPv6 here, or somebody has the same free port there: one address will do
        if not self._listeners:
            self.port = port
        self._listeners.append(listener)

    async def _listen_for_hooks(self, door: HttpDoor) -> None:
        """Open the Unix socket, unless another aimon has it; where it cannot be had, hooks find the port."""
        if not self._options.socket:
            return
        try:
            listener = self._unix.claim()
        except OSError as error:
            LOG.warning("no Unix socket for hooks at %s: %s", self._options.socket, error)
            return
        if listener is None:
            return
        loop = asyncio.get_running_loop()
        self._hooks.append(await loop.create_unix_server(door.connections, sock=listener))
        if self._options.spool:
            spool = Spool(Path(self._options.spool), self._take, self._clock, self.counters.unspooled)
            self._spool = loop.create_task(spool.watch())

    async def _take(self, message: Spooled) -> None:
        await self._intake.hook(message.agent, message.body, message.beside, spooled=True)

    async def _explained(self, error: OSError) -> PortTaken | Unavailable:
        if error.errno != errno.EADDRINUSE:
            missing = error.errno in _NO_SUCH_ADDRESS
            hint = "Choose an address of this machine." if missing else "Choose another --port."
            return Unavailable(f"Cannot listen on {self._options.host}:{self.port}: {error.strerror}.", hint)
        owner = await asyncio.to_thread(port_owner, self.port)
        by = owner or "another program"
        taken = PortTaken(f"Port {self.port} is taken by {by}.", "Stop it, or choose another --port for both sides.")
        taken.by_aimon = owner is not None and owner.is_aimon
        return taken

    def _stats(self) -> dict[str, Any]:
        counters = self.counters
        connections = self._door.connections if self._door else ()
        return {
            "uptime_s": round(self._clock.monotonic() - self._started, 3),
            "requests": counters.requests,
            "records": counters.records,
            "bytes": counters.bytes,
            "refused": {str(status): times for status, times in sorted(counters.refused.items())},
            "events_per_s": round(self.rate(), 3),
            "connections": len(connections),
            "noise": self._interpreter.noise,
            "unclaimed": dict(self._interpreter.unclaimed),
            "drift": [drift_dict(drift) for drift in self._ledger.drifts],
            "unread": dict(self._interpreter.unread + counters.unspooled),
            "ledger": asdict(self._ledger.counters),
            "metrics": {"tokens": self._ledger.machine.tokens, "cost_usd": self._ledger.machine.cost_usd},
            "export": self._owner.exports(),
            "forward": self._owner.forwards(),
        }


async def _close(listeners: list[asyncio.Server]) -> None:
    while listeners:
        listener = listeners.pop()
        listener.close()
        await listener.wait_closed()
