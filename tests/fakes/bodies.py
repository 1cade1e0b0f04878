"""Request bodies written by hand, because what tests need no encoder would write."""

import json
from typing import Any

from receiver.codec import decode


def traces(*spans: Any, resource: Any = ()) -> bytes:
    """Spans in OTLP/JSON."""
    return json.dumps(
        {"resourceSpans": [{"resource": {"attributes": list(resource)}, "scopeSpans": [{"spans": list(spans)}]}]}
    ).encode()


def attribute(value: Any, key: str = "k") -> bytes:
    """One span with one attribute."""
    return traces({"attributes": [{"key": key, "value": value}]})


def span_of(body: bytes) -> Any:
    """The first span of a JSON body."""
    return decode("traces", body, "json").resource_spans[0].scope_spans[0].spans[0]


def varint(number: int) -> bytes:
    """A number as protobuf writes it."""
    out = b""
    while True:
        number, low = number >> 7, number & 127
        if not number:
            return out + bytes([low])
        out += bytes([low | 128])


def field(number: int, content: bytes) -> bytes:
    """A protobuf field with a length."""
    return varint(number << 3 | 2) + varint(len(content)) + content
