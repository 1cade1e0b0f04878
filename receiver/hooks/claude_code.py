"""Claude Code's hook payloads: what the client says the moment it happens, waits and ends of turns above all.

A payload carries no time: it happened when it arrived. `PermissionRequest` has no tool use id; the digest of the tool's
input joins it to the `PreToolUse` before it. Esc fires no hook at all.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aimon_core.events import (
    Event,
    PermissionAnswered,
    PermissionAsked,
    PromptSubmitted,
    SessionEnded,
    SessionSeen,
    SessionStarted,
    SubagentEnded,
    SubagentStarted,
    ToolFinished,
    ToolStarted,
    TurnEnded,
)
from aimon_core.failures import classify
from aimon_core.masking import digest
from aimon_core.session import WaitingFor
from receiver.subjects import subject

AGENT = "claude-code"

TEXT = 256

_Reads = Callable[[Mapping[str, Any], dict[str, Any]], Iterable[Event]]


def translate(payload: Mapping[str, Any], arrived_ns: int) -> list[Event]:
    """The events of one payload; none for an event that means nothing here. Raises ValueError without a session id."""
    name, session_id = _text(payload, "hook_event_name"), _text(payload, "session_id")
    if not name or not session_id:
        message = "session_id and hook_event_name are missing"
        raise ValueError(message)
    base: dict[str, Any] = {
        "agent": AGENT,
        "session_id": session_id,
        "at_ns": arrived_ns,
        "channel": "hook",
        "signal": name,
        "agent_id": _text(payload, "agent_id") or None,
    }
    seen = SessionSeen(
        **base,
        cwd=_text(payload, "cwd") or None,
        title=_text(payload, "session_title") or None,
        model=_text(payload, "model") or None,
    )
    reads = READS.get(name)
    return [seen, *(reads(payload, base) if reads else ())]


def _session_start(payload: Mapping[str, Any], base: dict[str, Any]) -> Iterable[Event]:
    yield SessionStarted(**base, how=_text(payload, "source") or "startup")


def _session_end(payload: Mapping[str, Any], base: dict[str, Any]) -> Iterable[Event]:
    yield SessionEnded(**base, reason=_text(payload, "reason"))


def _prompt(payload: Mapping[str, Any], base: dict[str, Any]) -> Iterable[Event]:
    prompt_id = _text(payload, "prompt_id") or None
    text = _text(payload, "prompt")
    yield PromptSubmitted(**base, prompt_id=prompt_id, unit=digest([text, base["at_ns"]]), text=text)


def _tool_start(payload: Mapping[str, Any], base: dict[str, Any]) -> Iterable[Event]:
    yield ToolStarted(**base, **_tool(payload), digest=_digest(payload))


def _tool_end(payload: Mapping[str, Any], base: dict[str, Any]) -> Iterable[Event]:
    yield ToolFinished(**base, **_tool(payload), duration_ms=_number(payload, "duration_ms"))


def _tool_failed(payload: Mapping[str, Any], base: dict[str, Any]) -> Iterable[Event]:
    yield ToolFinished(
        **base,
        **_tool(payload),
        ok=False,
        duration_ms=_number(payload, "duration_ms"),
        error=_text(payload, "error"),
        interrupted=payload.get("is_interrupt") is True,
    )


def _batch(payload: Mapping[str, Any], base: dict[str, Any]) -> Iterable[Event]:
    """A parallel batch is done; it also names calls that the client refused itself, without any hook of their own."""
    calls = payload.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        if isinstance(call, Mapping) and _text(call, "tool_use_id"):
            yield ToolFinished(**base, **_tool(call))


def _asks(payload: Mapping[str, Any], base: dict[str, Any]) -> Iterable[Event]:
    tool = _tool(payload)
    kind: WaitingFor = "question" if tool["name"] == "AskUserQuestion" else "permission"
    yield PermissionAsked(
        **base, kind=kind, call_id=tool["call_id"], name=tool["name"], subject=tool["subject"], digest=_digest(payload)
    )


def _denied(payload: Mapping[str, Any], base: dict[str, Any]) -> Iterable[Event]:
    tool = _tool(payload)
    yield PermissionAnswered(
        **base, call_id=tool["call_id"], unit=tool["unit"], name=tool["name"], accepted=False, by_person=False
    )


_NOTES: dict[str, WaitingFor] = {
    "permission_prompt": "permission",
    "worker_permission_prompt": "permission",
    "agent_needs_input": "dialog",
    "elicitation_dialog": "question",
}
"""What each `notification_type` waits for."""


def _notified(payload: Mapping[str, Any], base: dict[str, Any]) -> Iterable[Event]:
    kind = _text(payload, "notification_type")
    base = base | {"signal": f"Notification {kind}" if kind else "Notification"}
    if waits := _NOTES.get(kind):
        yield PermissionAsked(**base, kind=waits, subject=_text(payload, "message"))
    elif kind == "idle_prompt":
        yield TurnEnded(**base, reason="idle")
    elif kind in {"elicitation_response", "elicitation_complete"}:
        yield PermissionAnswered(**base, call_id=None, unit=kind, name="", accepted=True, by_person=True)


def _stopped(payload: Mapping[str, Any], base: dict[str, Any]) -> Iterable[Event]:
    tasks = payload.get("background_tasks")
    running = tuple(
        _text(task, "id")
        for task in (tasks if isinstance(tasks, list) else ())
        if isinstance(task, Mapping) and task.get("type") == "subagent" and task.get("status", "running") == "running"
    )
    yield TurnEnded(
        **base,
        reason="stop_hook",
        text=_text(payload, "last_assistant_message"),
        background=running,
        prompt_id=_text(payload, "prompt_id") or None,
    )


def _stop_failed(payload: Mapping[str, Any], base: dict[str, Any]) -> Iterable[Event]:
    error, words = _text(payload, "error"), _text(payload, "last_assistant_message")
    yield TurnEnded(
        **base,
        reason="failed",
        error_type=classify(None, error, _text(payload, "error_details") or words),
        text=words or error,
        prompt_id=_text(payload, "prompt_id") or None,
    )


def _subagent_started(payload: Mapping[str, Any], base: dict[str, Any]) -> Iterable[Event]:
    if base["agent_id"]:
        yield SubagentStarted(**base, type=_text(payload, "agent_type") or None)


def _subagent_ended(payload: Mapping[str, Any], base: dict[str, Any]) -> Iterable[Event]:
    """`/compact` also fires this, without a type: a summary is not a subagent."""
    if base["agent_id"] and (kind := _text(payload, "agent_type")):
        yield SubagentEnded(**base, type=kind)


def _tool(payload: Mapping[str, Any]) -> dict[str, Any]:
    name, call_id = _text(payload, "tool_name"), _text(payload, "tool_use_id") or None
    tool_input = payload.get("tool_input")
    return {
        "call_id": call_id,
        "unit": call_id or digest([name, digest(tool_input)]),
        "name": name,
        "subject": subject(name, tool_input) if isinstance(tool_input, Mapping) else "",
    }


def _digest(payload: Mapping[str, Any]) -> str:
    return digest([payload.get("tool_name"), digest(payload.get("tool_input"))])


def _text(payload: Mapping[str, object], key: str) -> str:
    value = payload.get(key)
    return str(value[:TEXT]) if isinstance(value, str) else ""


def _number(payload: Mapping[str, Any], key: str) -> float | None:
    value = payload.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


READS: dict[str, _Reads] = {
    "SessionStart": _session_start,
    "SessionEnd": _session_end,
    "UserPromptSubmit": _prompt,
    "PreToolUse": _tool_start,
    "PostToolUse": _tool_end,
    "PostToolUseFailure": _tool_failed,
    "PostToolBatch": _batch,
    "PermissionRequest": _asks,
    "PermissionDenied": _denied,
    "Notification": _notified,
    "Stop": _stopped,
    "StopFailure": _stop_failed,
    "SubagentStart": _subagent_started,
    "SubagentStop": _subagent_ended,
}
"""Which function reads which event; others only tell that the session is there."""
