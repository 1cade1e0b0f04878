"""The payloads of aimon's own plugin for opencode (`aimon_desktop/setup/opencode_plugin.js`): its bus and its hooks.

The plugin names opencode's events as they are, gives an answer the tool call of its question, and files what a
subagent's session does under the session that started it, with the subagent's id. A step is a model call: its tokens
stand apart, its dollars are zero where opencode has no price. Titles are found beside all steps, and not told.
"""

from collections.abc import Iterable, Mapping

from aimon_core.events import (
    Event,
    LlmCalled,
    PermissionAnswered,
    PermissionAsked,
    SubagentEnded,
    SubagentStarted,
    ToolFinished,
    TurnEnded,
)
from aimon_core.failures import classify
from aimon_core.session import Tokens, WaitingFor
from receiver.hooks import base
from receiver.hooks.base import Frame, Payload, nothing, number, text, tool

ABORTED = "MessageAbortedError"
DAY_MS = 86_400_000
"""How long at most a person is believed to have kept a step waiting."""


def _created(payload: Payload, frame: Frame) -> Iterable[Event]:
    if frame["agent_id"]:
        yield SubagentStarted(**frame, type=text(payload, "agent_type") or None)
    else:
        yield from base.session_started(payload, frame)


def _prompted(payload: Payload, frame: Frame) -> Iterable[Event]:
    """What a subagent is asked is no turn of its session."""
    return () if frame["agent_id"] else base.prompted(payload, frame)


def _idle(payload: Payload, frame: Frame) -> Iterable[Event]:
    if frame["agent_id"]:
        yield SubagentEnded(**frame)
    else:
        yield from base.stopped(payload, frame)


def _failed(payload: Payload, frame: Frame) -> Iterable[Event]:
    error, words = text(payload, "error"), text(payload, "message")
    if frame["agent_id"]:
        yield SubagentEnded(**frame, ok=False)
    elif error == ABORTED:
        yield TurnEnded(**frame, reason="interrupted")
    else:
        status = number(payload, "status_code")
        kind = classify(None if status is None else int(status), error, words)
        yield TurnEnded(**frame, reason="failed", error_type=kind, text=words or error)


def _ended(payload: Payload, frame: Frame) -> Iterable[Event]:
    return () if frame["agent_id"] else base.session_ended(payload, frame)


def _called(payload: Payload, frame: Frame) -> Iterable[Event]:
    """A model answered, before its tools were used and perhaps waited for a person."""
    told, cost = payload.get("tokens"), number(payload, "cost")
    ago_ns = round(min(max(number(payload, "ago_ms") or 0, 0), DAY_MS) * 1e6)
    if isinstance(told, Mapping):
        yield LlmCalled(
            **frame | {"at_ns": frame["at_ns"] - ago_ns},
            call_id=None,
            unit=text(payload, "step_id") or str(frame["at_ns"]),
            model=text(payload, "model") or "unknown",
            tokens=_tokens(told),
            cost_picodollars=round(cost * 1e12) if cost and cost > 0 else None,
            asks_tool=text(payload, "finish") == "tool-calls",
        )


def _tokens(told: Payload) -> Tokens:
    """The parts; output is what they leave of the sum, since builds that tell none (1.1) have its reasoning in it."""
    names = ("input", "cache_read", "cache_write", "output", "reasoning", "total")
    fresh, read, written, output, reasoning, total = (max(0, int(number(told, name) or 0)) for name in names)
    return Tokens(
        input=fresh,
        cache_read=read,
        cache_write_unknown=written,
        output=max(output, total - fresh - read - written),
        reasoning=reasoning,
    )


def _tool_finished(payload: Payload, frame: Frame) -> Iterable[Event]:
    """A command may fail though its tool did not; one that Esc cut off ends after its turn."""
    code, cut = number(payload, "exit_code") or 0, payload.get("is_interrupt") is True
    error = f"exit code {code:.0f}" if code else ""
    yield ToolFinished(**frame, **tool(payload, frame), ok=code == 0 and not cut, error=error, interrupted=cut)


def _asks(payload: Payload, frame: Frame) -> Iterable[Event]:
    kind: WaitingFor = "question" if frame["signal"] == "question.asked" else "permission"
    yield PermissionAsked(
        **frame,
        kind=kind,
        call_id=text(payload, "tool_use_id") or None,
        name=text(payload, "tool_name"),
        subject=text(payload, "message"),
    )


def _answered(payload: Payload, frame: Frame) -> Iterable[Event]:
    """A person answered; to refuse a permission is to take the turn back."""
    call_id = text(payload, "tool_use_id") or None
    refused = frame["signal"] == "question.rejected" or text(payload, "status") == "reject"
    yield PermissionAnswered(
        **frame,
        call_id=call_id,
        unit=call_id or frame["signal"],
        name=text(payload, "tool_name"),
        accepted=not refused,
        by_person=True,
        ends_turn=refused and frame["signal"] == "permission.replied",
    )


LANGUAGE = base.Language(
    agent="opencode",
    reads={
        "session.created": _created,
        "session.updated": nothing,
        "session.deleted": _ended,
        "session.idle": _idle,
        "session.error": _failed,
        "chat.message": _prompted,
        "tool.execute.before": base.tool_started,
        "tool.execute.after": _tool_finished,
        "step-finish": _called,
        "permission.asked": _asks,
        "permission.replied": _answered,
        "question.asked": _asks,
        "question.replied": _answered,
        "question.rejected": _answered,
    },
)
