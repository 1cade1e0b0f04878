"""Deliveries as reports, one a record or payload, and which of them tell of one span.

Whose a report is the dialects say, as they did when it came in: it is translated again, and its events name the span.
One without an id tells of the span it looks like and lies nearest to, as the ledger counted it.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from aimon_core.events import (
    Channel,
    Event,
    LlmCalled,
    Nested,
    PermissionAnswered,
    PermissionAsked,
    SubagentEnded,
    SubagentStarted,
    ToolFinished,
    ToolStarted,
)
from aimon_core.identity import session_key
from aimon_core.journal import Delivery
from aimon_core.session import Tokens
from aimon_core.spans import Span
from receiver import attributes, codec, hooks, otlp
from receiver.attributes import Pairs
from receiver.dialects import Interpreter
from receiver.hooks import HOOK_AGENTS
from receiver.record import Record, Signal
from receiver.status import Refused

NEAR_NS = 1_500_000_000
"""Two reports of one thing without an id lie closer than this: a hook's process takes its time to start."""

_TELLING: dict[str, Signal] = {"logs": "logs", "traces": "traces"}
"""Kinds of deliveries that tell of spans; metrics do not."""


class Report(Struct):
    """A record or a payload, what it means, and how to read all of it."""

    channel: Channel
    signal: str
    at_ns: int
    events: list[Event]
    attributes: Callable[[], Pairs]
    span_id: bytes = b""
    """Of a span its own."""
    parent_id: bytes = b""


def read(deliveries: Iterable[Delivery], key: str, thing: str) -> list[Report]:
    """What deliveries say about one session today, in their order; what cannot be read any more is left out.

    `thing` is the id that is asked for: of a payload that names several, only its part is told.
    """
    interpreter = Interpreter()
    reports: list[Report] = []
    for delivery in deliveries:
        try:
            found = list(_split(delivery, interpreter, thing))
        except (Refused, ValueError, TypeError, LookupError):
            continue
        reports += [one for one in found if not one.events or session_key(one.events[0]) == key]
    return reports


def _split(delivery: Delivery, interpreter: Interpreter, thing: str) -> Iterator[Report]:
    arrived_ns = delivery.arrived_ns
    if (agent := delivery.kind.removeprefix("hooks/")) in HOOK_AGENTS:
        payload = msgspec.json.decode(delivery.body, type=dict[str, Any])
        events = hooks.restored(agent, payload, arrived_ns)
        yield Report("hook", events[-1].signal, arrived_ns, events, partial(attributes.of_payload, payload, thing))
    elif signal := _TELLING.get(delivery.kind):
        message = codec.decode(signal, delivery.body, "protobuf")
        for record in otlp.records(signal, message, arrived_ns):
            yield _report(record, _unnested(interpreter.translate((record,))))


def _unnested(events: list[Event]) -> list[Event]:
    """What nested spans tell, each for the session that it names itself."""
    told: list[Event] = []
    for event in events:
        inner = event.told if isinstance(event, Nested) else (event,)
        told += [replace(one, session_id=one.session_id or event.session_id) for one in inner]
    return told


def _report(record: Record, events: list[Event]) -> Report:
    if record.signal == "logs":
        return Report("log", record.name, record.at_ns, events, partial(attributes.of_record, record))
    ids = record.span_id, record.parent_id
    return Report("span", record.name, record.at_ns, events, partial(attributes.of_record, record), *ids)


# ------------------------------------------------------------------------------------------ whose it is

_ToolEvent = ToolStarted | ToolFinished | PermissionAnswered
_OWN = (LlmCalled, ToolStarted, ToolFinished, SubagentStarted, SubagentEnded)
"""Events of what is a span of its own."""


def thing_of(span: Span) -> str:
    """The id of what a span shows, without its kind; a number where the client told none."""
    return span.key.partition(":")[2]


def about(span: Span, reports: list[Report]) -> list[Report]:
    """Those of a session's reports, given in the order of their arrival, that tell of a span."""
    match span.kind:
        case "llm":
            return _of_call(span, reports)
        case "tool":
            return _of_tool(span, reports)
        case "wait":
            asked = (PermissionAsked, PermissionAnswered)
            return [one for one in _of_tool(span, reports) if any(isinstance(event, asked) for event in one.events)]
        case "agent":
            agent = thing_of(span)
            return [one for one in reports if any(_bounds_agent(event, agent) for event in one.events)]


