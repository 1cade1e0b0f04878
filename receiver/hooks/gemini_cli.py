"""Gemini CLI's hook payloads: names of its own, a time of its own, and no ids of tool calls.

A wait is a `Notification` that names no tool; a denial fires nothing. The end of an interrupted turn looks like any
other end, but for what the client writes in place of the answer; a tool that failed, but for its response.
"""

import re
from collections.abc import Iterable, Mapping

from aimon_core.events import Ending, Event, PermissionAsked, TurnEnded
from receiver.hooks import base
from receiver.hooks.base import Frame, Payload, nothing, text

INTERRUPTED: Ending = "interrupted"


def _adapted(payload: Payload) -> Payload:
    """The words in place of an answer become a reason, and an error a mark: the journal may keep both."""
    if payload.get("prompt_response") == "[no response text]":
        return {**payload, "prompt_response": "", "stop_reason": INTERRUPTED}
    response = payload.get("tool_response")
    if isinstance(response, Mapping) and isinstance(error := response.get("error"), Mapping):
        return {**payload, "is_error": True, "error": text(error, "message")}
    return payload


def _tool_finished(payload: Payload, frame: Frame) -> Iterable[Event]:
    read = base.tool_failed if payload.get("is_error") is True else base.tool_finished
    return read(payload, frame)


def _notified(payload: Payload, frame: Frame) -> Iterable[Event]:
    kind, details = text(payload, "notification_type"), payload.get("details")
    if kind == "ToolPermission":
        told = details if isinstance(details, Mapping) else {}
        words = text(told, "command") or text(told, "filePath") or text(told, "title") or text(payload, "message")
        yield PermissionAsked(**frame | {"signal": f"Notification {kind}"}, kind="permission", subject=words)


def _ended(payload: Payload, frame: Frame) -> Iterable[Event]:
    interrupted = payload.get("stop_reason") == INTERRUPTED
    words = _once(text(payload, "prompt_response").strip())
    yield TurnEnded(**frame, reason=INTERRUPTED if interrupted else "stop_hook", text=words)


def _once(told: str) -> str:
    """An answer without its repetition: 0.61 joins the whole of it and all its parts but the first by spaces.

    What follows a blank and is, blanks apart, the end of what stands before it is said again.
    """
    bare = "".join(told.split())
    for blank in re.finditer(" ", told):
        before = "".join(told[: blank.start()].split())
        if len(before) * 2 >= len(bare) > len(before) and before.endswith(bare[len(before) :]):
            return told[: blank.start()].rstrip()
    return told


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
        "AfterTool": _tool_finished,
        "Notification": _notified,
    },
)
