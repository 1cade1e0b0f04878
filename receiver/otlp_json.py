"""OTLP/JSON poured into the same slim messages as OTLP/protobuf, so that everything behind has one walk.

`google.protobuf.json_format` will not do: it reads the hex ids of OTLP as base64, knows no maps in place of lists and
takes 20 times as long. Field names are accepted in camelCase and in snake_case, 64 bit integers as numbers and as text,
enums as numbers and as names, unknown fields are passed over (https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding).
"""

import base64
import gc
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
from google.protobuf.descriptor import FieldDescriptor

from receiver.slim import CLASSES
from receiver.status import Reason, Refused

Put = Callable[[Any, Any], None]

MAX_DEPTH = 24
"""Lists and maps inside one attribute. A map level is three levels of protobuf messages, whose parsers stop at 100."""

_CONTAINERS = {
    "resource_logs", "scope_logs", "resource_spans", "scope_spans", "resource_metrics", "scope_metrics", "metrics",
    "gauge", "sum", "histogram", "exponential_histogram", "summary",
}  # fmt: skip
_RECORDS = {"log_records", "spans", "data_points"}
_ESCAPE = re.compile(rb"\\(?:u[dD][89abAB]..\\u[dD][c-fC-F]..|(u[dD][89a-fA-F]..)|.)", re.DOTALL)
_RAW_SURROGATE = re.compile(rb"\xed[\xa0-\xbf][\x80-\xbf]")
_REPLACEMENT = "\ufffd".encode()

_KINDS = ("UNSPECIFIED", "INTERNAL", "SERVER", "CLIENT", "PRODUCER", "CONSUMER")
_SEVERITIES = ("TRACE", "DEBUG", "INFO", "WARN", "ERROR", "FATAL")
_ENUMS = {
    **{f"SPAN_KIND_{name}": n for n, name in enumerate(_KINDS)},
    **{f"STATUS_CODE_{name}": n for n, name in enumerate(("UNSET", "OK", "ERROR"))},
    **{f"AGGREGATION_TEMPORALITY_{name}": n for n, name in enumerate(("UNSPECIFIED", "DELTA", "CUMULATIVE"))},
    **{f"SEVERITY_NUMBER_{name}{n or ''}": 4 * i + 1 + n for i, name in enumerate(_SEVERITIES) for n in range(4)},
    "SEVERITY_NUMBER_UNSPECIFIED": 0,
}


def replace_raw_surrogates(body: bytes) -> bytes:
    """Half emoji that a JavaScript encoder wrote as three bytes of invalid UTF-8, each made U+FFFD, three bytes too."""
    return _RAW_SURROGATE.sub(_REPLACEMENT, body)


def without_surrogates(body: bytes) -> bytes:
    """JSON whose half emoji, raw or escaped, are U+FFFD."""
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], replace_raw_surrogates(body))


def loads(body: bytes) -> Any:
    """JSON to Python. Half emoji become U+FFFD and bare NaN is let through: a batch is not lost for one character.

    Raises Refused (malformed) for everything else that is no JSON.
    """
    collecting = gc.isenabled()
    gc.disable()  # else the growing tree is searched for garbage again and again: 2 MiB take 18 ms without, 26-58 with
    try:
        return msgspec.json.decode(body)
    except (ValueError, RecursionError):
        pass
    finally:
        if collecting:
            gc.enable()
    try:
        return json.loads(without_surrogates(body))
    except (ValueError, RecursionError) as error:
        raise Refused(Reason.MALFORMED, f"no JSON: {str(error)[:100]}") from None


def pour(message: Any, tree: Any, limit: int) -> Iterator[None]:
    """Fill `message` from `tree`, pausing after each record so that a long body need not hold the loop.

    Raises Refused when there are more than `limit` records, or a value is not what its field says.
    """
    room = [limit]
    try:
        yield from _pour(message, tree, room)
    except (ValueError, TypeError, AttributeError, LookupError, OverflowError) as error:
        raise Refused(Reason.MALFORMED, f"no OTLP: {str(error)[:100]}") from None


