"""Copilot CLI's hook payloads: camelCase, a time in milliseconds, and most of them without the event's name.

What a payload carries says which event it is (https://docs.github.com/en/copilot/reference/hooks-reference). Tool calls
have no ids; a denial fires nothing. `permissionRequest` fires before the rules have been asked, `notification` only
where a person is. A command that failed is a tool that succeeded: its exit code ends the text of the result.
"""

import re
from collections.abc import Iterable, Mapping

from aimon_core.events import Event, PermissionAsked, SubagentEnded, SubagentStarted, ToolFinished, TurnEnded
from aimon_core.failures import classify
from receiver.hooks import base
from receiver.hooks.base import TEXT, Frame, Payload, nothing, number, text, tool

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
    "agentType": "agent_type",
    "agentId": "agent_id",
}
NOTICE = "<system_notification>"
"""How a prompt begins that nobody typed: a subagent in the background has finished, and the agent goes on."""
_EXIT = re.compile(r"completed with exit code (-?\d{1,9})>\s*$")


def _adapted(payload: Payload) -> Payload:
    if "sessionId" not in payload:
        return payload
    usual = {_USUAL.get(field, field): value for field, value in payload.items()}
    return usual | _owned(payload) | _exited(payload) | {"hook_event_name": _event(payload)}


def _owned(payload: Payload) -> dict[str, object]:
    """Whose a subagent's hooks are: its own call its id the session's."""
    agent_id = text(payload, "agentId")
    if not agent_id:
        return {}
    owner = text(payload, "parentAgentId") if agent_id == payload["sessionId"] else ""
    return {"agent_id": agent_id, **({"session_id": owner} if owner else {})}


def _span(payload: Payload) -> str:
    """The span that a payload names, as `version-trace-span-flags`; empty where telemetry is off."""
    parts = text(payload, "traceparent").split("-")
    return parts[2] if len(parts) == 4 else ""


def _exited(payload: Payload) -> dict[str, int]:
    """The exit code of a command, apart from its output, which the journal does not keep."""
    result = payload.get("toolResult")
    words = result.get("textResultForLlm") if isinstance(result, Mapping) else None
    found = _EXIT.search(words[-TEXT:]) if isinstance(words, str) else None
    return {"exit_code": int(found[1])} if found else {}


def _event(payload: Payload) -> str:
    if text(payload, "prompt").startswith(NOTICE):
        return "systemNotification"
    name = text(payload, "hookName") or next((event for field, event in _SHAPES if field in payload), "unknown")
    if name == "subagentStart" and "stopReason" in payload:
        return "subagentStop"
    return "postToolUseFailure" if name == "preToolUse" and "error" in payload else name


def _prompted(payload: Payload, frame: Frame) -> Iterable[Event]:
    """What a subagent is asked is no turn of its session; the span that asks it is its own in telemetry."""
    if frame["agent_id"] is None:
        yield from base.prompted(payload, frame)
    else:
        kind = text(payload, "agent_type") or None
        yield SubagentStarted(**frame, type=kind, span=_span(payload) or None)


def _stopped(_payload: Payload, frame: Frame) -> Iterable[Event]:
    """A subagent that stops may be asked again, `subagentStop` says that it is done; those that go on are known."""
    if frame["agent_id"] is None:
        yield TurnEnded(**frame, reason="stop_hook", background=None)


def _ended(payload: Payload, frame: Frame) -> Iterable[Event]:
    """A run that found no answer closes with an error, and names none."""
    if text(payload, "reason") == "error":
        yield TurnEnded(**frame, reason="failed")
    yield from base.session_ended(payload, frame)


def _tool_finished(payload: Payload, frame: Frame) -> Iterable[Event]:
    result = payload.get("toolResult")
    kind = text(result, "resultType") if isinstance(result, Mapping) else ""
    refused, code = kind in {"denied", "rejected"}, number(payload, "exit_code") or 0
    yield ToolFinished(
        **frame,
        **tool(payload, frame),
        ok=kind != "failure" and not refused and code == 0,
        error=f"exit code {code:.0f}" if code else "",
        interrupted=refused,
    )


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
    """A subagent began, which had only a name before 1.0.102."""
    if kind := text(payload, "agent_type"):
        yield SubagentStarted(**frame | {"agent_id": frame["agent_id"] or kind}, type=kind)


def _subagent_ended(payload: Payload, frame: Frame) -> Iterable[Event]:
    if kind := text(payload, "agent_type"):
        yield SubagentEnded(**frame | {"agent_id": frame["agent_id"] or kind}, type=kind)


LANGUAGE = base.Language(
    agent="copilot",
    adapt=_adapted,
    reads={
        "preCompact": nothing,
        "sessionStart": base.session_started,
        "sessionEnd": _ended,
        "userPromptSubmitted": _prompted,
        "systemNotification": nothing,
        "preToolUse": base.tool_started,
        "postToolUse": _tool_finished,
        "postToolUseFailure": base.tool_failed,
        "permissionRequest": nothing,
        "notification": _notified,
        "agentStop": _stopped,
        "errorOccurred": _failed,
        "subagentStart": _subagent_started,
        "subagentStop": _subagent_ended,
    },
)
