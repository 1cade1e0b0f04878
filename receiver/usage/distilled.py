"""What the journal tells of usage, kept beside the books of transcripts: calls and whose they are, nothing else.

A history enters the whole journal in a ledger, since any two deliveries may tell of one call. Most of what a journal
holds tells of tools, waits and words, though, which no history shows: each delivery is translated once.
"""

import zlib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Raw
from msgspec.structs import replace

from aimon_core.events import (
    CallWithdrawn,
    Event,
    LlmCalled,
    Nested,
    PromptSubmitted,
    SessionSeen,
    SessionStarted,
    SubagentStarted,
    ThreadSeen,
    TraceSeen,
)
from aimon_core.history import Place
from aimon_core.journal import Journal
from receiver import tape
from receiver.dialects import Interpreter
from receiver.usage.base import Say
from receiver.usage.shelf import Row, Shelf

KEPT: tuple[type[Event], ...] = (
    CallWithdrawn,
    LlmCalled,
    Nested,
    PromptSubmitted,
    SessionSeen,
    SessionStarted,
    SubagentStarted,
    ThreadSeen,
    TraceSeen,
)
"""What may change whose dollars are whose, and what that is called."""
STEP = 500
"""Deliveries between two commits, and between two words on how far it is."""

_Named = tuple[str, Raw]
"""An event, after the name of its type."""
_ENCODE = msgspec.msgpack.encode
_ROW = msgspec.msgpack.Decoder(list[tuple[str, Raw, list[_Named]]])
_EVENTS: dict[str, msgspec.msgpack.Decoder[Any]] = {kind.__name__: msgspec.msgpack.Decoder(kind) for kind in KEPT}


def told(journal: Journal, shelf: Shelf, say: Say) -> Iterator[tuple[list[Event], int]]:
    """What deliveries tell of usage, each with its arrival. Blocks: a second for 15,000 that nobody read before."""
    name, (oldest, newest) = str(journal.path.absolute()), journal.span()
    mark = shelf.reached(name)
    reached = mark[0] if mark and journal.holds(*mark) else 0
    shelf.forget(name, keep=range(oldest, reached + 1))  # not what was pruned, and nothing of another file
    for arrived_ns, row in shelf.told(name):
        yield _decoded(row), arrived_ns
    interpreter, folders, rows = Interpreter(), dict[Place, str | None](), list[Row]()
    for number, delivery in journal.numbered(after=reached):
        read = tape.replayed([delivery], interpreter)
        found = [
            event for events, _ in read for event in events if isinstance(event, KEPT) and _is_news(event, folders)
        ]
        yield found, delivery.arrived_ns
        rows.append((number, delivery.arrived_ns, _encoded(found)))
        if len(rows) == STEP:
            shelf.tell(name, rows)
            rows.clear()
            say(min((number - reached) / max(newest - reached, 1), 1.0))  # more may have come meanwhile
    shelf.tell(name, rows)


def _is_news(event: Event, folders: dict[Place, str | None]) -> bool:
    """Whether it is no repetition: every hook, and most records, say again where a session is."""
    if not isinstance(event, SessionSeen):
        return True
    place = event.agent, event.session_id
    if place in folders and event.cwd in {None, folders[place]}:
        return False
    folders[place] = event.cwd or folders.get(place)
    return True


def _encoded(events: Sequence[Event]) -> bytes:
    """Events in a seventh of their size; nothing where there is none."""
    return zlib.compress(_ENCODE([_named(one) for one in events]), 1) if events else b""


def _named(one: Event) -> tuple[str, Event, list[tuple[str, Event]]]:
    """An event after the name of its type, and before what it tells in turn."""
    if not isinstance(one, Nested):
        return type(one).__name__, one, []
    inner = [(type(inner).__name__, inner) for inner in one.told if isinstance(inner, KEPT)]
    return Nested.__name__, replace(one, told=()), inner


def _decoded(row: bytes) -> list[Event]:
    found = []
    for name, told, inner in _ROW.decode(zlib.decompress(row)):
        event = _EVENTS[name].decode(told)
        found.append(replace(event, told=tuple(_EVENTS[one].decode(body) for one, body in inner)) if inner else event)
    return found
