"""Claude Code's hook payloads: what the client says the moment it happens, waits and ends of turns above all.

A payload carries no time: it happened when its hook ran. `PermissionRequest` has no tool use id; the digest of the
tool's input joins it to the `PreToolUse` before it. Esc fires no hook at all.
"""

from collections.abc import Iterable, Mapping

from aimon_core.events import (
    Event,
    PermissionAnswered,
    PermissionAsked,
    ToolFinished,
    ToolStarted,
    TurnEnded,
)
from aimon_core.masking import digest
from aimon_core.session import WaitingFor
from receiver import status_line
from receiver.hooks import base
from receiver.hooks.base import Frame, Payload, nothing, text, tool


def _tool_started(payload: Payload, frame: Frame) -> Iterable[Event]:
    yield ToolStarted(**frame, **tool(payload, frame), digest=_digest(payload))


def _batch(payload: Payload, frame: Frame) -> Iterable[Event]:
    """A parallel batch is done; it also names calls that the client refused itself, without any hook of their own."""
    calls = payload.get("tool_calls")
    for call in calls if isinstance(calls, list) else ():
        if isinstance(call, Mapping) and text(call, "tool_use_id"):
            yield ToolFinished(**frame, **tool(call, frame))


def _asks(payload: Payload, frame: Frame) -> Iterable[Event]:
    call = tool(payload, frame)
    kind: WaitingFor = "question" if call["name"] == "AskUserQuestion" else "permission"
    yield PermissionAsked(
        **frame, kind=kind, call_id=call["call_id"], name=call["name"], subject=call["subject"], digest=_digest(payload)
    )


def _denied(payload: Payload, frame: Frame) -> Iterable[Event]:
    call = tool(payload, frame)
    yield PermissionAnswered(
        **frame, call_id=call["call_id"], unit=call["unit"], name=call["name"], accepted=False, by_person=False
    )


_NOTES: dict[str, WaitingFor] = {
    "permission_prompt": "permission",
    "worker_permission_prompt": "permission",
    "agent_needs_input": "dialog",
    "elicitation_dialog": "question",
}
"""What each `notification_type` waits for."""


def _notified(payload: Payload, frame: Frame) -> Iterable[Event]:
    kind = text(payload, "notification_type")
    frame = frame | {"signal": f"Notification {kind}" if kind else "Notification"}
    if waits := _NOTES.get(kind):
        yield PermissionAsked(**frame, kind=waits, subject=text(payload, "message"))
    elif kind == "idle_prompt":
        yield TurnEnded(**frame, reason="idle")
    elif kind in {"elicitation_response", "elicitation_complete"}:
        yield from _answered(payload, frame)


def _elicits(payload: Payload, frame: Frame) -> Iterable[Event]:
    """An MCP server asks for something in the middle of its tool call."""
    yield PermissionAsked(**frame, kind="question", subject=text(payload, "message"))


def _answered(_: Payload, frame: Frame) -> Iterable[Event]:
    yield PermissionAnswered(**frame, call_id=None, unit=frame["signal"], name="", accepted=True, by_person=True)


def _digest(payload: Payload) -> str:
    return digest([payload.get("tool_name"), digest(payload.get("tool_input"))])


_SILENT = """
    UserPromptExpansion PreModelSwitch PostModelSwitch Setup TeammateIdle TaskCreated
    TaskCompleted ConfigChange InstructionsLoaded CwdChanged FileChanged DirectoryAdded WorktreeCreate WorktreeRemove
    MessageDisplay
"""
"""Events that mean nothing for a session's state."""

LANGUAGE = base.Language(
    agent="claude-code",
    adapt=status_line.flattened,
    unseen=frozenset({status_line.NAME}),
    reads={
        **dict.fromkeys(_SILENT.split(), nothing),
        "SessionStart": base.session_started,
        "SessionEnd": base.session_ended,
        "UserPromptSubmit": base.prompted,
        "PreToolUse": _tool_started,
        "PostToolUse": base.tool_finished,
        "PostToolUseFailure": base.tool_failed,
        "PostToolBatch": _batch,
        "PermissionRequest": _asks,
        "PermissionDenied": _denied,
        "Notification": _notified,
        "PreCompact": base.compacts,
        "PostCompact": base.compacted,
        "Elicitation": _elicits,
        "ElicitationResult": _answered,
        "Stop": base.stopped,
        "StopFailure": base.stop_failed,
        "SubagentStart": base.subagent_started,
        "SubagentStop": base.subagent_ended,
        status_line.NAME: status_line.gauged,
    },
)
