"""Claude Code's log events, spans and metrics, of the builds since 2.1.100.

Scopes `com.anthropic.claude_code.events` (logs), `.tracing` (spans) and `com.anthropic.claude_code` (metrics). Numbers
were strings until about 2.1.1xx, request and tool use ids came after 2.1.100: `tests/captures/claude-code` has both.
Input excludes both kinds of cached tokens, output includes thinking. The rest is noise and is dropped by name.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from aimon_core.events import (
    Counted,
    Event,
    LlmCalled,
    PermissionAnswered,
    PromptSubmitted,
    SessionEnded,
    SessionSeen,
    Spoke,
    SubagentEnded,
    ToolFinished,
    TurnEnded,
)
from aimon_core.failures import classify
from aimon_core.session import Tokens
from receiver.dialects.base import Unread, head
from receiver.otlp import is_delta
from receiver.record import Record, Scope
from receiver.subjects import subject

AGENT = "claude-code"
SCOPE = "com.anthropic.claude_code"

_Reads = Callable[[Record, dict[str, Any]], Iterable[Event]]


class ClaudeCode:
    """The dialect of Claude Code."""

    name = AGENT

    def claims(self, scope: Scope) -> bool:
        """Its scopes all begin alike; a resource of that name may also carry other scopes, which are not its own."""
        return scope.name.startswith(SCOPE)

    def translate(self, record: Record) -> Iterable[Event] | None:
        """What a log event, a span or a metric point tells."""
        reads = READS[record.signal].get(record.name)
        if reads is None:
            return None
        session_id = record.text("session.id")
        if session_id is None:
            if record.signal != "metrics":  # OTEL_METRICS_INCLUDE_SESSION_ID=false takes it from all three
                raise Unread
            session_id = ""
        base: dict[str, Any] = {
            "agent": AGENT,
            "session_id": session_id,
            "at_ns": record.at_ns,
            "channel": _CHANNELS[record.signal],
            "signal": record.name,
            "agent_id": record.text("agent_id"),
        }
        events = reads(record, base)
        seen = _facts(record, base)
        return (*events, seen) if seen else events


_CHANNELS = {"logs": "log", "traces": "span", "metrics": "metric"}


def _facts(record: Record, base: dict[str, Any]) -> SessionSeen | None:
    """A pid or a place that a wrapper wrote into OTEL_RESOURCE_ATTRIBUTES, and the host where the user allows it."""
    resource = record.scope.resource
    pid = resource.integer("process.pid") or resource.integer("aimon.pid")
    cwd, host = resource.text("aimon.cwd"), resource.text("host.name")
    if pid is None and cwd is None and host is None:
        return None
    return SessionSeen(**base, pid=pid, cwd=cwd, host=host)


def _unit(record: Record) -> str:
    """A log record within its channel: the sequence restarts with each process, the time does not repeat with it."""
    return f"{record.integer('event.sequence')}:{record.at_ns}"


def _prompt(record: Record, base: dict[str, Any]) -> Iterable[Event]:
    command = record.text("command_name")
    yield PromptSubmitted(
        **base,
        prompt_id=record.text("prompt.id"),
        unit=_unit(record),
        text=head(record.text("prompt")),
        command=command is not None,
    )
    if command in {"exit", "quit", "clear"}:
        yield SessionEnded(**base, reason=command)


def _tokens(record: Record) -> Tokens:
    written = record.integer("cache_creation_tokens") or 0
    short, long = record.integer("cache_creation_5m_tokens"), record.integer("cache_creation_1h_tokens")
    if short is None and long is None:
        split = (0, 0, written)
    else:
        split = (short or 0, long or 0, max(0, written - (short or 0) - (long or 0)))
    return Tokens(
        record.integer("input_tokens") or 0,
        record.integer("cache_read_tokens") or 0,
        *split,
        record.integer("output_tokens") or 0,
        0,  # thinking is billed as output and not told apart
    )


MAIN_SOURCES = ("repl_main_thread", "sdk", "compact", "agent:", "agent.")
"""Beginnings of `query_source` of a call that works on the conversation; others are helpers beside it."""


def _is_side(record: Record) -> bool:
    source = record.text("query_source") or record.text("query_source_safe")
    return source is not None and not source.startswith(MAIN_SOURCES)


def _request(record: Record, base: dict[str, Any]) -> Iterable[Event]:
    dollars = record.number("cost_usd")
    yield LlmCalled(
        **base,
        call_id=record.text("request_id"),
        unit=_unit(record),
        model=record.text("model") or "unknown",
        tokens=_tokens(record),
        cost_picodollars=None if dollars is None else round(dollars * 1e12),
        duration_ms=record.number("duration_ms"),
        prompt_id=record.text("prompt.id"),
        side=_is_side(record),
    )


def _request_failed(record: Record, base: dict[str, Any]) -> Iterable[Event]:
    status, error = record.integer("status_code"), record.text("error") or ""
    yield LlmCalled(
        **base,
        call_id=record.text("request_id"),
        unit=_unit(record),
        model=record.text("model") or "unknown",
        tokens=Tokens(reasoning=0),
        duration_ms=record.number("duration_ms"),
        ok=False,
        status=status,
        error=head(error),
        error_type=classify(status, "", error),
        attempt=record.integer("attempt") or 1,
        prompt_id=record.text("prompt.id"),
        side=_is_side(record),
    )


def _gave_up(record: Record, base: dict[str, Any]) -> Iterable[Event]:
    status, error = record.integer("status_code"), record.text("error") or ""
    if _is_side(record) or base["agent_id"] is not None:
        return
    yield TurnEnded(
        **base,
        reason="failed",
        error_type=classify(status, "", error),
        text=head(error),
        prompt_id=record.text("prompt.id"),
    )


def _decision(record: Record, base: dict[str, Any]) -> Iterable[Event]:
    source = record.text("source") or ""
    accepted = record.text("decision") == "accept"
    yield PermissionAnswered(
        **base,
        call_id=record.text("tool_use_id"),
        unit=record.span_id.hex() or _unit(record),  # the record lies in the span of the wait it ended
        name=record.text("tool_name") or "",
        accepted=accepted,
        by_person=source.startswith("user"),
        ends_turn=not accepted and source in {"user_reject", "user_abort"},
    )


def _result(record: Record, base: dict[str, Any]) -> Iterable[Event]:
    name = record.text("tool_name") or ""
    yield ToolFinished(
        **base,
        call_id=record.text("tool_use_id"),
        unit=_unit(record),
        name=name,
        ok=record.flag("success") is not False,
        subject=subject(name, _json(record.text("tool_input"))),
        duration_ms=record.number("duration_ms"),
        error=head(record.text("error") or record.text("error_type")),
    )


def _spoken(record: Record, base: dict[str, Any]) -> Iterable[Event]:
    text = record.text("response")
    if text and text != "<REDACTED>" and base["agent_id"] is None:
        yield Spoke(**base, text=head(text))


def _subagent_done(record: Record, base: dict[str, Any]) -> Iterable[Event]:
    if base["agent_id"] is not None:
        yield SubagentEnded(**base, type=record.text("agent_type"))


def _call_span(record: Record, base: dict[str, Any]) -> Iterable[Event]:
    ok = record.flag("success") is not False
    status, error = record.integer("status_code"), record.text("error") or ""
    owned = record.text("llm_request.context") == "interaction" and base["agent_id"] is None
    stop = record.text("stop_reason")
    yield LlmCalled(
        **base,
        call_id=record.text("request_id"),
        unit=record.span_id.hex(),
        model=record.text("model") or "unknown",
        tokens=_tokens(record),
        duration_ms=record.number("duration_ms"),
        ok=ok,
        status=status,
        error=head(error),
        error_type=None if ok else classify(status, record.text("error_class") or "", error),
        attempt=record.integer("attempt") or 1,
        turn_span=record.parent_id.hex() if owned else None,
        stop_reason=stop,
        side=_is_side(record) or record.text("llm_request.context") == "standalone",
        asks_tool=None if stop is None else stop == "tool_use",
    )


def _tool_span(record: Record, base: dict[str, Any]) -> Iterable[Event]:
    name = record.text("tool_name") or ""
    yield ToolFinished(
        **base,
        call_id=record.text("tool_use_id"),
        unit=record.span_id.hex(),
        name=name,
        subject=head(record.text("full_command") or record.text("file_path")),
        duration_ms=record.number("duration_ms"),
    )


def _execution_span(record: Record, base: dict[str, Any]) -> Iterable[Event]:
    """Only the execution knows of failure; without the tool's id (2.1.100) it cannot be told whose it is."""
    call_id = record.text("tool_use_id")
    if call_id is None or record.flag("success") is not False:
        return
    yield ToolFinished(
        **base,
        call_id=call_id,
        unit=record.span_id.hex(),
        name=record.text("tool_name") or "",
        ok=False,
        error=head(record.text("error")),
    )


