"""Spans of programs that speak a convention: one unit of work is counted once, and a whole trace is one session's.

Instrumentors wrap each other: a chain's span repeats its calls' usage, a call appears in the framework's words, in the
SDK's and in those of both. Of all spans that tell of one call the deepest with usage counts. A session may be named on
any span of a trace; the root's word wins. Spans come in any order and any number of batches, so what was told before
is taken back when a later one says better (`tests/captures/frameworks`).
"""

from collections import OrderedDict
from collections.abc import Iterator

from msgspec import Struct
from msgspec.structs import replace

from aimon_core.events import CallWithdrawn, Event, LlmCalled, Nested, ToolFinished, TurnEnded
from aimon_core.identity import session_key

TRACES = 1_024
"""Traces in which late spans still find their place."""
SPANS = 100_000
"""Spans of all of them together."""

MOVABLE = 4_096
"""Events of one trace that still move when its root names another session."""

USAGE, CALL, TOOL_FAILED = 1, 2, 4
"""What a span may have below it."""


class _Call(Struct):
    """A call that was told."""

    event: LlmCalled
    usage: bool


class _Trace(Struct):
    """One trace, as far as its spans have come."""

    session_id: str
    by_root: bool = False
    parents: dict[str, str] = {}
    below: dict[str, int] = {}
    """By span, what was seen below it."""
    calls: dict[str, _Call] = {}
    """By span, the calls that count."""
    failed: dict[str, TurnEnded] = {}
    """By span, the runs that failed."""
    told: list[Event] = []
    """Everything told so far, while the root may yet name another session."""


class Traces:
    """What is known of the traces that still come in."""

    def __init__(self) -> None:
        self._traces: OrderedDict[tuple[str, str], _Trace] = OrderedDict()
        self._spans = 0
        self.left: list[str] = []
        """Keys of sessions that were none: their traces belong to others."""

    def enter(self, event: Nested) -> list[Event]:
        """What one span tells, in the session that it belongs to, and what it takes back."""
        trace = self._trace(event)
        new = event.span not in trace.parents
        if new:
            trace.parents[event.span] = event.parent
            self._spans += 1
        events = self._named(trace, event)
        for one in event.told:
            told = replace(one, session_id=trace.session_id)
            match told:
                case LlmCalled():
                    events += _called(trace, event.span, told)
                case TurnEnded(reason="failed"):
                    trace.failed[event.span] = told
                    events.append(_blamed(trace, event.span))
                case _:
                    if isinstance(told, ToolFinished) and not told.ok:
                        _raise(trace, event.span, TOOL_FAILED)
                    events.append(told)
        if new and (known := trace.below.get(event.span, 0)):
            _raise(trace, event.span, known)
        events += _settled(trace, event.span)
        if not trace.by_root and len(trace.told) < MOVABLE:
            trace.told += events
        return events

    def _trace(self, event: Nested) -> _Trace:
        key = (event.agent, event.trace)
        trace = self._traces.get(key)
        if trace is None:
            trace = self._traces[key] = _Trace(event.session_id)
        self._traces.move_to_end(key)
        while len(self._traces) > TRACES or (self._spans > SPANS and len(self._traces) > 1):
            _, gone = self._traces.popitem(last=False)
            self._spans -= len(gone.parents)
        return trace

    def _named(self, trace: _Trace, event: Nested) -> list[Event]:
        """Learn the session's name: the first one told, and the root's for good; what was told before moves there."""
        if not event.named or trace.by_root:
            trace.by_root |= not event.parent
            return []
        before, moves = trace.session_id, not event.parent or trace.session_id == event.trace
        trace.by_root = not event.parent
        if not moves or before == event.session_id:
            return []
        trace.session_id = event.session_id
        moved = [replace(one, session_id=event.session_id) for one in trace.told]
        trace.told = []
        if moved:
            self.left.append(session_key(replace(moved[0], session_id=before)))
        trace.calls = {
            span: _Call(replace(call.event, session_id=event.session_id), call.usage)
            for span, call in trace.calls.items()
        }
        return moved


def _called(trace: _Trace, span: str, call: LlmCalled) -> list[Event]:
    """A call counts unless something deeper tells of it, or something around it has the usage that it has not."""
    usage, below = call.tokens.total > 0, trace.below.get(span, 0)
    if below & USAGE or (not usage and below & CALL):
        return []
    around = list(_around(trace, span))
    if not usage and any(one in trace.calls and trace.calls[one].usage for one in around):
        return []
    trace.calls[span] = _Call(call, usage)
    _raise(trace, span, CALL | (USAGE if usage else 0))
    return [call]


def _settled(trace: _Trace, span: str) -> list[Event]:
    """Take back what this span, or the link that it closes, has made a second word of the same call."""
    taken: list[Event] = []
    related = [one for one in _around(trace, span) if one in trace.calls]
    if span in trace.calls and trace.calls[span].usage:
        related += [one for one, call in trace.calls.items() if not call.usage and span in _around(trace, one)]
    for one in related:
        call, below = trace.calls[one], trace.below.get(one, 0)
        wraps = below & USAGE or (not call.usage and below & CALL)
        inside = not call.usage and any(trace.calls[up].usage for up in _around(trace, one) if up in trace.calls)
        if wraps or inside:
            del trace.calls[one]
            if not any(other.event.call_id == call.event.call_id for other in trace.calls.values()):
                taken.append(_withdrawn(call.event))
    taken += [_blamed(trace, one) for one in _around(trace, span) if one in trace.failed]
    return taken


def _blamed(trace: _Trace, span: str) -> TurnEnded:
    """How a run failed: by a tool, where one failed below it; then the error is counted there."""
    told = trace.failed[span]
    if trace.below.get(span, 0) & TOOL_FAILED and not told.by_tool:
        told = trace.failed[span] = replace(told, by_tool=True)
    return told


def _withdrawn(call: LlmCalled) -> CallWithdrawn:
    return CallWithdrawn(
        agent=call.agent, session_id=call.session_id, at_ns=call.at_ns, channel=call.channel, signal=call.signal,
        call_id=call.call_id or call.unit,
    )  # fmt: skip


def _around(trace: _Trace, span: str) -> Iterator[str]:
    """The spans around a span, from the inside out, as far as they have come; a circle ends."""
    seen = {span}
    while (span := trace.parents.get(span, "")) and span not in seen:
        seen.add(span)
        yield span


def _raise(trace: _Trace, span: str, what: int) -> None:
    """Tell all spans around a span what lies in it."""
    for one in _around(trace, span):
        known = trace.below.get(one, 0)
        if known | what == known and one in trace.parents:
            break
        trace.below[one] = known | what