def _bounds_agent(event: Event, agent_id: str) -> bool:
    return isinstance(event, SubagentStarted | SubagentEnded) and event.agent_id == agent_id


def _of_call(span: Span, reports: list[Report]) -> list[Report]:
    call_id, mark = thing_of(span), (not span.failed, span.name, _counts(span.tokens))
    calls = [(one, event) for one in reports for event in one.events if isinstance(event, LlmCalled)]
    named = [one for one, event in calls if event.call_id == call_id]
    alike = [
        (one, event)
        for one, event in calls
        if not event.call_id and (event.ok, event.model, _counts(event.tokens)) == mark
    ]
    heard = {one.channel for one in named}
    return named + [one for one in _nearest(span, alike, _end_ns(span), {}) if one.channel not in heard]


def _of_tool(span: Span, reports: list[Report]) -> list[Report]:
    """By its id, by what lies in it where that says no more, else by likeness."""
    named = _naming(thing_of(span), reports)
    heard = {(one.channel, one.signal) for one in named}
    spans = {one.span_id for one in named if one.span_id}
    decided = {event.unit for one in named for event in one.events if isinstance(event, PermissionAnswered)}
    parts = [
        one
        for one in reports
        if one.channel == "span"
        and (one.parent_id in spans or one.span_id.hex() in decided)
        and not any(isinstance(event, _OWN) for event in one.events)
    ]
    alike = [
        *_like_tool(span, reports, span.start_ns, (ToolStarted, PermissionAnswered)),
        *_like_tool(span, reports, _end_ns(span), (ToolFinished,)),
    ]
    return named + parts + [one for one in alike if (one.channel, one.signal) not in heard]


def _like_tool(span: Span, reports: list[Report], at_ns: int, kinds: tuple[type[_ToolEvent], ...]) -> list[Report]:
    """Reports of the same tool without an id, from about a moment; calls with ids are its peers."""
    alike, peers = [], dict[str, int]()
    for one in reports:
        for event in one.events:
            if isinstance(event, kinds) and event.name == span.name:
                if event.call_id is None:
                    alike.append((one, event))
                else:
                    peers[event.call_id] = min(event.at_ns, peers.get(event.call_id, event.at_ns))
    return _nearest(span, alike, at_ns, peers)


def _naming(call_id: str, reports: list[Report]) -> list[Report]:
    """Reports of a tool's id; a request for permission has none, but repeats the input of the call before it."""
    named, inputs = [], dict[str, str | None]()
    for one in reports:
        inputs |= {event.digest: event.call_id for event in one.events if isinstance(event, ToolStarted)}
        if any(_is_named(event, call_id, inputs) for event in one.events):
            named.append(one)
    return named


def _is_named(event: Event, call_id: str, inputs: dict[str, str | None]) -> bool:
    match event:
        case PermissionAsked(call_id=None):
            return bool(event.digest) and inputs.get(event.digest) == call_id
        case ToolStarted() | ToolFinished() | PermissionAsked() | PermissionAnswered():
            return event.call_id == call_id
    return False


def _nearest(
    span: Span, alike: Sequence[tuple[Report, LlmCalled | _ToolEvent]], at_ns: int, peers: dict[str, int]
) -> list[Report]:
    """Of each signal the one report that lies nearest to a moment.

    Where as many things with ids (`peers`, when each was first told of) lie near as reports without, their order
    decides: hooks arrive late, and of two parallel calls both would be nearest to the later report.
    """
    near = sorted((moment, thing) for thing, moment in peers.items() if abs(moment - at_ns) < NEAR_NS)
    order = [thing for _, thing in near]
    signals: dict[str, dict[str, tuple[int, Report]]] = {}
    for one, event in alike:
        if event.agent_id in {None, span.agent_id} and abs(event.at_ns - at_ns) < NEAR_NS:
            signals.setdefault(one.signal, {})[event.unit] = (event.at_ns, one)
    found = []
    for units in signals.values():
        pairs = sorted(units.values(), key=lambda pair: pair[0])
        if thing_of(span) in order and len(order) == len(pairs):
            found.append(pairs[order.index(thing_of(span))][1])
        else:
            found.append(min(pairs, key=lambda pair: abs(pair[0] - at_ns))[1])
    return found


def _end_ns(span: Span) -> int:
    return span.start_ns if span.end_ns is None else span.end_ns


def _counts(tokens: Tokens | None) -> tuple[int, ...]:
    return (tokens.input, tokens.cache_read, tokens.cache_write, tokens.output) if tokens else ()
