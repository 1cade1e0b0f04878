"""Claude Code's log events: prompts, calls with their dollars, decisions and results of tools."""

from collections.abc import Iterable

from aimon_core.events import (
    CompactionEnded,
    CompactionStarted,
    Event,
    LlmCalled,
    PermissionAnswered,
    PromptSubmitted,
    SessionEnded,
    Spoke,
    SubagentEnded,
    ToolFinished,
    TurnEnded,
)
from aimon_core.failures import classify
from aimon_core.session import Tokens
from receiver import drift
from receiver.dialects.base import Base, head, subject_of
from receiver.dialects.claude_code.fields import COUNTS, counts, is_side, tokens
from receiver.record import Record
from receiver.subjects import typed


def prompt(record: Record, base: Base) -> Iterable[Event]:
    """A prompt, or a command of the client; leaving by command ends the session where no hook tells."""
    command = record.identity("command_name")
    yield PromptSubmitted(
        **base,
        prompt_id=record.identity("prompt.id"),
        unit=_unit(record),
        text=head(typed(_written(record.text("prompt")))),
        command=command is not None,
    )
    if command in {"exit", "quit", "clear"}:
        yield SessionEnded(**base, reason=command)


def request(record: Record, base: Base) -> Iterable[Event]:
    """A model call that was answered, with the dollars the client reckons."""
    dollars, told = record.number("cost_usd"), counts(record)
    yield LlmCalled(
        **base,
        call_id=record.identity("request_id"),
        unit=_unit(record),
        model=record.text("model") or "unknown",
        tokens=tokens(record, told),
        cost_picodollars=None if dollars is None else round(dollars * 1e12),
        duration_ms=record.number("duration_ms"),
        fast=record.identity("speed") == "fast",
        prompt_id=record.identity("prompt.id"),
        side=is_side(record),
    )
    if None in told:
        yield from drift.reshaped(base["agent"], record, COUNTS)


def request_failed(record: Record, base: Base) -> Iterable[Event]:
    """A model call that failed; `attempt` says how often it was tried."""
    status, error = record.integer("status_code"), record.text("error") or ""
    yield LlmCalled(
        **base,
        call_id=record.identity("request_id"),
        unit=_unit(record),
        model=record.text("model") or "unknown",
        tokens=Tokens(reasoning=0),
        duration_ms=record.number("duration_ms"),
        ok=False,
        status=status,
        error=head(error),
        error_type=classify(status, "", error),
        attempt=record.integer("attempt") or 1,
        prompt_id=record.identity("prompt.id"),
        side=is_side(record),
    )


def gave_up(record: Record, base: Base) -> Iterable[Event]:
    """The client will not try again: the turn failed."""
    status, error = record.integer("status_code"), record.text("error") or ""
    if is_side(record) or base["agent_id"] is not None:
        return
    yield TurnEnded(
        **base,
        reason="failed",
        error_type=classify(status, "", error),
        text=head(error),
        prompt_id=record.identity("prompt.id"),
    )


def decision(record: Record, base: Base) -> Iterable[Event]:
    """A tool was allowed or refused, by rule or by the person."""
    source = record.identity("source") or ""
    accepted = record.identity("decision") == "accept"
    yield PermissionAnswered(
        **base,
        call_id=record.identity("tool_use_id"),
        unit=record.span_id.hex() or _unit(record),  # the record lies in the span of the wait it ended
        name=record.text("tool_name") or "",
        accepted=accepted,
        by_person=source.startswith("user"),
        ends_turn=not accepted and source in {"user_reject", "user_abort"},
        asked_by=record.identity("request_id"),
    )


def result(record: Record, base: Base) -> Iterable[Event]:
    """A tool gave its result."""
    name = record.text("tool_name") or ""
    yield ToolFinished(
        **base,
        call_id=record.identity("tool_use_id"),
        unit=_unit(record),
        name=name,
        ok=record.flag("success") is not False,
        subject=subject_of(name, record.text("tool_input")),
        duration_ms=record.number("duration_ms"),
        error=head(record.text("error") or record.text("error_type")),
        asked_by=record.identity("request_id"),
    )


def compaction(record: Record, base: Base) -> Iterable[Event]:
    """A summary was written, or could not be; told when it is over."""
    began_ns = record.at_ns - round((record.number("duration_ms") or 0) * 1e6)
    yield CompactionStarted(**base | {"at_ns": began_ns}, prompt_id=record.identity("prompt.id"))
    yield CompactionEnded(**base)


def spoken(record: Record, base: Base) -> Iterable[Event]:
    """What the model said, where the person lets the client tell."""
    text = _written(record.text("response"))
    if text and base["agent_id"] is None:
        yield Spoke(**base, text=head(text))


def subagent_done(record: Record, base: Base) -> Iterable[Event]:
    """A subagent is done."""
    if base["agent_id"] is not None:
        yield SubagentEnded(**base, type=record.text("agent_type"))


def _unit(record: Record) -> str:
    """A log record within its channel: the sequence restarts with each process, the time does not repeat with it."""
    return f"{record.integer('event.sequence')}:{record.at_ns}"


def _written(text: str | None) -> str:
    """What somebody wrote; empty where the person does not let the client tell."""
    return "" if text is None or text == "<REDACTED>" else text
