"""The bodies a fleet of agents would send: real OTLP and real hook payloads, built from a few plain values."""

import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from receiver.slim import CLASSES

Value = str | bool | int | float


class Request(Struct, frozen=True):
    """One request of the fleet."""

    at_s: float
    """When it is sent, in seconds of the story."""
    path: str
    content_type: str
    body: bytes


def hook(at_s: float, agent: str, payload: Mapping[str, Any]) -> Request:
    """A hook of an agent."""
    return Request(at_s, f"/hooks/{agent}", "application/json", json.dumps(payload).encode())


class Source(Struct, frozen=True):
    """Who tells something: the resource and the instrumentation scope of its telemetry."""

    resource: Mapping[str, Value]
    scope: str


def log(at_s: float, at_ns: int, source: Source, body: str, attributes: Mapping[str, Value]) -> Request:
    """A log event, exported alone."""
    message = CLASSES["Logs"]()
    group = message.resource_logs.add()
    _put(group.resource.attributes, source.resource)
    scoped = group.scope_logs.add()
    scoped.scope.name = source.scope
    record = scoped.log_records.add(time_unix_nano=at_ns)
    record.body.s = body
    _put(record.attributes, attributes)
    return _otlp(at_s, "/v1/logs", message)


class Span(Struct, frozen=True, kw_only=True):
    """What a span of any agent tells."""

    source: Source
    name: str
    start_ns: int
    end_ns: int
    trace_id: bytes
    span_id: bytes
    parent_id: bytes = b""
    attributes: Mapping[str, Value]
    events: tuple[Mapping[str, Value], ...] = ()
    """The attributes of what was noted while it lasted."""


def span(at_s: float, one: Span) -> Request:
    """A span, exported alone."""
    message = CLASSES["Traces"]()
    group = message.resource_spans.add()
    _put(group.resource.attributes, one.source.resource)
    scoped = group.scope_spans.add()
    scoped.scope.name = one.source.scope
    found = scoped.spans.add(
        name=one.name,
        trace_id=one.trace_id,
        span_id=one.span_id,
        parent_span_id=one.parent_id,
        start_time_unix_nano=one.start_ns,
        end_time_unix_nano=one.end_ns,
    )
    for event in one.events:
        _put(found.events.add(name=str(event.get("event.name", ""))).attributes, event)
    _put(found.attributes, one.attributes)
    return _otlp(at_s, "/v1/traces", message)


def _otlp(at_s: float, path: str, message: Any) -> Request:
    return Request(at_s, path, "application/x-protobuf", message.SerializeToString())


def _put(found: Any, attributes: Mapping[str, Value]) -> None:
    for key, value in attributes.items():
        entry = found[key]
        if isinstance(value, bool):
            entry.b = value
        elif isinstance(value, int):
            entry.i = value
        elif isinstance(value, float):
            entry.d = value
        else:
            entry.s = value
