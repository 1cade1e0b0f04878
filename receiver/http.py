"""The HTTP door: OTLP, hooks and the API on one port, one handler and one table of paths.

It knows sockets, headers and statuses, and nothing of what the bytes mean: `intake` does.
"""

import asyncio
import logging
import os
from collections.abc import Awaitable, Callable
from functools import partial
from importlib import metadata
from typing import cast

from aiohttp import web
from aiohttp.http import HttpProcessingError

from receiver import bodies, codec, guard, hook_request
from receiver.api import Api, json_answer
from receiver.attribution import attribute
from receiver.codec import Encoding
from receiver.connections import Connection, Connections, Phase, check_user
from receiver.guard import DoorOptions
from receiver.hooks import HOOK_AGENTS
from receiver.intake import Intake
from receiver.passing import MARK, Came
from receiver.record import Signal
from receiver.status import Reason, Refused

Handler = Callable[[web.BaseRequest, Connection], Awaitable[web.StreamResponse]]

_LOGGER = logging.getLogger(__name__)
_LOGGER.addHandler(logging.NullHandler())  # without a handler of its own, what it says would be written on the screen
_LOGGER.addFilter(lambda record: not (record.exc_info and isinstance(record.exc_info[1], HttpProcessingError)))
_CONTENT_TYPES: dict[Encoding, str] = {"json": "application/json", "protobuf": "application/x-protobuf"}
_PATHS = f"OTLP goes to /v1/logs, /v1/traces and /v1/metrics, hooks to /hooks/ and {', '.join(sorted(HOOK_AGENTS))}"
_LINGER_S = 2.0
"""How long a refused body is still read, so that its sender finishes writing and hears why."""

_HELD_S = 0.1
"""How long the first hook of a session is held: `curl` is gone once it is answered, and finding it takes 10 ms."""


class HttpDoor:
    """Serves on sockets that `server` has opened, in the loop that is running."""

    def __init__(self, intake: Intake, api: Api, options: DoorOptions) -> None:
        self._intake = intake
        self._api = api
        self._options = options
        self._room = bodies.Room(options.in_flight_limit)
        self._ours: frozenset[str] = frozenset()
        self._server = web.Server(
            self._handle,
            access_log=None,
            auto_decompress=False,
            keepalive_timeout=options.keep_alive_s,
            lingering_time=_LINGER_S,
            logger=_LOGGER,
        )
        self.connections = Connections(cast("Callable[[], asyncio.Protocol]", self._server), options)

    def named(self, port: int) -> None:
        """Learn the port, which `Host` must carry."""
        self._ours = guard.host_names(port, self._options.allow_hosts)

    async def close(self) -> None:
        """End the streams, let running requests finish for a second, close all connections."""
        self._api.close()
        self.connections.close()
        self._server.pre_shutdown()
        await self._server.shutdown(1.0)

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        transport = (
            request.transport
        )  # None when a client hung up without waiting for an answer: it is heard all the same
        connection = cast("Connection", transport.get_protocol()) if transport else self.connections()
        connection.turn(Phase.BUSY)
        self._intake.counters.requests += 1
        try:
            await check_user(connection.table.peers, connection.peer, strict=self._options.strict_peer)
            return await self._route(request, connection)(request, connection)
        except Refused as refused:
            if connection.session is not None:
                self._api.refused(connection.session)
            return self._refuse(request, refused)
        finally:
            connection.turn(Phase.IDLE)

    def _route(self, request: web.BaseRequest, connection: Connection) -> Handler:
        """Whoever answers this path and method. Raises Refused."""
        token = None if connection.is_near else self._options.token
        guard.check_sender(request.headers, self._ours, connection.caller, token=token)
        handler: Handler
        match request.path.split("/")[1:]:
            case ["v1", "logs" | "traces" | "metrics" as signal] if "otlp" in self._options.takes:
                allowed, handler = "POST", partial(self._export, signal)
            case [""] if request.method == "POST" and "otlp" in self._options.takes:
                allowed, handler = "POST", partial(self._export, None)  # Gemini CLI before 0.38 asks for no path
            case ["hooks", agent] if agent in HOOK_AGENTS and "hooks" in self._options.takes:
                allowed, handler = "POST", partial(self._hook, agent)
            case ["health"]:
                allowed, handler = "GET", self._health
            case ["api", *_] if not connection.is_near:
                raise Refused(Reason.FORBIDDEN, "from another machine one can send; look with aimon --connect ssh://")
            case ["api", "v1", *rest] if (answer := self._api.route(rest)) is not None:
                allowed, handler = answer
            case _:
                raise Refused(Reason.UNKNOWN_PATH, _PATHS)
        if request.method != allowed:
            raise Refused(Reason.WRONG_METHOD, f"{allowed} only")
        return handler

    async def _export(self, named: Signal | None, request: web.BaseRequest, connection: Connection) -> web.Response:
        encoding = guard.encoding(request.headers) if request.body_exists else _spoken(request)
        with self._room.share() as grow:
            body = await bodies.read(request, connection, self._options, grow)
            signal = named or codec.signal_of(body.plain)
            taken = await self._intake.export(signal, body.plain, encoding, _came(request, body.wire))
        connection.session = taken.session or connection.session
        attribute(connection, taken.spoken, self._intake.learn, by_child=False)
        return web.Response(
            body=codec.encode_answer(signal, encoding, taken.left_out), content_type=_CONTENT_TYPES[encoding]
        )

    async def _hook(self, agent: str, request: web.BaseRequest, connection: Connection) -> web.Response:
        if guard.encoding(request.headers) != "json":
            raise Refused(Reason.UNSUPPORTED, "hooks speak JSON")
        pid = connection.caller.pid if connection.caller else None
        with self._room.share() as grow:
            body = await bodies.read(request, connection, self._options, grow)
            taken = await self._intake.hook(agent, body.plain, hook_request.beside(request.headers, pid))
        connection.session = taken.session or connection.session
        attribute(connection, taken.spoken, self._intake.learn, by_child=True)
        if connection.peer is not None and taken.spoken and not self._api.knows_process(connection.session):
            await asyncio.wait({connection.peer}, timeout=_HELD_S)
        return web.Response(body=b"{}", content_type="application/json")

    async def _health(self, _request: web.BaseRequest, _connection: Connection) -> web.Response:
        version = metadata.version("aimon-tui")
        return json_answer({"status": "ok", "service": "aimon", "version": version, "pid": os.getpid()})

    def _refuse(self, request: web.BaseRequest, refused: Refused) -> web.Response:
        status = refused.answer.http
        self._intake.counters.refused[status] += 1
        encoding = _spoken(request)
        response = web.Response(
            status=status,
            body=codec.encode_refusal(encoding, refused.answer.grpc, refused.message),
            content_type=_CONTENT_TYPES[encoding],
        )
        if refused.answer.retry:
            response.headers["Retry-After"] = str(refused.retry_after_s)
        if refused.reason is Reason.UNAUTHORIZED:
            response.headers["WWW-Authenticate"] = "Bearer"
        if refused.reason is Reason.WRONG_METHOD:
            response.headers["Allow"] = refused.message.removesuffix(" only")
        if not request.content.is_eof():
            response.force_close()
        return response


def _came(request: web.BaseRequest, wire: bytes) -> Came:
    headers = request.headers
    told = (headers.get(name, "") for name in ("Content-Type", "Content-Encoding", MARK))
    return Came(wire, *told)


def _spoken(request: web.BaseRequest) -> Encoding:
    """The encoding to answer in: the request's own, JSON where it has none of ours."""
    return "protobuf" if "protobuf" in request.headers.get("Content-Type", "") else "json"
