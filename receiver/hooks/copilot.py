"""Copilot CLI's hook payloads: camelCase, a time in milliseconds, and most of them without the event's name.

What a payload carries says which event it is (https://docs.github.com/en/copilot/reference/hooks-reference). Tool calls
have no ids; a denial fires nothing.
"""

from collections.abc import Iterable, Mapping

from aimon_core.events import Event, PermissionAsked, SubagentEnded, SubagentStarted, ToolFinished, TurnEnded
from aimon_core.failures import classify
from receiver.hooks import base
from receiver.hooks.base import Frame, Payload, nothing, text, tool

_SHAPES = (
    ("notification_type", "notification"),
    ("agentName", "subagentStart"),
    ("stopReason", "agentStop"),
    ("toolResult", "postToolUse"),
    ("toolName", "preToolUse"),
    ("error", "errorOccurred"),
    ("reason", "sessionEnd"),
    ("source", "sessionStart"),
    ("prompt", "userPromptSubmitted"),
    ("trigger", "preCompact"),
)
"""A field and the event that it gives away, the most telling first."""
_USUAL = {
    "sessionId": "session_id",
    "toolName": "tool_name",
    "toolArgs": "tool_input",
    "toolInput": "tool_input",
    "stopReason": "stop_reason",
    "agentName": "agent_type",
}


def _adapted(payload: Payload) -> Payload:
    if "sessionId" not in payload:
        return payload
    return {_USUAL.get(field, field): value for field, value in payload.items()} | {"hook_event_name": _event(payload)}


def _event(payload: Payload) -> str:
    name = text(payload, "hookName") or next((event for field, event in _SHAPES if field in payload), "unknown")
    if name == "subagentStart" and "stopReason" in payload:
        return "subagentStop"
    return "postToolUseFailure" if name == "preToolUse" and "error" in payload else name


def _tool_finished(payload: Payload, frame: Frame) -> Iterable[Event]:
    result = payload.get("toolResult")
    kind = text(result, "resultType") if isinstance(result, Mapping) else ""
    refused = kind in {"denied", "rejected"}
    yield ToolFinished(**frame, **tool(payload, frame), ok=kind != "failure" and not refused, interrupted=refused)


def _notified(payload: Payload, frame: Frame) -> Iterable[Event]:
    kind = text(payload, "notification_type")
    frame = frame | {"signal": f"notification {kind}"}
    if kind == "permission_prompt":
        yield PermissionAsked(**frame, kind="permission", subject=text(payload, "message"))
    elif kind == "elicitation_dialog":
        yield PermissionAsked(**frame, kind="question", subject=text(payload, "message"))


def _failed(payload: Payload, frame: Frame) -> Iterable[Event]:
    """An error that the client does not get over by itself."""
    error = payload.get("error")
    if payload.get("recoverable") is not True:
        words = text(error, "message") if isinstance(error, Mapping) else ""
        yield TurnEnded(**frame, reason="failed", error_type=classify(None, "", words), text=words)


def _subagent_started(payload: Payload, frame: Frame) -> Iterable[Event]:
    """Subagents have names and no ids."""
    if kind := text(payload, "agent_type"):
        yield SubagentStarted(**frame | {"agent_id": kind}, type=kind)


def _subagent_ended(payload: Payload, frame: Frame) -> Iterable[Event]:
    if kind := text(payload, "agent_type"):
        yield SubagentEnded(**frame | {"agent_id": kind}, type=kind)


LANGUAGE = base.Language(
    agent="copilot",
    adapt=_adapted,
    reads={
        "preCompact": nothing,
        "sessionStart": base.session_started,
        "sessionEnd": base.session_ended,
        "userPromptSubmitted": base.prompted,
        "preToolUse": base.tool_started,
        "postToolUse": _tool_finished,
        "postToolUseFailure": base.tool_failed,
        "permissionRequest": base.asked,
        "notification": _notified,
        "agentStop": base.stopped,
        "errorOccurred": _failed,
        "subagentStart": _subagent_started,
        "subagentStop": _subagent_ended,
    },
)