def _blocked_span(record: Record, base: dict[str, Any]) -> Iterable[Event]:
    source = record.text("source") or ""
    if source in {"", "unknown"}:
        return  # 2.1.100 does not say who decided: most of these are rules that took a millisecond
    accepted = record.text("decision") == "accept"
    yield PermissionAnswered(
        **base,
        call_id=None,
        unit=record.span_id.hex(),
        name="",
        accepted=accepted,
        by_person=source.startswith("user"),
        ends_turn=not accepted and source in {"user_reject", "user_abort"},
        waited_ms=record.number("duration_ms"),
    )


def _interaction_span(record: Record, base: dict[str, Any]) -> Iterable[Event]:
    yield TurnEnded(**base, reason="span", turn_span=record.span_id.hex(), began_ns=record.start_ns)


def _usage(record: Record, base: dict[str, Any]) -> Iterable[Event]:
    part = record.text("type") or ""
    identity = ";".join(f"{key}={record.text(key)}" for key in sorted(record.raw))
    yield Counted(
        **base,
        metric="cost" if record.name == "claude_code.cost.usage" else "tokens",
        part=part,
        model=record.text("model") or "",
        series=f"{record.name};{identity}",
        start_ns=record.start_ns,
        value=record.value,
        delta=is_delta(record),
    )


def _json(text: str | None) -> dict[str, Any]:
    if not text or not text.startswith("{"):
        return {}
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError:  # the client cuts long inputs in the middle
        return {}
    return found if isinstance(found, dict) else {}


READS: dict[str, dict[str, _Reads]] = {
    "logs": {
        "claude_code.user_prompt": _prompt,
        "claude_code.api_request": _request,
        "claude_code.api_error": _request_failed,
        "claude_code.api_retries_exhausted": _gave_up,
        "claude_code.tool_decision": _decision,
        "claude_code.tool_result": _result,
        "claude_code.assistant_response": _spoken,
        "claude_code.subagent_completed": _subagent_done,
    },
    "traces": {
        "claude_code.llm_request": _call_span,
        "claude_code.tool": _tool_span,
        "claude_code.tool.execution": _execution_span,
        "claude_code.tool.blocked_on_user": _blocked_span,
        "claude_code.interaction": _interaction_span,
    },
    "metrics": {
        "claude_code.token.usage": _usage,
        "claude_code.cost.usage": _usage,
    },
}
"""Which function reads which record; what is not here is noise and makes no event."""
