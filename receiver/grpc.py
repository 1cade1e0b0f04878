"""The gRPC door: the same three exports over HTTP/2, for the agents whose default that is (Gemini CLI, Qwen Code).

It ends where the HTTP door ends, in `Intake.export`, with the same limits and the same table of refusals. grpcio is an
extra (7 MB) and is imported when the door opens, not before: 0.1 s that no first paint has to wait for.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any
from urllib.parse import unquote

from aimon_core.errors import PortTaken, Unavailable
from aimon_core.process import port_owner
from receiver import bodies, codec, guard
from receiver.attribution import attribute
from receiver.connections import check_user
from receiver.guard import DoorOptions
from receiver.intake import Intake
from receiver.passing import MARK, Came
from receiver.peer import Address, Peer, Peers
from receiver.record import Signal
from receiver.status import Refused

SERVICES: dict[Signal, str] = {
    "logs": "opentelemetry.proto.collector.logs.v1.LogsService",
    "traces": "opentelemetry.proto.collector.trace.v1.TraceService",
    "metrics": "opentelemetry.proto.collector.metrics.v1.MetricsService",
}
"""https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-request"""

CALLS = 64
"""Requests at a time; the library refuses more."""
CLIENTS = 1024
"""Clients whose process is remembered."""
_METADATA = 16 * 1024
_GRACE_S = 1.0
_DETAILS = "grpc-status-details-bin"
"""Where google.rpc.Status travels: without the RetryInfo in it no client tries RESOURCE_EXHAUSTED again."""


class Client:
    """Who is at the other end of one connection."""

    def __init__(self, peer: asyncio.Task[Peer]) -> None:
        self.peer: asyncio.Task[Peer] | None = peer
        self.process_of: str | None = None
        self.session: str | None = None


class GrpcDoor:
    """Serves OTLP/gRPC in the loop that is running."""

    def __init__(self, intake: Intake, refused: Callable[[str], None], options: DoorOptions) -> None:
        """`refused` is told of the session whose client was refused a body."""
        self._intake, self._refused, self._options = intake, refused, options
        self._room = bodies.Room(options.in_flight_limit)
        self._peers = Peers()
        self._clients: dict[str, Client] = {}
        self._server: Any = None
        self.port = options.grpc_port
        """The port that is open; the one asked for until `start`."""

    async def start(self) -> None:
        """Open the port. Raises Unavailable where there is no grpcio, PortTaken where the port is another program's."""
        grpc = await asyncio.to_thread(_library)
        options = [
            ("grpc.so_reuseport", 0),  # else two programs share the port and each hears half
            ("grpc.max_receive_message_length", self._options.body_limit),
            ("grpc.max_metadata_size", _METADATA),
        ]
        server = grpc.aio.server(options=options, maximum_concurrent_rpcs=CALLS)
        for signal, service in SERVICES.items():
            export = grpc.unary_unary_rpc_method_handler(partial(self._export, signal))  # bytes in, bytes out
            server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {"Export": export}),))
        first, *others = guard.addresses(self._options.host, self._options.token)
        try:
            self.port = server.add_insecure_port(_target(first, self.port))
        except RuntimeError as error:
            raise await self._explained() from error
        for address in others:
            try:
                server.add_insecure_port(_target(address, self.port))
            except RuntimeError:
                continue  # no IPv6 here, or somebody has the same port there: one address will do
        await server.start()
        self._server = server

    async def stop(self) -> None:
        """Close the port; running calls get a second to finish. Harmless when it is not open."""
        if self._server is not None:
            server, self._server = self._server, None
            await server.stop(_GRACE_S)

    async def _export(self, signal: Signal, body: bytes, context: Any) -> bytes:
        self._intake.counters.requests += 1
        client = self._client(context.peer())
        try:
            if (theirs := _address(context.peer())) is None or not guard.is_near(theirs[0]):
                shown = dict(context.invocation_metadata() or ()).get("authorization", "")
                guard.check_token(str(shown), self._options.token)
            if client is not None:
                await check_user(self._peers, client.peer, strict=self._options.strict_peer)
            with self._room.share() as grow:
                grow(len(body))
                marks = dict(context.invocation_metadata()).get(MARK, "")
                came = Came(body, "application/x-protobuf", marks=str(marks))
                taken = await self._intake.export(signal, body, "protobuf", came)
        except Refused as refused:
            self._intake.counters.refused[refused.answer.http] += 1
            if client is not None and client.session is not None:
                self._refused(client.session)
            return await _refuse(context, refused)
        if client is not None:
            client.session = taken.session or client.session
            attribute(client, taken.spoken, self._intake.learn, by_child=False)
        return codec.encode_answer(signal, "protobuf", taken.left_out)

    def _client(self, peer: str) -> Client | None:
        """Who calls. A port is soon given to another program, so the oldest are forgotten; None where nobody knows."""
        theirs = _address(peer)
        if theirs is None:
            return None
        known = self._clients.pop(peer, None)
        if known is None or known.peer is None or known.peer.cancelled():
            ours = ("::1" if ":" in theirs[0] else "127.0.0.1", self.port)
            known = Client(asyncio.get_running_loop().create_task(self._peers.between(theirs, ours)))
        self._clients[peer] = known
        if len(self._clients) > CLIENTS:
            del self._clients[next(iter(self._clients))]
        return known

    async def _explained(self) -> PortTaken | Unavailable:
        owner = await asyncio.to_thread(port_owner, self.port)
        if owner is None:
            return Unavailable(f"Cannot listen on port {self.port} for gRPC.", "Choose another --grpc-port, 0 is none.")
        return PortTaken(f"Port {self.port} is taken by {owner}: no OTLP over gRPC.", "Choose another --grpc-port.")


def _library() -> Any:
    """grpcio, silenced: it writes to file descriptor 2, which is the screen. Raises Unavailable where it is missing."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")  # its handlers would run whenever tmux is asked something
    try:
        import grpc  # noqa: PLC0415 - what it writes is decided above, and whether it is there is asked here
        import grpc.aio  # noqa: PLC0415
    except ImportError as error:
        hint = "Install aimon-tui[grpc], or say --grpc-port 0."
        raise Unavailable("grpcio is not installed: no OTLP over gRPC.", hint) from error
    return grpc


async def _refuse(context: Any, refused: Refused) -> bytes:
    answer = refused.answer
    code = next(code for code in _library().StatusCode if code.value[0] == answer.grpc)
    retry_s = refused.retry_after_s if answer.retry else None
    details = codec.encode_status(answer.grpc, refused.message, retry_s)
    abort: Awaitable[bytes] = context.abort(code, refused.message, ((_DETAILS, details),))
    return await abort


def _target(address: str, port: int) -> str:
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def _address(peer: str) -> Address | None:
    """The address in `ipv4:127.0.0.1:4711` or `ipv6:%5B::1%5D:4711`; None for anything else."""
    family, _, rest = unquote(peer).partition(":")
    host, _, port = rest.rpartition(":")
    return (host.strip("[]"), int(port)) if family in {"ipv4", "ipv6"} and port.isdigit() else None
