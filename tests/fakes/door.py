"""A receiver on a free port, the real interpreter and ledger behind it, and clients that knock."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from io import BytesIO
from typing import Any

import aiohttp
from msgspec import Struct

from aimon_core.clock import SteppedClock
from aimon_core.events import Event
from aimon_core.journal import Delivery
from aimon_core.store import SessionStore
from receiver.api import Owner
from receiver.dialects import Interpreter
from receiver.guard import DoorOptions
from receiver.server import Receiver
from receiver.slim import CLASSES
from tests.fakes.otlp import put

JSON = {"Content-Type": "application/json"}
PROTOBUF = {"Content-Type": "application/x-protobuf"}


class LedgerSink:
    """Applies to the ledger and keeps the deliveries, as the program does with a journal."""

    def __init__(self, ledger: SessionStore, *, wants_deliveries: bool = False) -> None:
        self.ledger = ledger
        self.wants_deliveries = wants_deliveries
        self.deliveries: list[Delivery] = []
        self.parts: list[int] = []
        """Events in each call."""
        self.trouble: Exception | None = None
        self.taken = asyncio.Event()

    def accept(self, delivery: Delivery | None, events: list[Event]) -> None:
        if self.trouble is not None:
            raise self.trouble
        self.ledger.apply(events)
        self.parts.append(len(events))
        if delivery is not None:
            self.deliveries.append(delivery)
        self.taken.set()


class Heard(Struct, frozen=True):
    """An answer, whole."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Door:
    """What a test needs to knock."""

    def __init__(
        self, receiver: Receiver, sink: LedgerSink, clock: SteppedClock, session: aiohttp.ClientSession
    ) -> None:
        self.receiver = receiver
        self.sink = sink
        self.ledger = sink.ledger
        self.clock = clock
        self.session = session

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.receiver.port}"

    async def post(self, path: str, body: bytes | None, headers: Mapping[str, str] = JSON) -> Heard:
        return await self.ask("POST", path, body, headers)

    async def get(self, path: str, headers: Mapping[str, str] | None = None) -> Heard:
        return await self.ask("GET", path, None, headers)

    async def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Heard:
        url = f"http://{self.host}{path}"
        data = None if body is None else BytesIO(body)
        async with self.session.request(
            method, url, data=data, headers=headers, skip_auto_headers=["Content-Type"]
        ) as response:
            return Heard(response.status, dict(response.headers), await response.read())

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        """A bare connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.receiver.port, limit=2**20)
        try:
            yield reader, writer
        finally:
            writer.transport.abort()

    def head(self, path: str = "/v1/logs", *, length: int, headers: str = "") -> bytes:
        """The head of a JSON request."""
        return (
            f"POST {path} HTTP/1.1\r\nHost: {self.host}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {length}\r\n{headers}\r\n"
        ).encode()


NOBODY = Owner()
"""Tells nothing and does nothing."""


@asynccontextmanager
async def opened(
    *,
    wants_deliveries: bool = False,
    interpreter: Any = None,
    owner: Owner = NOBODY,
    **options: Any,
) -> AsyncIterator[Door]:
    """A receiver that is open for as long as the block lasts."""
    clock = SteppedClock()
    sink = LedgerSink(SessionStore(clock), wants_deliveries=wants_deliveries)
    receiver = Receiver(
        sink=sink,
        ledger=sink.ledger,
        interpreter=interpreter or Interpreter(),
        clock=clock,
        options=DoorOptions(port=0, **options),
        owner=owner,
    )
    await receiver.start()
    try:
        async with aiohttp.ClientSession(auto_decompress=False) as session:
            yield Door(receiver, sink, clock, session)
    finally:
        await receiver.stop()


async def answer(reader: asyncio.StreamReader) -> Heard:
    """The next answer on a bare connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.decode().strip().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines)
    body = await reader.readexactly(int(headers.get("Content-Length", "0")))
    return Heard(int(first.split()[1]), headers, body)


def bomb() -> bytes:
    """A gigabyte of zeros as one MiB of gzip."""
    squeezer = zlib.compressobj(9, wbits=31)
    first, again = (squeezer.compress(bytes(2**20)) + squeezer.flush(zlib.Z_FULL_FLUSH) for _ in range(2))
    return first + again * 1023


def requests(count: int, session_id: str = "s1", prompt: str = "a plan", after_s: int = 0) -> bytes:
    """Logs of `count` model calls of Claude Code, on the wire."""
    message = CLASSES["Logs"]()
    group = message.resource_logs.add()
    put(group.resource.attributes, {"service.name": "claude-code"})
    scoped = group.scope_logs.add()
    scoped.scope.name = "com.anthropic.claude_code.events"
    for number in range(count):
        log = scoped.log_records.add(time_unix_nano=(1_795_226_400 + after_s) * 10**9 + number)
        log.body.s = "claude_code.api_request"
        put(
            log.attributes,
            {
                "session.id": session_id,
                "event.name": "api_request",
                "event.sequence": number,
                "request_id": f"req_{number}",
                "model": "claude-opus-5-5",
                "input_tokens": 3,
                "output_tokens": 2,
                "cache_read_tokens": 0,
                "cache_creation_tokens": 0,
                "cost_usd": 0.01,
                "prompt": prompt,
            },
        )
    return message.SerializeToString()
