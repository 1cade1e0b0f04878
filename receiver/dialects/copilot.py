"""Copilot CLI's spans and metrics, as of 1.0.102: the GenAI conventions with events of its own; it sends no logs.

Usage counts on `chat` spans: `invoke_agent` repeats the sum of its calls. Input includes what was read from and written
to a cache, output its reasoning. Each attempt is a span, and so is each wait for a permission. `github.copilot.cost`
counts premium requests and no dollars. The process stands in the instance id, since nothing else names it. Tools that
run side by side may lose their conversation's id (github/copilot-cli#4860): their trace stands for it. A subagent is
its `invoke_agent`, and that is the parent of what it does.
"""

import re
from collections.abc import Iterable
from typing import Any

from aimon_core.events import (
    Event,
    Gauged,
    LlmCalled,
    LlmTried,
    PermissionAnswered,
    PromptSubmitted,
    SessionEnded,
    SessionSeen,
    SubagentEnded,
    SubagentStarted,
    ToolFinished,
    TraceSeen,
    TurnEnded,
)
from aimon_core.failures import classify
from aimon_core.orphans import traced
from aimon_core.session import Tokens
from aimon_core.tools import MCP
from receiver.dialects.base import PERSON_MS, STATUS_ERROR, Base, Reads, base_of, counted, head, took_ms
from receiver.record import Attributes, Record, Scope, Signal

AGENT = "copilot"
SCOPE = "github.copilot"
SERVICE = "github-copilot"
_PROCESS = re.compile(r"copilot-otel-(\d+)-\d+")
"""The pid in `service.instance.id`."""

_HASHED = re.compile(r"[0-9a-f]{64}/[0-9a-f]{64}")
"""A server and a tool of it, which are told only to whoever asks for contents."""

CANCELLED = frozenset({"cancelled", "SessionDestroyedError"})
"""The `error.type` of what a person took back, by Esc or by leaving."""


def _named(family: str, names: str) -> frozenset[str]:
    return frozenset(f"{family}.{name}" for name in names.split())


NOISE: dict[Signal, frozenset[str]] = {
    "logs": frozenset(),
    "traces": frozenset({"custom_notification", "plan"}),
    "metrics": _named("gen_ai.client.inference", """
        duration operation.input_tokens operation.output_tokens time_per_output_chunk time_to_first_chunk
    """)
    | _named("gen_ai.client", """
        operation.duration operation.time_per_output_chunk operation.time_to_first_chunk token.usage
    """)
    | _named("gen_ai", """
        execute_tool.duration invoke_agent.duration invoke_agent.inference_calls invoke_agent.tool_calls
    """)
    | _named("github.copilot", """
        agent.turn.count code.lines_added code.lines_removed mcp.server.connection.count sandbox.operation.count
        tool.call.count tool.call.duration
    """),
}  # fmt: skip
"""What is known to be of no use; what is in no table is new."""


class Copilot:
    """The dialect of Copilot CLI."""

    name = AGENT
    noise = NOISE

    def claims(self, scope: Scope) -> bool:
        """Service and scope may be renamed, the instance may not."""
        known = scope.name == SCOPE or scope.service == SERVICE
        return known or _PROCESS.fullmatch(scope.resource.identity("service.instance.id") or "") is not None

    def translate(self, record: Record) -> Iterable[Event] | None:
        """What a span or a metric point tells."""
        if record.signal == "metrics":
            part = PARTS.get(record.name)
            return counted(record, AGENT, (part,)) if part else None
        kind = record.identity("gen_ai.operation.name") or record.name
        reads = SPANS.get(kind) if record.signal == "traces" else None
        if reads is None:
            return () if kind in NOISE["traces"] else None
        session_id = record.identity("gen_ai.conversation.id")
        base = base_of(record, AGENT, session_id or traced(record.trace_id)) | {"signal": kind}
        if session_id is None:
            return reads(record, base)
        return (TraceSeen(**base, trace_id=record.trace_id), *reads(record, base), *_seen(record, base))


# ------------------------------------------------------------------------------------------ spans


def _agent(record: Record, base: Base) -> Iterable[Event]:
    """A turn of the session, or a subagent in one."""
    name, failed = record.text("gen_ai.agent.name"), record.message.status.code == STATUS_ERROR
    if record.parent_id and name:
        one = base | {"agent_id": record.span_id.hex()}
        yield SubagentStarted(**one | {"at_ns": record.start_ns}, type=name)
        yield SubagentEnded(**one, type=name, ok=not failed)
        return
    prompt_id = next((found for event in _events(record, "user.message") if (found := _interaction(event))), None)
    if prompt_id is not None:
        yield PromptSubmitted(**base | {"at_ns": record.start_ns}, prompt_id=prompt_id, unit=prompt_id)
    for event in _events(record, "session.usage_info"):  # less than the model's window, to leave room for the answer
        if limit := event.integer("github.copilot.token_limit"):
            yield Gauged(**base, context_limit=limit)
    turn: dict[str, Any] = {"prompt_id": prompt_id, "began_ns": record.start_ns}
    aborted = any(True for _ in _events(record, "session.abort"))
    if not failed and not aborted:
        yield TurnEnded(**base, **turn, reason="span", complete=True)
    elif aborted or record.identity("error.type") in CANCELLED:
        yield TurnEnded(**base, **turn, reason="interrupted", complete=False)
    else:
        kind, words = _failure(record)
        yield TurnEnded(**base, **turn, reason="failed", error_type=kind, text=words)


