"""The tree of a session as JSON, made in steps: a hundred thousand spans take a second, and the screen shares the loop.

Apart from `api`, which knows requests and answers.
"""

import json
from collections.abc import Iterator
from typing import Any

from aimon_core import wire
from aimon_core.spans import Span, TurnTree
from receiver.steps import RECORDS, Steps
from receiver.told import Telling, Told

Growing = Iterator[TurnTree | None]
"""Turns as they are read off the books, None where others may run (`spans.growing`)."""


def encoded(growing: Growing) -> Steps[bytes]:
    """The document of all turns with their spans, in ASCII."""
    turns = []
    for turn in growing:
        if turn is not None:
            spans: list[str] = []
            for place, span in enumerate(turn.spans, start=1):
                spans.append(json.dumps(wire.span_dict(span)))
                if place % RECORDS == 0:
                    yield
            turns.append(f'{json.dumps(wire.turn_dict(turn))[:-1]}, "spans": [{", ".join(spans)}]}}')
        yield
    return f'{{"v": {wire.VERSION}, "turns": [{", ".join(turns)}]}}'.encode("ascii")


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
