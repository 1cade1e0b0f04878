"""What the conventions for AI spans have in common: a call, a tool, a run, each by a table of attribute names.

https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/, https://arize-ai.github.io/openinference/spec/. In all
of them input includes the cached part and output the reasoning; sessions, turns and nesting are the trace's business.
"""

from collections.abc import Iterable

from msgspec import Struct

from aimon_core.events import Event, LlmCalled, PromptSubmitted, SessionSeen, ToolFinished, TurnEnded
from aimon_core.failures import classify
from aimon_core.session import Tokens
from receiver.dialects.base import STATUS_ERROR, Base, base_of, head, nested, took_ms
from receiver.record import Record

Names = tuple[str, ...]
"""Spellings of one thing, the newest first."""

ASKS = frozenset({"tool_calls", "tool_use", "tool_call", "tool-calls", "function_call"})
"""Finish reasons of an answer that asks for a tool."""


class Words(Struct, frozen=True, kw_only=True):
    """How a convention spells what a span tells."""

    session: Names
    model: Names
    response_id: Names = ()
    input: Names
    cache_read: Names
    cache_write: Names
    output: Names
    reasoning: Names
    finish: Names = ()
    cost_usd: Names = ()
    tool: Names
    tool_call_id: Names
    agent: Names
    error_type: Names = ("error.type",)


def session_of(record: Record, words: Words) -> str | None:
    """The session that a span names, or its resource."""
    return _identity(record, words.session) or record.scope.resource.identity("session.id")


def told(record: Record, words: Words, kind: str) -> Iterable[Event] | None:
    """A span by its kind: `llm`, `tokens` (no call of its own), `tool`, `run`, or `link` for what says nothing."""
    base = base_of(record, record.scope.service or record.scope.name, "")
    match kind:
        case "llm":
            events: list[Event] = [_call(record, words, base)]
        case "tokens":
            call = _call(record, words, base, counts=False)
            events = [call] if call.tokens.total else []
        case "tool":
            events = [_tool(record, words, base)]
        case "run":
            sums = _call(record, words, base, counts=False)
            events = [sums] if sums.ok and sums.tokens.total else []
            events += _run(record, words, base)
        case _:
            events = []
    return (nested(record, session_of(record, words), events),)


def _call(record: Record, words: Words, base: Base, *, counts: bool = True) -> LlmCalled:
    ok = record.message.status.code != STATUS_ERROR
    error = _error(record)
    dollars = next((found for name in words.cost_usd if (found := record.number(name)) is not None), None)
    return LlmCalled(
        **base,
        call_id=_identity(record, words.response_id) or record.span_id.hex(),
        unit=record.span_id.hex(),
        model=_text(record, words.model) or "unknown",
        tokens=_tokens(record, words),
        cost_picodollars=None if dollars is None else round(dollars * 1e12),
        duration_ms=took_ms(record),
        ok=ok,
        error=head(error),
        error_type=None if ok else classify(None, _text(record, words.error_type) or "", error),
        asks_tool=_asks(record, words),
        counts=counts,
    )


def _tokens(record: Record, words: Words) -> Tokens:
    inclusive = _integer(record, words.input) or 0
    read, written = _integer(record, words.cache_read) or 0, _integer(record, words.cache_write) or 0
    return Tokens(
        input=max(0, inclusive - read - written),
        cache_read=read,
        cache_write_unknown=written,
        output=_integer(record, words.output) or 0,
        reasoning=_integer(record, words.reasoning),
    )


def _asks(record: Record, words: Words) -> bool | None:
    for name in words.finish:
        if (found := record.raw.get(name)) is not None:
            return found.s in ASKS or any(one.s in ASKS for one in found.a.values)
    return None


def _tool(record: Record, words: Words, base: Base) -> ToolFinished:
    span = record.span_id.hex()
    return ToolFinished(
        **base,
        call_id=_identity(record, words.tool_call_id) or span,
        unit=span,
        name=head(_text(record, words.tool)) or head(record.name),
        ok=record.message.status.code != STATUS_ERROR,
        duration_ms=took_ms(record),
        error=head(_error(record)),
    )


def _run(record: Record, words: Words, base: Base) -> Iterable[Event]:
    """The outermost run is a turn, exported when it is over: both its ends are told at once. Inner ones are parts."""
    span, failed = record.span_id.hex(), record.message.status.code == STATUS_ERROR
    if not record.parent_id:
        resource = record.scope.resource
        yield SessionSeen(
            **base,
            title=head(_text(record, words.agent)) or None,
            pid=resource.integer("process.pid"),
            host=resource.text("host.name"),
            cwd=resource.text("process.working_directory"),
        )
        yield PromptSubmitted(**base | {"at_ns": record.start_ns}, prompt_id=span, unit=span)
    if failed:
        error = _error(record)
        kind = classify(None, _text(record, words.error_type) or "", error)
        yield TurnEnded(**base, reason="failed", error_type=kind, text=head(error), turn_span=span)
    elif not record.parent_id:
        yield TurnEnded(**base, reason="span", turn_span=span, began_ns=record.start_ns)


def _error(record: Record) -> str:
    """What a failed span says: its status, else the exception it noted."""
    if words := record.message.status.message:
        return str(words)
    for event in record.message.events:
        if event.name == "exception" and (found := event.attributes.get("exception.message")) is not None:
            return str(found.s)
    return ""


def _identity(record: Record, names: Names) -> str | None:
    return next((found for name in names if (found := record.identity(name))), None)


def _text(record: Record, names: Names) -> str | None:
    return next((found for name in names if (found := record.text(name))), None)


def _integer(record: Record, names: Names) -> int | None:
    return next((found for name in names if (found := record.integer(name)) is not None), None)
