"""Asks this machine's running aimon: its sessions, its changes, what comes in; says what was seen. Standard library."""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import suppress
from queue import Empty, Queue
from typing import Any
from urllib.parse import quote

from aimon_core import runtime_dir
from aimon_core.config import Config, local
from aimon_core.errors import Unavailable
from aimon_desktop.outputs import short

_WAIT_S = 2.0
_AHEAD = 64
"""Lines read before they are wanted: whoever reads us slowly is to be felt at the other end, not kept here."""


def address(config: Config) -> tuple[str, int]:
    """Where to ask: as told; else what the running aimon left in its status file; else the usual port."""
    if config.sources["port"] == config.sources["host"] == "default":
        running = short.read(runtime_dir.locate()) or {}
        host, _, port = str(running.get("address", "")).rpartition(":")
        if port.isdigit():
            return host, int(port)
    return local(config.settings.host), config.settings.port


def sessions(place: tuple[str, int], *, every: bool) -> dict[str, Any] | None:
    """The document of `/api/v1/sessions`; None when no aimon answers there."""
    try:
        answer = _answer(place, f"/api/v1/sessions{'?all=1' if every else ''}")
        document = json.loads(answer.read())
    except (OSError, ValueError, http.client.HTTPException):
        return None
    return document if answer.status == 200 and isinstance(document, dict) and "sessions" in document else None


def acknowledge(place: tuple[str, int], key: str) -> None:
    """A person has seen that a session is done; nobody waits for this to succeed."""
    with suppress(OSError, http.client.HTTPException):
        _answer(place, f"/api/v1/sessions/{quote(key, safe=':/')}/acknowledge", method="POST").read()


def otlp(place: tuple[str, int], key: str) -> bytes | None:
    """What is over of a session, as a request of OTLP; None when it is not told."""
    try:
        answer = _answer(place, f"/api/v1/sessions/{quote(key, safe=':/')}/otlp", endless=True)
        body = answer.read()
    except (OSError, http.client.HTTPException):
        return None
    return body if answer.status == 200 else None


def turns(place: tuple[str, int], key: str) -> list[dict[str, Any]] | None:
    """The tree of a session, `docs/schema/spans.json`; None when it is not told."""
    try:
        answer = _answer(place, f"/api/v1/sessions/{quote(key, safe=':/')}/spans", endless=True)
        document = json.loads(answer.read())
    except (OSError, ValueError, http.client.HTTPException):
        return None
    return list(document["turns"]) if answer.status == 200 else None


def changes(place: tuple[str, int], silence_s: float, *, full: bool = False) -> Iterator[bytes]:
    """The lines of `/api/v1/stream` for as long as it lasts; b"" when none came for `silence_s` seconds.

    `full` asks for what another aimon's screen needs. Raises Unavailable.
    """
    return _lines(place, f"/api/v1/stream{'?full=1' if full else ''}", silence_s)


def tape(place: tuple[str, int], silence_s: float, *, raw: bool) -> Iterator[bytes]:
    """The same of `/api/v1/tape`: what comes in there, as it was if `raw`. Raises Unavailable."""
    return _lines(place, f"/api/v1/tape{'?raw=1' if raw else ''}", silence_s)


def _lines(place: tuple[str, int], path: str, silence_s: float) -> Iterator[bytes]:
    try:
        answer = _answer(place, path, endless=True)
    except (OSError, http.client.HTTPException) as error:
        raise nobody(place) from error
    if answer.status == 404:
        raise Unavailable("The running aimon does not know that.", "It may be an older one: start it anew.")
    if answer.status != 200:
        raise nobody(place)
    lines: Queue[bytes | None] = Queue(_AHEAD)
    threading.Thread(target=_read, args=(answer, lines), daemon=True).start()  # a socket that timed out reads no more
    while True:
        try:
            line = lines.get(timeout=silence_s)
        except Empty:
            line = b""
        if line is None:
            return
        yield line


def _read(answer: http.client.HTTPResponse, lines: "Queue[bytes | None]") -> None:
    try:
        for line in answer:
            lines.put(line)
    except (OSError, ValueError, http.client.HTTPException):
        pass  # it went away: the end of the stream, like any other
    lines.put(None)


def _answer(
    place: tuple[str, int], path: str, *, method: str = "GET", endless: bool = False
) -> http.client.HTTPResponse:
    door = http.client.HTTPConnection(*place, timeout=_WAIT_S)
    door.request(method, path, headers={"Connection": "close"})  # else it would stay open when all is read
    if endless:
        door.sock.settimeout(None)
    return door.getresponse()


def nobody(place: tuple[str, int]) -> Unavailable:
    """What is said where no aimon answers."""
    return Unavailable(f"No aimon answers at {place[0]}:{place[1]}.", "Start one: aimon, or aimon serve.")
