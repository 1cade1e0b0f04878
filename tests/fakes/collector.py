"""A collector: a real OTLP server that keeps what it is sent, and answers as it is told."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

WAIT_S = 10.0


class Answer:
    """What the collector says to one request."""

    def __init__(self, status: int = 200, body: bytes = b"", *, after_s: float = 0.0, **headers: str) -> None:
        self.status, self.body, self.after_s = status, body, after_s
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class Collector:
    """Requests it took, and the answers it has yet to give; without any it says yes."""

    def __init__(self) -> None:
        self.requests: list[ExportTraceServiceRequest] = []
        self.headers: list[dict[str, str]] = []
        self.answers: list[Answer] = []
        self.asked = 0
        self.url = ""
        self._came = asyncio.Condition()

    @property
    def spans(self) -> list[Any]:
        """Every span that was taken, in order."""
        return [span for _, span in self.told()]

    def told(self) -> Iterator[tuple[dict[str, Any], Any]]:
        """Each span with the attributes of its resource."""
        for request in self.requests:
            for group in request.resource_spans:
                for scoped in group.scope_spans:
                    for span in scoped.spans:
                        yield facts(group.resource), span

    async def asks(self, times: int) -> None:
        """Wait until it was asked so often."""
        async with self._came, asyncio.timeout(WAIT_S):
            await self._came.wait_for(lambda: self.asked >= times)

    async def take(self, request: web.Request) -> web.Response:
        """One request of an exporter."""
        assert request.content_type == "application/x-protobuf"
        body = await request.read()
        answer = self.answers.pop(0) if self.answers else Answer()
        if answer.after_s:
            await asyncio.sleep(answer.after_s)
        if answer.status == 200:
            message = ExportTraceServiceRequest()
            message.ParseFromString(body)
            self.requests.append(message)
            self.headers.append(dict(request.headers))
        async with self._came:
            self.asked += 1
            self._came.notify_all()
        return web.Response(status=answer.status, body=answer.body, headers=answer.headers)


@asynccontextmanager
async def collecting() -> AsyncIterator[Collector]:
    """A collector on a free port."""
    collector, app = Collector(), web.Application()
    app.router.add_post("/v1/traces", collector.take)
    async with TestServer(app, host="127.0.0.1") as server:
        collector.url = f"http://127.0.0.1:{server.port}"
        yield collector


def facts(thing: Any) -> dict[str, Any]:
    """The attributes of a span, a link or a resource as plain values."""
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in thing.attributes}