def _call(record: Record, base: Base) -> Iterable[Event]:
    """An attempt at a model call. One that neither failed nor tells its usage was lost by the client."""
    model = record.text("gen_ai.response.model") or record.text("gen_ai.request.model") or "unknown"
    by_subagent = record.identity("github.copilot.initiator") == "sub-agent"
    base = base | {"agent_id": record.parent_id.hex() if by_subagent else None}
    if record.message.status.code == STATUS_ERROR:
        yield _unanswered(record, base, model)
    elif "gen_ai.usage.input_tokens" in record or "gen_ai.usage.output_tokens" in record:
        finish = record.raw.get("gen_ai.response.finish_reasons")
        by_person = record.identity("github.copilot.initiator") == "user"
        yield LlmCalled(
            **base,
            call_id=record.identity("gen_ai.response.id"),
            unit=record.span_id.hex(),
            model=model,
            tokens=_tokens(record),
            duration_ms=took_ms(record),
            prompt_id=record.identity("github.copilot.interaction_id") if by_person else None,
            asks_tool=None if finish is None else any(one.s == "tool_calls" for one in finish.a.values),
        )


def _unanswered(record: Record, base: Base, model: str) -> LlmCalled | LlmTried:
    unit, duration_ms = record.span_id.hex(), took_ms(record)
    kind, words = _failure(record)
    if record.identity("error.type") not in CANCELLED:
        return LlmTried(**base, unit=unit, model=model, error_type=kind, error=words, duration_ms=duration_ms)
    taken_back: dict[str, Any] = {"call_id": unit, "unit": unit, "ok": False, "error": words}
    return LlmCalled(**base, **taken_back, model=model, tokens=Tokens(), duration_ms=duration_ms)


def _tool(record: Record, base: Base) -> Iterable[Event]:
    """A tool call from the question to the result; a command may fail though its tool did not."""
    code, name = record.integer("process.exit.code") or 0, record.text("gen_ai.tool.name") or ""
    failed, by_subagent = record.message.status.code == STATUS_ERROR, "gen_ai.agent.name" in record
    yield ToolFinished(
        **base | {"agent_id": record.parent_id.hex() if by_subagent else None},
        call_id=record.identity("gen_ai.tool.call.id"),
        unit=record.span_id.hex(),
        name=MCP if _HASHED.fullmatch(name) else name,
        ok=not failed and code == 0,
        duration_ms=took_ms(record),
        error=_failure(record)[1] if failed else f"exit code {code}" if code else "",
        interrupted=record.identity("error.type") in CANCELLED | {"denied", "rejected"},
    )


def _permission(record: Record, base: Base) -> Iterable[Event]:
    """A wait for a permission; without a result the person took the turn back."""
    result, waited_ms = record.identity("github.copilot.permission.result"), took_ms(record)
    by_person = waited_ms >= PERSON_MS
    yield PermissionAnswered(
        **base,
        call_id=None,
        unit=record.span_id.hex(),
        name="",
        accepted=result is not None and result.startswith("approved"),
        by_person=by_person,
        ends_turn=by_person and result is None,
        waited_ms=waited_ms,
    )


# ------------------------------------------------------------------------------------------ fields


def _seen(record: Record, base: Base) -> Iterable[Event]:
    """The process, by its instance; a folder and a branch, and that the session was closed, by events of the span."""
    process = _PROCESS.fullmatch(record.scope.resource.identity("service.instance.id") or "")
    moved = next(iter(_events(record, "session.context_changed")), None)
    if process or moved:
        yield SessionSeen(
            **base,
            pid=int(process[1]) if process else None,
            cwd=moved.text("github.copilot.cwd") if moved else None,
            branch=moved.text("github.copilot.branch") or moved.text("github.copilot.git.branch") if moved else None,
        )
    if any(True for _ in _events(record, "session.shutdown")):
        yield SessionEnded(**base, reason="shutdown")


def _events(record: Record, name: str) -> Iterable[Attributes]:
    return (Attributes(one.attributes) for one in record.message.events if one.name == f"{SCOPE}.{name}")


def _interaction(event: Attributes) -> str | None:
    return event.identity("github.copilot.user.message.interaction_id")


def _failure(record: Record) -> tuple[str, str]:
    """The kind of a failure, and its words."""
    words = record.message.status.message
    status = record.integer("github.copilot.error_status_code") or record.integer("http.response.status_code")
    return classify(status, record.identity("error.type") or "", words), head(words)


def _tokens(record: Record) -> Tokens:
    inclusive, read = record.integer("gen_ai.usage.input_tokens") or 0, _read(record)
    written = (
        record.integer("gen_ai.usage.cache_write.input_tokens")
        or record.integer("gen_ai.usage.cache_creation.input_tokens")
        or 0
    )
    return Tokens(
        input=max(0, inclusive - read - written),
        cache_read=read,
        cache_write_unknown=written,
        output=record.integer("gen_ai.usage.output_tokens") or 0,
        reasoning=record.integer("gen_ai.usage.reasoning.output_tokens"),
    )


def _read(record: Record) -> int:
    return record.integer("gen_ai.usage.cache_read.input_tokens") or 0


# ------------------------------------------------------------------------------------------ tables

SPANS: dict[str, Reads] = {
    "invoke_agent": _agent,
    "chat": _call,
    "execute_tool": _tool,
    "permission": _permission,
}
"""Which function reads which span, by its operation or else its name."""

_USAGE = "gen_ai.client.inference.usage"
PARTS = {
    f"{_USAGE}.input_tokens": "inputWithCache",
    f"{_USAGE}.cache_read.input_tokens": "cacheRead",
    f"{_USAGE}.cache_write.input_tokens": "cacheCreation",
    f"{_USAGE}.output_tokens": "output",
    f"{_USAGE}.reasoning.output_tokens": "reasoning",
}
"""What usage metrics count, by the names that all agents share."""
