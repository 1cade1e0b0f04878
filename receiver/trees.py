"""The tree of a session as JSON, made in steps: a hundred thousand spans take a second, and the screen shares the loop.

Apart from `api`, which knows requests and answers.
"""

import json
from collections.abc import Iterator
from typing import Any

from aimon_core import wire
from aimon_core.spans import Span, TurnTree
from receiver.steps import Steps
from receiver.told import Telling, Told

PIECE = 100
"""Spans written at a time: 1-2 ms, 40 KB."""

Growing = Iterator[TurnTree | None]
"""Turns as they are read off the books, None where others may run (`spans.growing`)."""


def encoded(growing: Growing) -> Iterator[bytes]:
    """The document of all turns with their spans, in ASCII, piece by piece; an empty piece is only a pause."""
    comma = f'{{"v": {wire.VERSION}, "turns": ['
    for turn in growing:
        if turn is None:
            yield b""
            continue
        yield f'{comma}{json.dumps(wire.turn_dict(turn))[:-1]}, "spans": ['.encode()
        for at in range(0, len(turn.spans), PIECE):
            spans = ", ".join(json.dumps(wire.span_dict(span)) for span in turn.spans[at : at + PIECE])
            yield f"{', ' if at else ''}{spans}".encode()
        yield b"]}"
        comma = ", "
    yield b"]}" if comma == ", " else f"{comma}]}}".encode()


def found(growing: Growing, span_key: str) -> Steps[Span | None]:
    """The span of a key, or None."""
    for turn in growing:
        for span in turn.spans if turn is not None else ():
            if span.key == span_key:
                return span
        yield
    return None


def document(span: Span, told: Told) -> dict[str, Any]:
    """One span with what was told about it."""
    tellings = [_telling(telling) for telling in told.tellings]
    return {"v": wire.VERSION, "span": wire.span_dict(span) | {"told": tellings}, "notice": told.notice or None}


def _telling(telling: Telling) -> dict[str, Any]:
    return {
        "channel": telling.channel,
        "signal": telling.signal,
        "at": wire.iso(telling.at_ns),
        "attributes": dict(telling.attributes),
    }
