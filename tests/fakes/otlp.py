"""Slim OTLP messages from a few plain values, and the Records they hold."""

from collections.abc import Mapping
from typing import Any

from receiver.otlp import records
from receiver.record import Record
from receiver.slim import CLASSES

Value = str | bool | int | float | None

ARRIVED_NS = 1_795_226_400_000_000_000


def put(found: Any, attributes: Mapping[str, Value]) -> None:
    """Fill a slim attribute map; None makes a value without a value, which the wire allows."""
    for key, value in attributes.items():
        entry = found[key]
        if isinstance(value, bool):
            entry.b = value
        elif isinstance(value, int):
            entry.i = value
        elif isinstance(value, float):
            entry.d = value
        elif isinstance(value, str):
            entry.s = value


def log(
    body: str,
    attributes: Mapping[str, Value],
    *,
    scope: str = "com.anthropic.claude_code.events",
    at_ns: int = 1,
    resource: Mapping[str, Value] | None = None,
) -> Record:
    """One log record."""
    message = CLASSES["Logs"]()
    group = message.resource_logs.add()
    put(group.resource.attributes, resource or {})
    scoped = group.scope_logs.add()
    scoped.scope.name = scope
    record = scoped.log_records.add(time_unix_nano=at_ns)
    record.body.s = body
    put(record.attributes, attributes)
    return next(records("logs", message, ARRIVED_NS))


def span(
    name: str,
    attributes: Mapping[str, Value],
    *,
    scope: str = "my-agent",
    service: str = "my-agent",
    span_id: bytes = b"\1" * 8,
    parent_id: bytes = b"",
    error: str | None = None,
    resource: Mapping[str, Value] | None = None,
) -> Record:
    """One span of a second, its trace always the same."""
    message = CLASSES["Traces"]()
    group = message.resource_spans.add()
    put(group.resource.attributes, {"service.name": service} | dict(resource or {}))
    scoped = group.scope_spans.add()
    scoped.scope.name = scope
    found = scoped.spans.add(
        name=name,
        trace_id=b"\2" * 16,
        span_id=span_id,
        parent_span_id=parent_id,
        start_time_unix_nano=ARRIVED_NS - 10**9,
        end_time_unix_nano=ARRIVED_NS,
    )
    if error is not None:
        found.status.code, found.status.message = 2, error
    put(found.attributes, attributes)
    return next(records("traces", message, ARRIVED_NS))
