"""How many records a request holds, before Python walks them, and for a large one before they are even built.

An empty span is 2 bytes on the wire and 170 in memory: 3 MiB of them made the process grow by 320 MiB, and 8 s passed
when Python walked them. Groups (resources, scopes, metrics) count like records: they cost the same.
"""

from collections.abc import Iterable
from typing import Any, Final

from receiver.record import Signal
from receiver.status import Reason, Refused

Path = tuple[frozenset[int], ...]

SMALL = 512 * 1024
"""Bytes that may be parsed uncounted: the worst of them grow to 45 MiB, less than three times the largest body."""

_GROUPS: Final[Path] = (frozenset({1}), frozenset({2}), frozenset({2}))
_PATHS: Final[dict[Signal, Path]] = {
    "logs": _GROUPS,
    "traces": _GROUPS,
    "metrics": (*_GROUPS, frozenset({5, 7, 9, 10, 11}), frozenset({1})),
}
"""Field numbers from the request down to its records: resource, scope, then log record, span or metric; below a metric
its kind and its points."""

LEVELS: Final[dict[Signal, tuple[str, str, str]]] = {
    "logs": ("resource_logs", "scope_logs", "log_records"),
    "traces": ("resource_spans", "scope_spans", "spans"),
    "metrics": ("resource_metrics", "scope_metrics", "metrics"),
}
"""The same path by field names."""

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


def count(signal: Signal, message: Any, limit: int) -> int:
    """How many log records, spans or data points a message holds. Raises Refused above `limit`, groups included.

    Only lengths are asked, so that nothing becomes a Python object before its level is known to be short enough.
    """
    parents: Iterable[Any] = (message,)
    total = here = 0
    for level in LEVELS[signal]:
        children = [getattr(parent, level) for parent in parents]
        here = sum(map(len, children))
        total = _within(limit, total + here)
        parents = (child for some in children for child in some)
    if signal == "metrics":
        here = sum(len(points(metric)) for metric in parents)
        _within(limit, total + here)
    return here


def points(metric: Any) -> Any:
    """The data points of a metric, whatever its kind."""
    kind = metric.WhichOneof("data")
    return getattr(metric, kind).data_points if kind else ()


def check_wire(signal: Signal, body: bytes, limit: int) -> None:
    """Raise Refused when a protobuf `body` holds more than `limit` records and groups, or is no protobuf."""
    try:
        total = _count(body, 0, len(body), _PATHS[signal], limit)
    except (IndexError, ValueError):
        raise Refused(Reason.MALFORMED, "no protobuf") from None
    _within(limit, total)


def _within(limit: int, total: int) -> int:
    if total > limit:
        raise Refused(Reason.TOO_LARGE, f"more than {limit} records in one request")
    return total


def _count(body: bytes, at: int, end: int, path: Path, limit: int) -> int:
    wanted, deeper = path[0], path[1:]
    total = 0
    while at < end and total <= limit:
        tag, at = _varint(body, at)
        kind = tag & 7
        if kind == _LENGTH:
            size, at = _varint(body, at)
            if tag >> 3 in wanted:
                total += 1
                if deeper:
                    total += _count(body, at, min(at + size, end), deeper, limit - total)
            at += size
        elif kind == _VARINT:
            _, at = _varint(body, at)
        else:
            at += {_FIXED64: 8, _FIXED32: 4}.get(kind) or _refuse(kind)
    return total


def _varint(body: bytes, at: int) -> tuple[int, int]:
    value = body[at]
    at += 1
    if value < 0x80:
        return value, at
    value &= 0x7F
    for shift in range(7, 70, 7):
        byte = body[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError


def _refuse(kind: int) -> int:
    raise ValueError(kind)
