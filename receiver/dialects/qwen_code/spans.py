"""Qwen Code's spans: turns, calls, tools with the time they waited, subagents. Those of hooks always look failed."""

import re
from collections.abc import Iterable
from typing import Any

from aimon_core.events import (
    Event,
    Gauged,
    LlmCalled,
    PermissionAnswered,
    PromptSubmitted,
    SubagentEnded,
    SubagentStarted,
    ToolFinished,
    TurnEnded,
)
from aimon_core.failures import classify
from aimon_core.session import Tokens
from receiver.dialects.base import Base, head, took_ms
from receiver.dialects.qwen_code import fields
from receiver.record import Record

_WINDOW = re.compile(r'"window_size_tokens":(\d{1,12})\b')
"""Stands at the beginning of a JSON text, most of which is an estimate of what fills the window."""
EMPTY = frozenset({"", "API call failed", "unexpected exit", "unknown error"})
"""What a turn says that failed by its last call, and a call whose log tells why."""
GOOGLE = "gcp."
"""How the makers' names begin whose models think on top of their output."""
MAIN = "qwen-code"
"""What the session's own thread is called among agents."""


def interaction(record: Record, base: Base) -> Iterable[Event]:
    """A prompt and all that followed, with how it ended."""
    prompt_id = record.identity("qwen-code.prompt_id")
    yield PromptSubmitted(**base | {"at_ns": record.start_ns}, prompt_id=prompt_id, unit=record.span_id.hex())
    turn: dict[str, Any] = {"prompt_id": prompt_id, "began_ns": record.start_ns}
    match record.identity("qwen-code.turn_status"):
        case "cancelled":
            yield TurnEnded(**base, **turn, reason="interrupted", complete=False)
        case "error":
            error = record.message.status.message
            kind = None if error in EMPTY else classify(None, "", error)
            yield TurnEnded(**base, **turn, reason="failed", error_type=kind, text=head(error) if kind else "")
        case status:
            yield TurnEnded(**base, **turn, reason="span", complete=status == "ok" or None)


def call(record: Record, base: Base) -> Iterable[Event]:
    """One attempt at a model call."""
    if record.flag("success") is False:
        kind, status = record.text("error_type") or record.text("error.type"), record.integer("error_status_code")
        error = record.text("error") or ""
        return (fields.failed(record, base, "" if error in EMPTY else error, kind or "", status),)
    return (_answered(record, base), *_measured(record, base))


def tool(record: Record, base: Base) -> Iterable[Event]:
    """A tool call from the question to the result; that of a helper bears no agent's name."""
    agent = record.identity("gen_ai.agent.name")
    if agent is None or agent.startswith(fields.MANAGED):
        return
    yield ToolFinished(
        **base | {"agent_id": None if agent == MAIN else agent},
        call_id=fields.tool_id(record.identity("gen_ai.tool.call.id") or record.identity("tool.call_id")),
        unit=record.span_id.hex(),
        name=record.text("gen_ai.tool.name") or record.text("tool_name") or "",
        ok=record.flag("success") is not False,
        duration_ms=took_ms(record),
        error=head(record.text("error")),
        interrupted=record.identity("tool.failure_kind") == "cancelled",
    )


def blocked(record: Record, base: Base) -> Iterable[Event]:
    """The time a tool call waited for a person; a rule or a hook may have decided instead."""
    decision = record.identity("decision") or ""
    yield PermissionAnswered(
        **base,
        call_id=fields.tool_id(record.identity("tool.call_id")),
        unit=record.span_id.hex(),
        name=record.text("tool.name") or "",
        accepted=decision.startswith(("proceed", "auto")),
        by_person=record.identity("source") in {"cli", "ide"},
        waited_ms=took_ms(record),
    )


def subagent(record: Record, base: Base) -> Iterable[Event]:
    """A subagent from its beginning to its end, told when it is over."""
    if (name := base["agent_id"]) is not None:
        ok = (record.identity("qwen-code.subagent.status") or "completed") == "completed"
        yield SubagentStarted(**base | {"at_ns": record.start_ns}, type=name)
        yield SubagentEnded(**base, type=name, ok=ok)


def _measured(record: Record, base: Base) -> Iterable[Event]:
    """How much the session's own model can read: the client knows it of models that no price table knows."""
    found = _WINDOW.search(record.text("qwen-code.context.usage") or "")
    if found and base["agent_id"] is None and not fields.is_side(record, base):
        yield Gauged(**base, context_limit=int(found[1]))


def _answered(record: Record, base: Base) -> LlmCalled:
    stop = record.identity("finish_reason")
    return LlmCalled(
        **base,
        call_id=record.identity("gen_ai.response.id") or record.identity("response_id"),
        unit=record.span_id.hex(),
        model=record.text("gen_ai.response.model") or record.text("gen_ai.request.model") or "unknown",
        tokens=_tokens(record),
        duration_ms=took_ms(record),
        prompt_id=fields.prompt_id(record, base),
        stop_reason=stop,
        side=fields.is_side(record, base),
        asks_tool=None if stop is None else stop in {"tool_calls", "tool_use", "function_call"},
    )


def _tokens(record: Record) -> Tokens:
    """The counts by the conventions, or by the names that the builds before 0.24 had for them."""
    inclusive = _first(record, "gen_ai.usage.input_tokens", "input_tokens")
    read = _first(record, "gen_ai.usage.cache_read.input_tokens", "cached_input_tokens")
    written = record.integer("gen_ai.usage.cache_creation.input_tokens") or 0
    output = _first(record, "gen_ai.usage.output_tokens", "output_tokens")
    thoughts = record.integer("thoughts_token_count")
    if (record.identity("gen_ai.provider.name") or "").startswith(GOOGLE):
        output += thoughts or 0
    return Tokens(
        input=max(0, inclusive - read - written),
        cache_read=read,
        cache_write_unknown=written,
        output=output,
        reasoning=thoughts,
    )


def _first(record: Record, *keys: str) -> int:
    return next((found for key in keys if (found := record.integer(key)) is not None), 0)
