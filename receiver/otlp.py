"""One walk for three signals: from a slim OTLP message to flat Records, building nothing that is not asked for.

Logs give one Record each, spans one each, metrics one for each data point. Its `message` is the log record, the span
or the *metric*: a point's temporality belongs to the metric around it, see `is_delta`.
"""

from collections.abc import Iterator
from math import isfinite
from typing import Any

from receiver.census import LEVELS, points
from receiver.record import Attributes, LogRecord, PointRecord, Record, Scope, Signal, SpanRecord

Scopes = Iterator[tuple[Scope, Any]]

_DELTA = 1
_NOT_RECORDED = 1
"""Bit of a point's `flags`: the series went away, there is no value."""


def records(signal: Signal, message: Any, arrived_ns: int) -> Iterator[Record]:
    """All records of one decoded request, in wire order; points without a finite value are left out."""
    return _WALKS[signal](_scopes(signal, message), arrived_ns)


def is_delta(point: Record) -> bool:
    """Whether a metric Record counts on its own (delta), not since `start_ns` (cumulative); False for a gauge."""
    metric = point.message
    kind = metric.WhichOneof("data")
    return kind not in {"gauge", "summary"} and getattr(metric, kind).aggregation_temporality == _DELTA


def is_monotonic(point: Record) -> bool:
    """Whether a metric Record is a point of a counter that only grows."""
    return bool(point.message.sum.is_monotonic)


def log_name(log: Any) -> str:
    """What a log record is called: its body where that is one word, else its event's name, else what it says."""
    body: str = log.body.s
    if body and " " not in body:
        return body
    return log.event_name or Attributes(log.attributes).text("event.name") or body


def _scopes(signal: Signal, message: Any) -> Scopes:
    by_resource, by_scope, items = LEVELS[signal]
    for group in getattr(message, by_resource):
        resource = Attributes(group.resource.attributes)
        for scoped in getattr(group, by_scope):
            yield Scope(scoped.scope.name, resource), getattr(scoped, items)


def _logs(scopes: Scopes, arrived_ns: int) -> Iterator[Record]:
    for scope, items in scopes:
        for log in items:
            yield LogRecord(scope, log.attributes, log_name(log), log, arrived_ns)


def _spans(scopes: Scopes, arrived_ns: int) -> Iterator[Record]:
    for scope, items in scopes:
        for span in items:
            yield SpanRecord(scope, span.attributes, span.name, span, arrived_ns)


def _points(scopes: Scopes, arrived_ns: int) -> Iterator[Record]:
    for scope, metrics in scopes:
        for metric in metrics:
            for point in points(metric):
                if (value := _value(point)) is not None:
                    yield PointRecord(scope, metric.name, metric, arrived_ns, point, value)


def _value(point: Any) -> float | None:
    """The number of a point, of a histogram or a summary the sum; None when there is none or it is no finite number."""
    kind = point.WhichOneof("value")
    if kind is None or point.flags & _NOT_RECORDED:
        return None
    value: float = getattr(point, kind)
    return value if isfinite(value) else None


_WALKS = {"logs": _logs, "traces": _spans, "metrics": _points}
