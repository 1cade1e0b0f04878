"""What a dialect is: an agent's telemetry turned into events, by table, without state and without other dialects."""

from collections.abc import Callable, Container, Iterable, Mapping
from typing import Any, Protocol

import msgspec

from aimon_core.events import Counted, Event, Nested, SessionSeen
from aimon_core.masking import mask
from receiver.otlp import is_delta
from receiver.record import CHANNELS, PointRecord, Record, Scope, Signal
from receiver.subjects import subject

TEXT = 256
"""Characters of foreign text an event carries: more than any cell shows, little enough to keep."""

STATUS_ERROR = 2
"""`Status.code` of a failed span."""

PERSON_MS = 50.0
"""A rule decides sooner, no person does."""

PASSING = frozenset({"rate_limit", "server", "timeout"})
"""Failures that pass, so that a client tries again by itself."""

AGAIN_S = 45.0
"""Gemini CLI 0.61 and Qwen Code wait up to 30 s, give or take 30 %, and tell of the next attempt 5 s later."""

Base = dict[str, Any]
"""What all events of one record begin with: whose they are, when, and by which channel."""

Reads = Callable[[Record, Base], Iterable[Event]]
"""Reads the events off a record of one kind."""


class Unread(Exception):
    """A record the dialect claims but cannot make sense of; counted by the interpreter, never seen outside."""


class Dialect(Protocol):
    """The language of one agent, or of one convention."""

    name: str

    @property
    def noise(self) -> Mapping[Signal, Container[str]] | None:
        """Names that nobody needs: log records so called are dropped before anything is built of them.

        What is neither read nor noise is new of this agent, and an alarm. None for a convention, not an agent's own
        language: what else those who follow it say is unknown, and nothing new.
        """

    def claims(self, scope: Scope) -> bool:
        """Whether the records of a scope are in this language."""

    def translate(self, record: Record) -> Iterable[Event] | None:
        """The events a record tells of; None for noise and for what the dialect does not know, which is counted.

        Raises `Unread` for a record without what its kind cannot be without.
        """


def again_s(error_type: str) -> float:
    """Seconds within which a client that tries ten times tries again."""
    return AGAIN_S if error_type in PASSING else 0.0


def head(text: str | None) -> str:
    """As much of a foreign text as an event carries, secrets masked."""
    return mask(text[: 4 * TEXT])[:TEXT] if text else ""


def subject_of(tool: str, text: str | None) -> str:
    """What a tool call works on, by the JSON text of its input; empty where that was cut in the middle."""
    if not text or not text.startswith("{"):
        return ""
    try:
        return head(subject(tool, msgspec.json.decode(text, type=dict[str, Any])))
    except msgspec.DecodeError:
        return ""


def took_ms(record: Record) -> float:
    """How long a span lasted."""
    return (record.at_ns - record.start_ns) / 1e6


def base_of(record: Record, agent: str, session_id: str) -> Base:
    """The beginning of each event that a record tells."""
    return {
        "agent": agent,
        "session_id": session_id,
        "at_ns": record.at_ns,
        "channel": CHANNELS[record.signal],
        "signal": record.name,
    }


def nested(record: Record, session_id: str | None, told: Iterable[Event] = ()) -> Nested:
    """A span in its trace, with what it tells; without a session of its own it is the trace's."""
    trace = record.trace_id.hex()
    return Nested(
        **base_of(record, record.scope.service or record.scope.name, session_id or trace),
        trace=trace,
        span=record.span_id.hex(),
        parent=record.parent_id.hex(),
        named=session_id is not None,
        told=tuple(told),
    )


def located(record: Record, base: Base) -> Iterable[Event]:
    """The process, folder and host of a session, where the resource tells one of them."""
    if record.scope.tagged:
        resource = record.scope.resource
        pid = resource.integer("process.pid") or resource.integer("aimon.pid")
        yield SessionSeen(**base, pid=pid, cwd=resource.text("aimon.cwd"), host=resource.text("host.name"))


def counted(record: Record, agent: str, parts: Iterable[str]) -> Iterable[Event]:
    """A point of tokens, for each of the parts it counts in; its process and all its attributes are its series."""
    instance = record.scope.resource.identity("service.instance.id") or ""
    series = ";".join([record.name, instance, *(f"{key}={record.text(key)}" for key in sorted(record.raw))])
    for part in parts:
        yield Counted(
            **base_of(record, agent, ""),
            metric="tokens",
            part=part,
            model=record.text("model") or record.text("gen_ai.response.model") or "",
            series=f"{series};{part}",
            start_ns=record.start_ns,
            value=record.value if isinstance(record, PointRecord) else 0.0,
            delta=is_delta(record),
        )
