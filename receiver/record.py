"""One flat observation off the wire, whatever signal and encoding it came in, with typed getters.

Agents mix strings and numbers for the same attribute between versions (`"501"` and `501`), so a dialect asks for
the type it needs and gets None when the value is not one. Attributes stay in the slim protobuf map (`codec`):
a getter costs one hash lookup in C, and what nobody asks for is never turned into Python.
"""

from collections.abc import Mapping
from typing import Any, Literal

Signal = Literal["logs", "traces", "metrics"]
SIGNALS: tuple[Signal, ...] = ("logs", "traces", "metrics")


class Attributes:
    """Typed getters over a slim attribute map (`map<string, AnyValue>`)."""

    __slots__ = ("raw",)

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw

    def __contains__(self, key: str) -> bool:
        return key in self.raw

    def text(self, key: str) -> str | None:
        """The value as text; numbers and booleans are written out; None when absent, empty or a list."""
        value = self.raw.get(key)
        if value is None:
            return None
        if value.s:
            return str(value.s)
        found = scalar(value)
        if found is None or found == "":
            return None
        return ("true" if found else "false") if isinstance(found, bool) else str(found)

    def integer(self, key: str) -> int | None:
        """The value as a whole number, from an int, a float or their text; None when it is none."""
        value = self.raw.get(key)
        if value is None:
            return None
        if found := value.i:
            return found  # type: ignore[no-any-return]
        number = _number(scalar(value))
        return None if number is None else int(number)

    def number(self, key: str) -> float | None:
        """The value as a float, from an int, a float or their text; None when it is none, NaN or infinite."""
        value = self.raw.get(key)
        if value is None:
            return None
        if found := value.d:
            return found if -1e300 < found < 1e300 else None
        return _number(scalar(value))

    def flag(self, key: str) -> bool | None:
        """The value as a boolean, from a bool or the words true and false; None when it is neither."""
        value = self.raw.get(key)
        if value is None:
            return None
        found = scalar(value)
        if isinstance(found, bool):
            return found
        if isinstance(found, str):
            return {"true": True, "false": False}.get(found.lower())
        return None


def scalar(value: Any) -> str | bool | int | float | None:
    """The one scalar a slim AnyValue holds, zero and the empty string included; None for lists, maps and nothing."""
    kind = value.WhichOneof("value")
    return getattr(value, kind) if kind in {"s", "b", "i", "d"} else None


def _number(found: str | bool | float | None, /) -> float | None:  # noqa: FBT001 - it tells a bool from a number
    if found is None or isinstance(found, bool):
        return None
    try:
        number = float(found)
    except ValueError:
        return None
    return number if -1e300 < number < 1e300 else None


class Scope:
    """What all records of one instrumentation scope share."""

    __slots__ = ("label", "name", "resource", "service")

    def __init__(self, name: str, resource: Attributes) -> None:
        self.name = name
        self.resource = resource
        self.service = resource.text("service.name") or ""
        self.label = f"{self.service}/{name}/"
        """What counts of its unknown records begin with."""


class Record(Attributes):
    """One log record, one span or one metric point.

    `name` is the body text of a log (else its `event.name`), the name of a span, the name of a metric.
    `at_ns` is when it happened: a log's time (observed time, then arrival, where it is 0), a span's end,
    a point's time. `start_ns` is a span's or a point's start, else `at_ns`.
    `message` is the slim protobuf message, for what only one signal has (status, links, events, value).
    """

    __slots__ = ("at_ns", "message", "name", "parent_id", "scope", "signal", "span_id", "start_ns", "trace_id", "value")

    def __init__(  # noqa: PLR0913 - a flat record is its fields
        self,
        signal: Signal,
        scope: Scope,
        raw: Mapping[str, Any],
        name: str,
        at_ns: int,
        start_ns: int,
        trace_id: bytes,
        span_id: bytes,
        parent_id: bytes,
        message: Any,
        value: float = 0.0,
    ) -> None:
        self.signal = signal
        self.scope = scope
        self.raw = raw
        self.name = name
        self.at_ns = at_ns
        self.start_ns = start_ns
        self.trace_id = trace_id
        self.span_id = span_id
        self.parent_id = parent_id
        self.message = message
        self.value = value
