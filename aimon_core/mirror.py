"""What one aimon tells another so that both show the same: whole pictures and trees, line by line.

The shapes of `wire` are a promise to scripts and leave out what only a screen wants. These lines carry the structs
themselves, are read by an aimon of the same format, and go over a pipe that flows one way.
"""

import json
from collections.abc import Iterable, Sequence
from math import isfinite
from typing import Any

import msgspec
from msgspec import Struct

from aimon_core.session import Session, Totals
from aimon_core.spans import Span, TurnTree

FORMAT = 5
"""Raised with every change to the structs that are sent."""
SPANS = 500
"""Spans in a line: some 200 KB."""
LARGEST = 1 << 63
"""Numbers stay below, as times in nanoseconds do until 2262."""
SESSIONS = 100
"""Sessions in a line: some 300 KB."""


class Head(Struct, frozen=True, tag="mirror"):
    """The first line: who is there; their pictures follow."""

    format: int
    version: str
    """Of the aimon that tells."""
    now_ns: int
    keys: tuple[str, ...]
    """Of the listed sessions, in their order."""
    journal: str = ""
    """The file in which what is told is kept, for whoever takes over; empty where nothing is."""


class Frame(Struct, frozen=True, tag="frame"):
    """What changed; without sessions, a sign of life."""

    now_ns: int
    rate: float
    """Events a second at its doors."""
    totals: Totals
    sessions: tuple[Session, ...] = ()
    gone: tuple[str, ...] = ()
    """Keys that left the list."""


class Turn(Struct, frozen=True, tag="turn"):
    """A piece of a turn of a session; a turn is whole when `done`."""

    key: str
    turn: TurnTree
    """With the spans of this piece only."""
    offset: int
    """Spans of the turn before this piece, which are known already."""
    done: bool
    turns: int
    """How many turns the session has."""


Line = Head | Frame | Turn


def encode(line: Line) -> bytes:
    """One line of JSON in ASCII."""
    return json.dumps(msgspec.to_builtins(line)).encode() + b"\n"


def decode(line: bytes) -> Line:
    """Read a line again. Raises ValueError where it is none of these, or holds a number beyond all measure.

    Not by msgspec alone, which knows no half a surrogate pair: an agent may name its session so.
    """
    try:
        told: Line = msgspec.convert(_JSON.decode(line.decode()), type=Line)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return told


def _whole(digits: str) -> int:
    if len(digits) > 20 or abs(number := int(digits)) >= LARGEST:
        raise ValueError("a number is too large")
    return number


def _fraction(digits: str) -> float:
    if not isfinite(number := float(digits)) or abs(number) >= LARGEST:
        raise ValueError("a number is too large")
    return number


def _refused(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def frames(
    now_ns: int, rate: float, totals: Totals, sessions: Sequence[Session], gone: Sequence[str]
) -> Iterable[Frame]:
    """What changed, in lines of a bounded length: at least one."""
    for at in range(0, max(1, len(sessions)), SESSIONS):
        yield Frame(now_ns, rate, totals, tuple(sessions[at : at + SESSIONS]), tuple(gone) if not at else ())


def pieces(key: str, turn: TurnTree, before: TurnTree | None, turns: int) -> Iterable[Turn | None]:
    """What is new of a turn, in lines of a bounded length; a None where others may run."""
    if turn == before:
        return
    known = 0
    limit = min(len(turn.spans), len(before.spans)) if before else 0
    while known < limit:
        step = min(limit, known + SPANS)
        if before is None or turn.spans[known:step] != before.spans[known:step]:
            break
        known = step
        yield None
    for at in range(known, max(known + 1, len(turn.spans)), SPANS):
        end = at + SPANS
        piece = msgspec.structs.replace(turn, spans=turn.spans[at:end])
        yield Turn(key, piece, at, end >= len(turn.spans), turns)


def joined(piece: Turn, before: Sequence[Span]) -> TurnTree:
    """A turn again, from a piece and the spans before it."""
    return msgspec.structs.replace(piece.turn, spans=(*before[: piece.offset], *piece.turn.spans))


_JSON = json.JSONDecoder(parse_int=_whole, parse_float=_fraction, parse_constant=_refused)
