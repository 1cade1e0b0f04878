"""One flat observation off the wire, whatever signal and encoding it came in, with typed getters.

Agents mix strings and numbers for the same attribute between versions (`"501"` and `501`), so a dialect asks for
the type it needs and gets None when the value is not one. Attributes stay in the slim protobuf map (`codec`):
a getter costs one hash lookup in C, and what nobody asks for is never turned into Python.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, ClassVar, Literal

from aimon_core.events import Channel
from aimon_core.masking import mask

Signal = Literal["logs", "traces", "metrics"]
SIGNALS: tuple[Signal, ...] = ("logs", "traces", "metrics")
CHANNELS: dict[Signal, Channel] = {"logs": "log", "traces": "span", "metrics": "metric"}
"""What events call them."""


SHORTEST_SECRET = 12
"""Characters; a shorter value cannot hold a secret together with what tells it."""

LONGEST = 64 * 1024
"""Characters of one value that are read at most: what clients cut their own texts to is 60 KB."""

ID = 256
"""Characters of an id."""

_masked = lru_cache(maxsize=4_096)(mask)
"""Most long values are ids and models, which come again and again."""


class Attributes:
    """Typed getters over a slim attribute map (`map<string, AnyValue>`)."""

    __slots__ = ("raw",)

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw

    def __contains__(self, key: str) -> bool:
        return key in self.raw

    def text(self, key: str) -> str | None:
        """The value as text, secrets masked; numbers and booleans written out; None when absent, empty or a list."""
        value = self.raw.get(key)
        if value is None:
            return None
        if text := value.s:
            return str(text) if len(text) < SHORTEST_SECRET else _masked(text[:LONGEST])
        found = scalar(value)
        if found is None or found == "":
            return None
        return ("true" if found else "false") if isinstance(found, bool) else str(found)

    def identity(self, key: str) -> str | None:
        """An id as it stands, not masked: it joins what several channels tell, and is no text. None when absent."""
        value = self.raw.get(key)
        return None if value is None else value.s[:ID] or None

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


PROCESS_KEYS = ("process.pid", "aimon.pid", "aimon.cwd", "host.name")
"""Resource attributes that say where a session runs."""


class Scope:
    """What all records of one instrumentation scope share."""

    __slots__ = ("label", "name", "resource", "service", "tagged")

    def __init__(self, name: str, resource: Attributes) -> None:
        self.name = name
        self.resource = resource
        self.service = resource.text("service.name") or ""
        self.label = f"{self.service}/{name}/"
        """What counts of its unknown records begin with."""
        self.tagged = any(key in resource.raw for key in PROCESS_KEYS)
        """Whether the resource names a process, a folder or a host: most do not, and then no record need look."""


class Record(Attributes):
    """One log record, one span or one metric point; a subclass says where on the wire each fact lies.

    Facts are read when they are asked for: four of five log records of a client are noise that is known by its name.
    """

    __slots__ = ("arrived_ns", "message", "name", "scope")

    signal: ClassVar[Signal]

    def __init__(self, scope: Scope, raw: Mapping[str, Any], name: str, message: Any, arrived_ns: int) -> None:
        self.scope = scope
        self.raw = raw
        self.name = name
        """What `otlp.log_name` calls a log, the name of a span, the name of a metric."""
        self.message = message
        """The slim message, for what only one signal has: status, links, events; of a point, the metric around it."""
        self.arrived_ns = arrived_ns

    @property
    def at_ns(self) -> int:
        """When it happened: a log's time, else its observed time; a span's end; a point's time; else the arrival."""
        raise NotImplementedError

    @property
    def start_ns(self) -> int:
        """When it began: the start of a span or of a point's interval, else the same as `at_ns`."""
        return self.at_ns

    @property
    def span_id(self) -> bytes:
        """The span it is, or lies in; empty where it lies in none."""
        return b""

    @property
    def trace_id(self) -> bytes:
        """The trace it belongs to; empty where it belongs to none."""
        return b""

    @property
    def parent_id(self) -> bytes:
        """The span around a span; empty for a root and for everything that is no span."""
        return b""


class LogRecord(Record):
    """A log record."""

    __slots__ = ()
    signal = "logs"

    @property
    def at_ns(self) -> int:
        """Its time; some clients leave it 0 and tell when it was observed."""
        message = self.message
        return int(message.time_unix_nano or message.observed_time_unix_nano or self.arrived_ns)

    @property
    def span_id(self) -> bytes:
        """The span it was written in."""
        return bytes(self.message.span_id)

    @property
    def trace_id(self) -> bytes:
        """The trace it was written in."""
        return bytes(self.message.trace_id)


class SpanRecord(Record):
    """A span that has ended."""

    __slots__ = ()
    signal = "traces"

    @property
    def at_ns(self) -> int:
        """Its end."""
        return int(self.message.end_time_unix_nano or self.arrived_ns)

    @property
    def start_ns(self) -> int:
        """Its start."""
        return int(self.message.start_time_unix_nano or self.at_ns)

    @property
    def span_id(self) -> bytes:
        """Its own id."""
        return bytes(self.message.span_id)

    @property
    def trace_id(self) -> bytes:
        """The trace it is in."""
        return bytes(self.message.trace_id)

    @property
    def parent_id(self) -> bytes:
        """The span around it."""
        return bytes(self.message.parent_span_id)


class PointRecord(Record):
    """A data point of a metric, with a finite value."""

    __slots__ = ("point", "value")
    signal = "metrics"

    def __init__(self, scope: Scope, name: str, metric: Any, arrived_ns: int, point: Any, value: float) -> None:
        super().__init__(scope, point.attributes, name, metric, arrived_ns)
        self.point = point
        self.value = value

    @property
    def at_ns(self) -> int:
        """The end of its interval."""
        return int(self.point.time_unix_nano or self.arrived_ns)

    @property
    def start_ns(self) -> int:
        """The start of its interval."""
        return int(self.point.start_time_unix_nano or self.at_ns)
