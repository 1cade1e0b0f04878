"""Qwen Code's log events: prompts, attempts and answers of the model, what became of tools, subagents."""

from collections.abc import Iterable
from typing import Any

from aimon_core.events import (
    Event,
    LlmBegun,
    LlmCalled,
    PromptSubmitted,
    SessionEnded,
    SessionSeen,
    SessionStarted,
    SubagentEnded,
    SubagentStarted,
    TurnEnded,
)
from aimon_core.session import Tokens
from receiver.dialects.base import Base, head, subject_of
from receiver.dialects.qwen_code import fields
from receiver.record import Record


def opened(_record: Record, base: Base) -> Iterable[Event]:
    """A session began."""
    yield SessionStarted(**base)


def closed(_record: Record, base: Base) -> Iterable[Event]:
    """The session is over, or the client goes on with another."""
    yield SessionEnded(**base)


def prompt(record: Record, base: Base) -> Iterable[Event]:
    """A prompt."""
    yield PromptSubmitted(
        **base, prompt_id=record.identity("prompt_id"), unit=str(record.at_ns), text=head(record.text("prompt"))
    )


def request(record: Record, base: Base) -> Iterable[Event]:
    """A call, or the next attempt at one, is under way."""
    if not fields.is_side(record, base):
        yield LlmBegun(**base)


def answer(record: Record, base: Base) -> Iterable[Event]:
    """A model call that was answered."""
    yield LlmCalled(
        **base,
        call_id=record.identity("response_id"),
        unit=f"{record.at_ns}:{record.text('duration_ms')}",
        model=record.text("model") or "unknown",
        tokens=_tokens(record),
        duration_ms=record.number("duration_ms"),
        prompt_id=fields.prompt_id(record, base),
        side=fields.is_side(record, base),
    )


def attempt_failed(record: Record, base: Base) -> Iterable[Event]:
    """An attempt failed."""
    error = record.text("error_message") or record.text("error.message") or ""
    status = record.integer("status_code") or record.integer("http.status_code")
    yield fields.failed(record, base, error, record.text("error_type") or "", status)


def taken_back(_record: Record, base: Base) -> Iterable[Event]:
    """A person took the turn back; the prompt that is named is the next one."""
    yield TurnEnded(**base, reason="interrupted", complete=False)


def tool(record: Record, base: Base) -> Iterable[Event]:
    """A tool call was done, or never."""
    if fields.is_side(record, base):
        return
    name, status = record.text("function_name") or "", record.identity("status") or ""
    call_id = fields.tool_id(record.identity("call_id"))
    call: dict[str, Any] = {"call_id": call_id, "unit": call_id or str(record.at_ns), "name": name}
    yield fields.done(
        base | call | {"asked_by": record.identity("response_id")},
        status=status,
        decision=record.identity("decision"),
        ok=record.flag("success") is not False,
        subject=subject_of(name, record.text("function_args")),
        duration_ms=record.number("duration_ms"),
        error=head(record.text("error") or record.text("error_type")),
    )


def subagent(record: Record, base: Base) -> Iterable[Event]:
    """A subagent began or is done."""
    name, status = base["agent_id"], record.identity("status")
    if name is None:
        return
    if status == "started":
        yield SubagentStarted(**base, type=name)
    else:
        yield SubagentEnded(**base, type=name, ok=status == "completed")


def configured(record: Record, base: Base) -> Iterable[Event]:
    """What the client was started with."""
    yield SessionSeen(
        **base,
        model=record.text("model"),
        approval_policy=record.text("approval_mode"),
        mcp_servers=record.text("mcp_servers"),
    )


def _tokens(record: Record) -> Tokens:
    return fields.counted(
        record.integer("input_token_count") or 0,
        record.integer("cached_content_token_count") or 0,
        record.integer("output_token_count") or 0,
        record.integer("thoughts_token_count"),
        record.integer("total_token_count"),
    )
