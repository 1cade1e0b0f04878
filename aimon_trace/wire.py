"""Whatever holds spans, as the receiver's records: bodies, protobuf messages, the SDK's own spans in this process.

Apart from `convert`, which then need know one form only. A span of OpenTelemetry's SDK is known by what it has
(`context`, `start_time`, `attributes`): the SDK itself is never imported.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aimon_trace.errors import ConversionError
from receiver import codec, otlp
from receiver.codec import Encoding
from receiver.record import Attributes, Record, Scope, SpanRecord
from receiver.slim import CLASSES

_LIMIT = 1 << 31
"""Spans in one body: whoever has it in memory may have it read."""
_NO_SCOPE = Scope("", Attributes({}))


def records(spans: Any) -> Iterator[Record]:
    """The spans in anything that holds some.

    The body of an OTLP request (protobuf, or JSON beginning with a brace) or its dict; a message with
    `resource_spans`; one span, of opentelemetry-proto or of the SDK; or an iterable of any of these.
    Raises ConversionError for anything else, and `receiver.status.Refused` for a body that is no OTLP.
    """
    match spans:
        case Record():
            yield spans
        case bytes():
            encoding: Encoding = "json" if spans.lstrip()[:1] == b"{" else "protobuf"
            yield from _of_message(codec.decode("traces", spans, encoding, _LIMIT))
        case Mapping():
            yield from records(_json(spans))
        case _ if hasattr(spans, "resource_spans"):
            yield from _of_message(CLASSES["Traces"].FromString(spans.SerializeToString()))
        case _ if hasattr(spans, "start_time_unix_nano"):
            message = CLASSES["Span"].FromString(spans.SerializeToString())
            yield SpanRecord(_NO_SCOPE, message.attributes, message.name, message, 0)
        case _ if hasattr(spans, "start_time") and hasattr(spans, "context"):
            yield _of_sdk(spans)
        case Iterable() if not isinstance(spans, str):
            for one in spans:
                yield from records(one)
        case _:
            raise ConversionError(
                f"A {type(spans).__name__} holds no spans.", "Spans are OTLP, or of OpenTelemetry's SDK."
            )


def plain(value: Any) -> Any:
    """A slim AnyValue in the types of JSON; bytes as hex."""
    kind = value.WhichOneof("value")
    match kind:
        case None:
            return None
        case "a":
            return [plain(one) for one in value.a.values]
        case "kv":
            return {name: plain(one) for name, one in value.kv.values.items()}
        case "x":
            return value.x.hex()
        case _:
            return getattr(value, kind)


def facts(raw: Mapping[str, Any]) -> dict[str, Any]:
    """All attributes of one thing, in the types of JSON."""
    return {name: plain(raw[name]) for name in raw}


def put(attributes: Any, told: Mapping[str, Any]) -> None:
    """Write attributes into a slim map; None is left out."""
    for name, value in told.items():
        if value is not None:
            _put(attributes[name], value)


def _put(into: Any, value: Any) -> None:
    match value:
        case bool():
            into.b = value
        case int() if -(2**63) <= value < 2**63:
            into.i = value
        case float():
            into.d = value
        case bytes():
            into.x = value
        case Mapping():
            into.kv.SetInParent()
            put(into.kv.values, value)
        case list() | tuple():
            into.a.SetInParent()
            for one in value:
                _put(into.a.values.add(), one)
        case _:
            into.s = str(value).encode("utf-8", "replace").decode()


def _json(document: Mapping[str, Any]) -> bytes:
    import json  # noqa: PLC0415 - only who has dicts needs it

    return json.dumps(document).encode()


def _of_message(message: Any) -> Iterator[Record]:
    return otlp.records("traces", message, 0)


def _of_sdk(span: Any) -> Record:
    message = CLASSES["Span"](
        trace_id=span.context.trace_id.to_bytes(16, "big"),
        span_id=span.context.span_id.to_bytes(8, "big"),
        parent_span_id=span.parent.span_id.to_bytes(8, "big") if span.parent is not None else b"",
        name=span.name,
        start_time_unix_nano=span.start_time or 0,
        end_time_unix_nano=span.end_time or span.start_time or 0,
    )
    put(message.attributes, span.attributes or {})
    for event in span.events or ():
        told = message.events.add(name=event.name, time_unix_nano=event.timestamp or 0)
        put(told.attributes, event.attributes or {})
    if (status := getattr(span, "status", None)) is not None:
        message.status.code = getattr(status.status_code, "value", status.status_code) or 0
        message.status.message = status.description or ""
    resource = CLASSES["Resource"]()
    put(resource.attributes, getattr(span.resource, "attributes", None) or {})
    scope = Scope(getattr(span.instrumentation_scope, "name", "") or "", Attributes(resource.attributes))
    return SpanRecord(scope, message.attributes, message.name, message, 0)
