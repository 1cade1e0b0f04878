"""The receiver: opens the doors, hands records to the interpreter and events to the sink, closes the doors."""

import asyncio
import errno
from collections import Counter
from collections.abc import Collection
from typing import Any, Protocol

from msgspec.structs import asdict

from aimon_core.clock import Clock
from aimon_core.errors import PortTaken, Unavailable
from aimon_core.process import port_owner
from receiver import guard
from receiver.api import Api, Focus, Ledger
from receiver.counters import DoorCounters
from receiver.guard import DoorOptions
from receiver.http import HttpDoor
from receiver.intake import Intake, Sink, Translator

__all__ = ["DoorOptions", "Interpreter", "Receiver", "Sink"]

_NO_SUCH_ADDRESS = {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}
"""A machine without IPv6 has no `::1`."""
_BACKLOG = 512
"""Connections that may wait to be accepted while the loop is busy with one large body."""


class Interpreter(Translator, Protocol):
    """What speaks the agents' languages, and counts what it does not understand."""

    unclaimed: Counter[str]
    unread: Counter[str]


class Receiver:
    """All doors together; starts and stops as one, in the loop that is running."""

    def __init__(
        self, *, sink: Sink, ledger: Ledger, interpreter: Interpreter, clock: Clock,
        options: DoorOptions = DoorOptions(),  # noqa: B008 - frozen
        focus: Focus | None = None,
    ) -> None:  # fmt: skip
        """`focus` brings a session's terminal before somebody; without it this aimon has no hands."""
        self._ledger = ledger
        self._interpreter = interpreter
        self._clock = clock
        self._options = options
        self._intake = Intake(sink, interpreter, clock, records_limit=options.records_limit)
        self._api = Api(ledger, clock, options, self._stats, focus)
        self._door: HttpDoor | None = None
        self._listeners: list[asyncio.Server] = []
        self._started = clock.monotonic()
        self.port = options.port
        """The port that is open; the one asked for until `start`."""

    @property
    def address(self) -> str:
        """Where agents send to, e.g. `127.0.0.1:4318`."""
        return f"{self._options.host}:{self.port}"

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
        """Open the doors. Raises Unsafe, PortTaken or Unavailable, and then leaves nothing open."""
        addresses = guard.addresses(self._options.host)
        door = HttpDoor(self._intake, self._api, self._options)
        self._door = door
        try:
            for address in addresses:
                await self._listen(door, address, needed=address == addresses[0])
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Close the doors: running requests get a second to finish. Harmless when nothing is open."""
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener.close()
        if self._door is not None:
            door, self._door = self._door, None
            await door.close()
        for listener in listeners:
            await listener.wait_closed()

    async def _listen(self, door: HttpDoor, address: str, *, needed: bool) -> None:
        try:
            listener = await asyncio.get_running_loop().create_server(
                door.connections, address, self.port, backlog=_BACKLOG, start_serving=False
            )
        except OSError as error:
            if needed or (error.errno not in _NO_SUCH_ADDRESS and self._options.port):
                raise await self._explained(error) from error
            return  # no IPv6 here, or somebody has the same free port there: one address will do
        self._listeners.append(listener)
        if needed:
            self.port = listener.sockets[0].getsockname()[1]
            door.named(self.port)
        await listener.start_serving()

    async def _explained(self, error: OSError) -> PortTaken | Unavailable:
        if error.errno != errno.EADDRINUSE:
            return Unavailable(f"Cannot listen on {self.address}: {error.strerror}.", "Choose another --port.")
        owner = await asyncio.to_thread(port_owner, self.port)
        by = owner or "another program"
        return PortTaken(f"Port {self.port} is taken by {by}.", "Stop it, or choose another --port for both sides.")

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
            "unclaimed": dict(self._interpreter.unclaimed),
            "unread": dict(self._interpreter.unread),
            "ledger": asdict(self._ledger.counters),
            "metrics": {"tokens": self._ledger.machine.tokens, "cost_usd": self._ledger.machine.cost_usd},
        }
