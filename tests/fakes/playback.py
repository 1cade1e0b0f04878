"""A capture played at its true times into a ledger that is looked at ten times a second, as a screen does."""

import json
from collections.abc import Container, Iterator
from pathlib import Path

from msgspec import Struct

from aimon_core.clock import SteppedClock
from aimon_core.events import Event
from aimon_core.session import Session
from aimon_core.store import SessionStore
from receiver.codec import decode
from receiver.dialects import Interpreter
from receiver.hooks import translate
from receiver.otlp import records
from tests.fakes.captures import Sent, of_folder

FRAME_S = 0.1


class Look(Struct):
    """What a screen shows at a moment."""

    unix: float
    rows: dict[str, Session]
    """By the agent's own id."""
    heard: list[Event]
    """What has arrived since the look before."""


class Told(Struct):
    """The agent's own word on one of its sessions, from a moment on."""

    unix: float
    session_id: str | None
    status: str | None


def told(folder: Path) -> list[Told]:
    """What the agent's own file said, each change; the last line only says until when."""
    lines = (folder / "status.jsonl").read_text().splitlines()
    return [Told(one["unix"], one["session_id"], one["status"]) for one in map(json.loads, lines)]


def looks(folder: Path, until: float | None = None, channels: Container[str] = "hooks logs traces") -> Iterator[Look]:
    """A look every tenth of a second, from the first request until a moment, or three seconds after the last one."""
    requests = [one for one in of_folder(folder, "claude-code") if one.signal in channels]
    clock = SteppedClock()
    store, interpreter = SessionStore(clock), Interpreter()
    at, last = requests[0].unix, until or requests[-1].unix + 3
    clock.jump(round(at * 1e9))
    while at < last:
        at += FRAME_S
        heard: list[Event] = []
        while requests and requests[0].unix <= at:
            request = requests.pop(0)
            clock.jump(round(request.unix * 1e9))
            events = _events(request, interpreter)
            store.apply(events)
            heard += events
        clock.jump(round(at * 1e9))
        store.tick()
        store.drain()
        yield Look(at, {row.session_id: row for row in store.sessions(every=True)}, heard)


def _events(one: Sent, interpreter: Interpreter) -> list[Event]:
    arrived_ns = round(one.unix * 1e9)
    if one.signal == "hooks":
        return list(translate("claude-code", json.loads(one.body), arrived_ns))
    return list(interpreter.translate(records(one.signal, decode(one.signal, one.body, "protobuf"), arrived_ns)))  # type: ignore[arg-type]
