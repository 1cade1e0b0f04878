"""A recorder between a real client and aimon: what passes is kept as a capture, in the shape of `tests/captures`.

It stands in the way only when a run is recorded: aimon then cannot ask the kernel who is at the other end.
"""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from aiohttp import ClientSession, TCPConnector, UnixConnector, web

_HOP = {"host", "content-length", "connection", "transfer-encoding", "keep-alive", "accept-encoding"}


class Recorder:
    """Doors like aimon's, with aimon behind them."""

    def __init__(self, folder: Path, runtime: Path, upstream: int, upstream_runtime: Path) -> None:
        """Keep in `folder`; `runtime` is where clients look for the socket of hooks."""
        self.folder, self.port, self.runtime = folder, 0, runtime
        (folder / "otlp").mkdir(parents=True)
        runtime.mkdir(mode=0o700)
        self._began, self._count = time.time(), 0
        self._doors = {
            "/v1": (TCPConnector(), f"http://127.0.0.1:{upstream}"),
            "/hooks": (UnixConnector(str(upstream_runtime / "aimon" / "hooks.sock")), "http://localhost"),
        }
        app = web.Application(client_max_size=64 << 20)
        app.router.add_post("/v1/{signal}", self._exported)
        app.router.add_post("/hooks/{agent}", self._hooked)
        self._runner = web.AppRunner(app, access_log=None, auto_decompress=False)
        self.mark("start")

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        await web.UnixSite(self._runner, str(self.runtime / "hooks.sock")).start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()
        for connector, _ in self._doors.values():
            await connector.close()

    def mark(self, words: str) -> None:
        """Note what a person did."""
        self.note("marks", {"t": round(time.time() - self._began, 4), "unix": time.time(), "mark": words})

    def note(self, name: str, entry: Mapping[str, Any]) -> None:
        """Add a line to a file of the capture."""
        with (self.folder / f"{name}.jsonl").open("a") as file:
            file.write(json.dumps(entry) + "\n")

    async def _exported(self, request: web.Request) -> web.Response:
        body, now, signal = await request.read(), time.time(), request.match_info["signal"]
        self._count += 1
        kind = request.headers.get("Content-Type", "")
        file = f"otlp/{self._count:04}_{signal}.{'json' if 'json' in kind else 'pb'}"
        (self.folder / file).write_bytes(body)
        entry = {
            "n": self._count, "t": round(now - self._began, 4), "unix": round(now, 4), "signal": signal,
            "transport": "http", "path": request.path, "content_type": kind,
            "content_encoding": request.headers.get("Content-Encoding", ""), "file": file,
        }  # fmt: skip
        self.note("index", entry)
        return await self._passed_on(request, "/v1", body)

    async def _hooked(self, request: web.Request) -> web.Response:
        body, now = await request.read(), time.time()
        payload = json.loads(body)
        at = int(request.headers.get("X-Aimon-At", 0)) / 1e9
        event = payload.get("hook_event_name", payload.get("type"))
        self.note("hooks", {"unix": round(now, 4), "began": round(at, 4), "event": event, "stdin": payload})
        return await self._passed_on(request, "/hooks", body)

    async def _passed_on(self, request: web.Request, door: str, body: bytes) -> web.Response:
        connector, upstream = self._doors[door]
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _HOP}
        async with (
            ClientSession(connector=connector, connector_owner=False, auto_decompress=False) as client,
            client.post(upstream + request.path, data=body, headers=headers) as answer,
        ):
            told = {name: value for name, value in answer.headers.items() if name.lower() not in _HOP}
            return web.Response(body=await answer.read(), status=answer.status, headers=told)
