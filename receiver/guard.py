"""Who may speak to the door and in which terms: checked on headers alone, before a byte of the body is read.

A web page can reach loopback: peers without these checks had CVEs (Ollama, MLflow, MCP Inspector). A page cannot leave
out `Origin` on a POST, cannot set `Host`, and cannot send JSON or protobuf without a preflight that nobody answers.
"""

import hmac
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

SHORTEST_TOKEN = 16
"""Characters."""
_UNGUARDED = "Set a token to open it, or see this machine from another one: aimon --connect ssh://HOST."


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
    token: str = ""
    """What callers from other machines must show; empty where `host` is loopback."""
    strict_peer: bool = False
    """Whether callers are refused whose user the system does not tell."""
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


def addresses(host: str, token: str = "") -> tuple[str, ...]:
    """What to bind for `host`, loopback first: both loopback addresses for any name of the machine itself.

    With a token an address of the network comes beside them. Raises Unsafe for one without a token worth its name.
    """
    if host in {"localhost", "127.0.0.1", "::1", "[::1]"}:
        return ("::1",) if ":" in host else ("127.0.0.1", "::1")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        hint = "With a token it can be an address of this machine, e.g. 192.168.1.7 or 0.0.0.0."
        raise Unsafe(f"aimon listens on loopback only, not on {host}.", hint if token else _UNGUARDED) from None
    if address.is_loopback:
        return (host,)
    if not token:
        raise Unsafe(f"aimon listens on loopback only, not on {host}.", _UNGUARDED)
    if len(token) < SHORTEST_TOKEN or not token.isascii() or not token.isprintable() or " " in token:
        hint = f"It needs {SHORTEST_TOKEN} letters and digits or more: openssl rand -hex 16"
        raise Unsafe(f"aimon does not listen on {host} with a token that can be guessed.", hint)
    if address.is_unspecified:  # takes loopback of its own kind in
        return (host, "::1") if address.version == 4 else ("127.0.0.1", host)
    return ("127.0.0.1", "::1", host)


def is_near(address: str) -> bool:
    """Whether a caller's address is loopback: a process of this machine, whose user the kernel knows (S5)."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    return (getattr(found, "ipv4_mapped", None) or found).is_loopback


def check_token(authorization: str, token: str) -> None:
    """Raise Refused (unauthorized) unless the token is shown; how long that takes tells nothing about it."""
    scheme, _, shown = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token or not hmac.compare_digest(shown.strip().encode(), token.encode()):
        raise Refused(Reason.UNAUTHORIZED, "from another machine aimon wants `Authorization: Bearer` and its token")


def host_names(port: int, allowed: Iterable[str]) -> frozenset[str]:
    """Values of `Host` that are ours, lower case."""
    names = ["localhost", "127.0.0.1", "[::1]", *allowed]
    return frozenset((name if _names_port(name) else f"{name}:{port}").lower() for name in names)


def check_sender(
    headers: Mapping[str, str], ours: frozenset[str], caller: Caller | None = None, *, token: str | None = None
) -> None:
    """Raise Refused for a foreign Host, a caller from afar without the token, and whatever comes from a web page.

    `caller` is known where the request came through the Unix socket: there the user is looked at, not the Host.
    `token` is given where it came from another machine: a page that names us so has no token to show.
    """
    host = headers.get("Host", "")
    if caller is not None:
        if caller.uid not in {None, os.getuid()}:
            raise Refused(Reason.FORBIDDEN, f"user {caller.uid} may not speak to aimon")
    elif token is not None:
        check_token(headers.get("Authorization", ""), token)
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
