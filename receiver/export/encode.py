"""Spans as the bodies of OTLP requests."""

from base64 import b64decode
from collections.abc import Iterator, Mapping, Sequence
from importlib import metadata
from typing import Any

from google.protobuf.json_format import MessageToDict
from msgspec import Struct
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from receiver.export import SCOPE

Value = str | bool | int | float | None
Facts = Mapping[str, Value]
_IDS = ("traceId", "spanId", "parentSpanId")
REQUEST = 500
"""Spans in a request: some 400 KB."""


class Piece(Struct, frozen=True):
    """The body of a request, and how many spans are in it."""

    body: bytes
    spans: int


def requests(resource: Facts, spans: Sequence[Span]) -> Iterator[Piece]:
    """Bodies of requests that carry some spans."""
    version = metadata.version("aimon-tui")
    for at in range(0, len(spans), REQUEST):
        part = spans[at : at + REQUEST]
        request = ExportTraceServiceRequest()
        group = request.resource_spans.add()
        put(group.resource.attributes, resource)
        scoped = group.scope_spans.add()
        scoped.scope.name, scoped.scope.version = SCOPE, version
        scoped.spans.extend(part)
        yield Piece(request.SerializeToString(), len(part))


def split(body: bytes) -> Iterator[Piece]:
    """The requests that a body is made of. Raises DecodeError for what is none."""
    for group in ExportTraceServiceRequest.FromString(body).resource_spans:
        request = ExportTraceServiceRequest(resource_spans=[group])
        yield Piece(request.SerializeToString(), sum(len(scoped.spans) for scoped in group.scope_spans))


def as_json(body: bytes) -> dict[str, Any]:
    """A request in the JSON of OTLP, which writes ids in hex and kinds as numbers."""
    request = ExportTraceServiceRequest.FromString(body)
    told: dict[str, Any] = MessageToDict(request, use_integers_for_enums=True)
    for group in told.get("resourceSpans", ()):
        for scoped in group["scopeSpans"]:
            for span in scoped["spans"]:
                for thing in (span, *span.get("links", ())):
                    thing |= {name: b64decode(thing[name]).hex() for name in _IDS if name in thing}
    return told


def put(attributes: Any, facts: Facts) -> None:
    """Write attributes; those that nobody knows are left out."""
    for name, value in facts.items():
        if value is None:
            continue
        told = attributes.add(key=name).value
        match value:
            case bool():
                told.bool_value = value
            case int():
                told.int_value = value
            case float():
                told.double_value = value
            case str():
                told.string_value = value.encode("utf-8", "replace").decode()
