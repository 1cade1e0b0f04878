"""Qwen Code's hook payloads: Claude Code's names in another order.

`PermissionRequest` comes first and `PreToolUse` only once it is granted, so the latter is the answer. What the hooks
call `tool_use_id` nobody else knows; `tool_call_id` is the id that the telemetry tells. Each round of the tool loop
fires `UserPromptSubmit` again, with the prompt's own id or, before 0.24, with no words and no id. A subagent has
another id in each channel: its name stands for it, which its tools tell only as the beginning of that id.
"""

from collections.abc import Iterable

from aimon_core.events import Event, PermissionAnswered, PermissionAsked, ToolStarted, TurnEnded
from receiver.dialects.qwen_code.fields import named, tool_id
from receiver.hooks import base
from receiver.hooks.base import Frame, Payload, nothing, text, tool


def _adapted(payload: Payload) -> Payload:
    call_id = tool_id(text(payload, "tool_call_id"))
    subagent = text(payload, "agent_type") or named(text(payload, "agent_id"))
    known = {"tool_use_id": call_id} if call_id else {}
    again = {"is_round": True} if payload.get("prompt") == "" and not text(payload, "prompt_id") else {}
    return {**payload, **known, **again, **({"agent_id": subagent, "agent_type": subagent} if subagent else {})}


def _prompted(payload: Payload, frame: Frame) -> Iterable[Event]:
    return () if payload.get("is_round") is True else base.prompted(payload, frame)


def _tool_started(payload: Payload, frame: Frame) -> Iterable[Event]:
    call = tool(payload, frame)
    yield ToolStarted(**frame, **call)
    yield PermissionAnswered(
        **frame, call_id=call["call_id"], unit=call["unit"], name=call["name"], accepted=True, by_person=True
    )


def _refused(payload: Payload, frame: Frame) -> Iterable[Event]:
    call = tool(payload, frame)
    yield PermissionAnswered(
        **frame, call_id=call["call_id"], unit=call["unit"], name=call["name"], accepted=False, by_person=False
    )


def _notified(payload: Payload, frame: Frame) -> Iterable[Event]:
    kind = text(payload, "notification_type")
    frame = frame | {"signal": f"Notification {kind}"}
    if kind == "permission_prompt":
        yield PermissionAsked(**frame, kind="permission", subject=text(payload, "message"))
    elif kind == "idle_prompt":
        yield TurnEnded(**frame, reason="idle")


_SILENT = """
    PostToolBatch UserPromptExpansion SessionDelete MessageDisplay PreCompact PostCompact TodoCreated TodoCompleted
    InstructionsLoaded
"""
"""Events that mean nothing for a session's state."""

LANGUAGE = base.Language(
    agent="qwen-code",
    adapt=_adapted,
    reads={
        **dict.fromkeys(_SILENT.split(), nothing),
        "SessionStart": base.session_started,
        "SessionEnd": base.session_ended,
        "UserPromptSubmit": _prompted,
        "PermissionRequest": base.asked,
        "PermissionDenied": _refused,
        "PreToolUse": _tool_started,
        "PostToolUse": base.tool_finished,
        "PostToolUseFailure": base.tool_failed,
        "Notification": _notified,
        "Stop": base.stopped,
        "StopFailure": base.stop_failed,
        "SubagentStart": base.subagent_started,
        "SubagentStop": base.subagent_ended,
    },
)
