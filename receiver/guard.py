"""Who may speak to the door and in which terms: checked on headers alone, before a byte of the body is read.

A web page can reach loopback: peers without these checks had CVEs (Ollama, MLflow, MCP Inspector). A page cannot leave
out `Origin` on a POST, cannot set `Host`, and cannot send JSON or protobuf without a preflight that nobody answers.
"""

import ipaddress
import os
import socket as sockets
from collections.abc import Iterable, Mapping
from email.message import Message
from functools import lru_cache
from typing import cast

from msgspec import Struct

from aimon_core.errors import Unsafe
from receiver.codec import Encoding
from receiver.inflate import ContentEncoding
from receiver.status import Reason, Refused
from receiver.unix import Caller

MIB = 1024 * 1024


class DoorOptions(Struct, frozen=True, kw_only=True):
    """What a door binds to and how much it bears. Sizes are bytes, times seconds."""

    host: str = "127.0.0.1"
    port: int = 4318
    """0 asks the system for a free one."""
    grpc_port: int = 0
    """For OTLP over gRPC; 0 opens none."""
    listeners: tuple[sockets.socket, ...] = ()
    """Sockets that listen already (`supervisor`): their port is taken, other addresses of the host are bound to it."""
    socket: str = ""
    """Path of the Unix socket for hooks, in a folder that is ours alone; empty opens none."""
    spool: str = ""
    """Folder of what hooks left while nobody listened; whoever has the socket takes it in."""
    allow_hosts: tuple[str, ...] = ()
    """Further names that `Host` may carry, e.g. `host.docker.internal`; with our port unless they name one."""
    takes: frozenset[str] = frozenset({"otlp", "hooks"})
    """What comes in; the API answers in any case."""
    compressed_limit: int = 4 * MIB
    body_limit: int = 16 * MIB
    """Inflated. Codex sends single batches of 1.2 MiB."""
    in_flight_limit: int = 64 * MIB
    """All bodies being read or decoded, together."""
    records_limit: int = 20_000
    headers_s: float = 5.0
    """From the first byte of a request to the end of its headers."""
    body_idle_s: float = 5.0
    body_s: float = 30.0
    keep_alive_s: float = 300.0
    """A shorter one loses the second export of clients that export every 5 s."""
    connections: int = 1024
    half_open: int = 32
    """Connections with an unfinished request; beyond it the one idle longest goes."""
    streams: int = 32
    stream_unsent: int = 256 * 1024
    """What a reader of the stream may leave unread before it is dropped, beyond its first line."""


def addresses(host: str) -> tuple[str, ...]:
    """What to bind for `host`: both loopback addresses for any name of the machine itself. Raises Unsafe for others."""
    if host in {"localhost", "127.0.0.1", "::1", "[::1]"}:
        return ("::1",) if ":" in host else ("127.0.0.1", "::1")
    try:
        if ipaddress.ip_address(host).is_loopback:
            return (host,)
    except ValueError:
        pass
    raise Unsafe(
        f"aimon listens on loopback only, not on {host}.",
        "Show another machine's sessions with --connect ssh://HOST, its agents' telemetry needs no open port.",
    )


def host_names(port: int, allowed: Iterable[str]) -> frozenset[str]:
    """Values of `Host` that are ours, lower case."""
    names = ["localhost", "127.0.0.1", "[::1]", *allowed]
    return frozenset((name if _names_port(name) else f"{name}:{port}").lower() for name in names)


def check_sender(headers: Mapping[str, str], ours: frozenset[str], caller: Caller | None = None) -> None:
    """Raise Refused (forbidden) for a foreign Host and for whatever comes from a web page.

    `caller` is known where the request came through the Unix socket: there the user is looked at, not the Host.
    """
    host = headers.get("Host", "")
    if caller is not None:
        if caller.uid not in {None, os.getuid()}:
            raise Refused(Reason.FORBIDDEN, f"user {caller.uid} may not speak to aimon")
    elif host.lower() not in ours:
        raise Refused(Reason.FORBIDDEN, f"Host {host[:100]!r} is not ours; --allow-host NAME lets it in")
    if "Origin" in headers or headers.get("Sec-Fetch-Site", "none") != "none":
        raise Refused(Reason.FORBIDDEN, "web pages may not speak to aimon")


def encoding(headers: Mapping[str, str]) -> Encoding:
    """The encoding that Content-Type names. Raises Refused (unsupported) for any but JSON and protobuf."""
    spoken = _encoding(headers.get("Content-Type", ""))
    if spoken is None:
        raise Refused(Reason.UNSUPPORTED, "Content-Type must be application/json or application/x-protobuf")
    return spoken


def content_encoding(headers: Mapping[str, str]) -> ContentEncoding:
    """The compression that Content-Encoding names. Raises Refused (unsupported) for any but gzip and deflate."""
    named = headers.get("Content-Encoding", "").strip().lower() or "identity"
    if named not in {"identity", "gzip", "deflate"}:
        raise Refused(Reason.UNSUPPORTED, "Content-Encoding must be gzip, deflate or identity")
    return cast("ContentEncoding", named)


def _names_port(name: str) -> bool:
    return name.rpartition(":")[2].isdigit() and not name.endswith("]")


@lru_cache(maxsize=64)  # parsing takes 20 us, and a client always says the same
def _encoding(content_type: str) -> Encoding | None:
    parsed = Message()
    parsed["Content-Type"] = content_type
    if str(parsed.get_param("charset", "utf-8")).lower() not in {"utf-8", "utf8", "us-ascii"}:
        return None
    match content_type.partition(";")[0].strip().lower():
        case "application/json":
            return "json"
        case "application/x-protobuf" | "application/protobuf":
            return "protobuf"
        case _:
            return None