def _pour(message: Any, tree: dict[str, Any], room: list[int]) -> Iterator[None]:
    fields = _FIELDS[message.DESCRIPTOR.name]
    for key, value in tree.items():
        if value is None or (field := fields.get(key)) is None:
            continue
        name, put, into = field
        if into is None:
            put(message, value)
            continue
        children = value if isinstance(value, list) else [value]
        room[0] -= len(children)
        if room[0] < 0:
            raise Refused(Reason.TOO_LARGE, "too many records in one request")
        target = getattr(message, name)
        for child in children:
            grown = target.add() if isinstance(value, list) else target
            if into is _RECORDS:
                _fill(grown, child)
                yield
            else:
                yield from _pour(grown, child, room)


def _fill(message: Any, tree: dict[str, Any]) -> None:
    fields = _FIELDS[message.DESCRIPTOR.name]
    for key, value in tree.items():
        if value is not None and (field := fields.get(key)) is not None:
            field[1](message, value)


def _put_attributes(name: str) -> Put:
    def put(message: Any, value: list[dict[str, Any]]) -> None:
        attributes = getattr(message, name)
        for pair in value:
            _put_any(attributes[pair["key"]], pair.get("value"), 0)

    return put


def _put_value(name: str) -> Put:
    def put(message: Any, value: Any) -> None:
        _put_any(getattr(message, name), value, 0)

    return put


def _put_any(slot: Any, value: dict[str, Any] | None, depth: int) -> None:
    for kind, content in (value or {"": None}).items():
        match kind:
            case _ if content is None:
                slot.Clear()
            case "stringValue" | "string_value":
                slot.s = content
            case "intValue" | "int_value":
                slot.i = int(content)
            case "doubleValue" | "double_value":
                slot.d = float(content)
            case "boolValue" | "bool_value":
                slot.b = content
            case _:
                _put_composite(slot, kind, content, depth + 1)


def _put_composite(slot: Any, kind: str, content: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError("attributes nested too deep")
    match kind:
        case "arrayValue" | "array_value":
            slot.ClearField("a")
            slot.a.SetInParent()
            for item in content.get("values") or ():
                _put_any(slot.a.values.add(), item, depth)
        case "kvlistValue" | "kvlist_value":
            slot.ClearField("kv")
            slot.kv.SetInParent()
            for pair in content.get("values") or ():
                _put_any(slot.kv.values[pair["key"]], pair.get("value"), depth)
        case "bytesValue" | "bytes_value":
            slot.x = base64.b64decode(content)


def _put_message(name: str, *, repeated: bool) -> Put:
    def put(message: Any, value: Any) -> None:
        target = getattr(message, name)
        if not repeated:
            target.SetInParent()
        for child in value if repeated else (value,):
            _fill(target.add() if repeated else target, child)

    return put


def _put_scalar(name: str, read: Callable[[Any], Any]) -> Put:
    def put(message: Any, value: Any) -> None:
        setattr(message, name, read(value))

    return put


def _enum(value: str | int) -> int:
    return value if isinstance(value, int) else _ENUMS[value] if value in _ENUMS else int(value)


_READERS: dict[int, Callable[[Any], Any]] = {
    FieldDescriptor.TYPE_STRING: lambda text: text,
    FieldDescriptor.TYPE_BOOL: lambda flag: flag,
    FieldDescriptor.TYPE_BYTES: bytes.fromhex,
    FieldDescriptor.TYPE_DOUBLE: float,
    FieldDescriptor.TYPE_INT32: _enum,
}


def _field(field: FieldDescriptor) -> tuple[str, Put, set[str] | None]:
    into = next((group for group in (_CONTAINERS, _RECORDS) if field.name in group and field.message_type), None)
    repeated = field.is_repeated
    if not field.message_type:
        put = _put_scalar(field.name, _READERS.get(field.type, int))
    elif field.message_type.GetOptions().map_entry:
        put = _put_attributes(field.name)
    elif field.message_type.name == "AnyValue":
        put = _put_value(field.name)
    else:
        put = _put_message(field.name, repeated=repeated)
    return field.name, put, into


_FIELDS = {
    name: {
        spelled: _field(field) for field in message.DESCRIPTOR.fields for spelled in (field.name, field.camelcase_name)
    }
    for name, message in CLASSES.items()
}
"""By message, by either spelling of the field: its name, how to put a value, and the group to step into."""
