"""Gemini CLI's hook payloads: names of its own, a time of its own, and no ids of tool calls.

A wait is a `Notification` that names no tool; a denial fires nothing. The end of an interrupted turn looks like any
other end, but for what the client writes in place of the answer.
"""

from collections.abc import Iterable, Mapping

from aimon_core.events import Ending, Event, PermissionAsked, TurnEnded
from receiver.hooks import base
from receiver.hooks.base import Frame, Payload, nothing, text

INTERRUPTED: Ending = "interrupted"


def _adapted(payload: Payload) -> Payload:
    """The words in place of an answer become a reason, which the journal may keep."""
    if payload.get("prompt_response") == "[no response text]":
        return {**payload, "prompt_response": "", "stop_reason": INTERRUPTED}
    return payload


def _notified(payload: Payload, frame: Frame) -> Iterable[Event]:
    kind, details = text(payload, "notification_type"), payload.get("details")
    if kind == "ToolPermission":
        told = details if isinstance(details, Mapping) else {}
        words = text(told, "command") or text(told, "filePath") or text(told, "title") or text(payload, "message")
        yield PermissionAsked(**frame | {"signal": f"Notification {kind}"}, kind="permission", subject=words)


def _ended(payload: Payload, frame: Frame) -> Iterable[Event]:
    interrupted = payload.get("stop_reason") == INTERRUPTED
    yield TurnEnded(**frame, reason=INTERRUPTED if interrupted else "stop_hook", text=text(payload, "prompt_response"))


LANGUAGE = base.Language(
    agent="gemini-cli",
    adapt=_adapted,
    reads={
        **dict.fromkeys(("PreCompress", "BeforeModel", "AfterModel", "BeforeToolSelection"), nothing),
        "SessionStart": base.session_started,
        "SessionEnd": base.session_ended,
        "BeforeAgent": base.prompted,
        "AfterAgent": _ended,
        "BeforeTool": base.tool_started,
        "AfterTool": base.tool_finished,
        "Notification": _notified,
    },
)
