"""Gemini CLI's log events: prompts, attempts and answers of the model, what became of tools, subagents."""

from collections.abc import Iterable
from typing import Any

from aimon_core.events import (
    Event,
    LlmBegun,
    LlmCalled,
    LlmTried,
    PermissionAnswered,
    PromptSubmitted,
    SessionEnded,
    SessionSeen,
    SessionStarted,
    SubagentEnded,
    SubagentStarted,
    ToolFinished,
)
from aimon_core.failures import classify
from receiver import windows
from receiver.dialects.base import Base, again_s, head, subject_of
from receiver.dialects.gemini_cli import fields
from receiver.record import Record


def prompt(record: Record, base: Base) -> Iterable[Event]:
    """A prompt."""
    yield PromptSubmitted(
        **base, prompt_id=fields.prompt_id(record, base), unit=str(record.at_ns), text=head(record.text("prompt"))
    )


def request(record: Record, base: Base) -> Iterable[Event]:
    """A call, or the next attempt at one, is under way."""
    if not fields.is_side(record):
        yield LlmBegun(**base)


def answer(record: Record, base: Base) -> Iterable[Event]:
    """A model call that was answered."""
    model = record.text("model") or "unknown"
    yield LlmCalled(
        **base,
        call_id=None,
        unit=fields.unit(record),
        model=model,
        tokens=fields.tokens(record),
        duration_ms=record.number("duration_ms"),
        prompt_id=fields.prompt_id(record, base),
        side=fields.is_side(record),
        asks_tool=fields.asks_tool(record),
    )
    if not fields.is_side(record):
        yield from windows.of_gemini(base, model)


def attempt_failed(record: Record, base: Base) -> Iterable[Event]:
    """An attempt failed; the client tries some ten times, and does not tell that it gave up."""
    status = record.integer("status_code") or record.integer("http.status_code")
    kind = record.text("error.type") or record.text("error_type") or ""
    error = record.text("error.message") or record.text("error") or ""
    model = record.text("model") or record.text("model_name") or "unknown"
    error_type = None if kind == "AbortError" else classify(status, kind, error)
    if error_type is None or fields.is_side(record):
        yield fields.unanswered(record, base, model, error, error_type)
    else:
        yield LlmTried(
            **base,
            unit=fields.unit(record),
            model=model,
            status=status,
            error=head(error),
            error_type=error_type,
            duration_ms=record.number("duration_ms") or record.number("duration"),
            again_s=again_s(error_type),
        )


def tool(record: Record, base: Base) -> Iterable[Event]:
    """A tool call was done, or never: what was not run because a person said no has no error, only that word."""
    name, ok = record.text("function_name") or "", record.flag("success") is not False
    call: dict[str, Any] = {"call_id": None, "unit": fields.unit(record), "name": name}
    error = record.text("error") or record.text("error_type")
    if record.identity("decision") == "reject":
        yield PermissionAnswered(**base, **call, accepted=False, by_person=True, ends_turn=True)
        return
    yield ToolFinished(
        **base,
        **call,
        ok=ok,
        subject=subject_of(name, record.text("function_args")),
        duration_ms=record.number("duration_ms"),
        error=head(error),
        interrupted=not ok and error is None,
    )


def agent_started(record: Record, base: Base) -> Iterable[Event]:
    """A subagent began."""
    if base["agent_id"] is not None:
        yield SubagentStarted(**base, type=record.text("agent_name"))


def agent_finished(record: Record, base: Base) -> Iterable[Event]:
    """A subagent is done: it reached its goal, or was stopped."""
    if base["agent_id"] is not None:
        ok = (record.identity("terminate_reason") or "GOAL") == "GOAL"
        yield SubagentEnded(**base, type=record.text("agent_name"), ok=ok)


def configured(record: Record, base: Base) -> Iterable[Event]:
    """The client was started, and with what."""
    yield SessionStarted(**base)
    yield SessionSeen(
        **base,
        model=record.text("model"),
        approval_policy=record.text("approval_mode"),
        mcp_servers=record.text("mcp_servers"),
    )


def mode_switched(record: Record, base: Base) -> Iterable[Event]:
    """The person changed what the agent may do unasked."""
    yield SessionSeen(**base, approval_policy=record.text("to_mode"))


def command(record: Record, base: Base) -> Iterable[Event]:
    """A command of the client; two of them end the session, where no hook tells."""
    if (command := record.identity("command")) in {"quit", "exit", "clear"}:
        yield SessionEnded(**base, reason=command)
