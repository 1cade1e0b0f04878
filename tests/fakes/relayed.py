"""A collector of every signal: a real HTTP server that keeps each byte it is sent, and answers as it is told."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from socket import socket

from aiohttp import web
from msgspec import Struct

from tests.fakes.collector import WAIT_S, Answer


class Taken(Struct, frozen=True):
    """A request that was answered with yes."""

    path: str
    headers: dict[str, str]
    body: bytes


class Relayed:
    """What it took, and the answers it has yet to give; without any it says yes."""

    def __init__(self) -> None:
        self.taken: list[Taken] = []
        self.answers: list[Answer] = []
        self.asked = 0
        self.port = 0
        self.held = asyncio.Event()
        """Requests wait while it is not set."""
        self.held.set()
        self._came = asyncio.Condition()

    @property
    def url(self) -> str:
        """Where it is, or was."""
        return f"http://127.0.0.1:{self.port}"

    async def asks(self, times: int) -> None:
        """Wait until it was asked so often."""
        async with self._came, asyncio.timeout(WAIT_S):
            await self._came.wait_for(lambda: self.asked >= times)

    async def take(self, request: web.Request) -> web.Response:
        body = await request.read()
        async with self._came:
            self.asked += 1
            self._came.notify_all()
        await self.held.wait()
        answer = self.answers.pop(0) if self.answers else Answer()
        if answer.status == 200:
            self.taken.append(Taken(request.path, dict(request.headers), body))
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)


def absent() -> tuple[Relayed, socket]:
    """A collector that does not run yet, and the socket of its port, which nobody else can take meanwhile."""
    collector, place = Relayed(), socket()
    place.bind(("127.0.0.1", 0))
    collector.port = place.getsockname()[1]
    return collector, place


@asynccontextmanager
async def relayed(collector: Relayed | None = None, place: socket | None = None) -> AsyncIterator[Relayed]:
    """A collector that runs, on a free port or where `absent` has put it."""
    if collector is None or place is None:
        collector, place = absent()
    app = web.Application()
    app.router.add_post("/{path:.*}", collector.take)
    runner = web.AppRunner(app, auto_decompress=False, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.SockSite(runner, place).start()
        yield collector
    finally:
        await runner.cleanup()
