"""Claude Code's spans: exported when they end, so they know durations, attempts and waits, and nothing that is open."""

from collections.abc import Iterable

from aimon_core.events import Event, LlmCalled, PermissionAnswered, ToolFinished, TurnEnded
from aimon_core.failures import classify
from receiver.dialects.base import Base, head
from receiver.dialects.claude_code.fields import counts, is_side, tokens
from receiver.record import Record


def call(record: Record, base: Base) -> Iterable[Event]:
    """A model call from its first attempt to its end."""
    ok = record.flag("success") is not False
    status, error = record.integer("status_code"), record.text("error") or ""
    owned = record.identity("llm_request.context") == "interaction" and base["agent_id"] is None
    stop = record.identity("stop_reason")
    yield LlmCalled(
        **base,
        call_id=record.identity("request_id"),
        unit=record.span_id.hex(),
        model=record.text("model") or "unknown",
        tokens=tokens(record, counts(record)),
        duration_ms=record.number("duration_ms"),
        fast=record.identity("speed") == "fast",
        ok=ok,
        status=status,
        error=head(error),
        error_type=None if ok else classify(status, record.identity("error_class") or "", error),
        attempt=record.integer("attempt") or 1,
        turn_span=record.parent_id.hex() if owned else None,
        stop_reason=stop,
        side=is_side(record) or record.identity("llm_request.context") == "standalone",
        asks_tool=None if stop is None else stop == "tool_use",
    )


def tool(record: Record, base: Base) -> Iterable[Event]:
    """A tool call from the question to the result."""
    name = record.text("tool_name") or ""
    yield ToolFinished(
        **base,
        call_id=record.identity("tool_use_id"),
        unit=record.span_id.hex(),
        name=name,
        subject=head(record.text("full_command") or record.text("file_path")),
        duration_ms=record.number("duration_ms"),
    )


def execution(record: Record, base: Base) -> Iterable[Event]:
    """Only the execution knows of failure; without the tool's id (2.1.100) it cannot be told whose it is."""
    call_id = record.identity("tool_use_id")
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


def blocked(record: Record, base: Base) -> Iterable[Event]:
    """The time a tool call waited for a decision."""
    source = record.identity("source") or ""
    if source in {"", "unknown"}:
        return  # 2.1.100 does not say who decided: most of these are rules that took a millisecond
    accepted = record.identity("decision") == "accept"
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


def interaction(record: Record, base: Base) -> Iterable[Event]:
    """A prompt and all that followed; Esc ends it like an answer does, which `lifecycle` tells apart."""
    yield TurnEnded(**base, reason="span", turn_span=record.span_id.hex(), began_ns=record.start_ns)
