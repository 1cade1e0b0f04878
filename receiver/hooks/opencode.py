"""The payloads of aimon's own plugin for opencode (`aimon_desktop/setup/opencode_plugin.js`): its bus and its hooks.

The plugin names opencode's events as they are, gives an answer the tool call of its question, and files what a
subagent's session does under the session that started it, with the subagent's id.
"""

from collections.abc import Iterable

from aimon_core.events import (
    Event,
    PermissionAnswered,
    PermissionAsked,
    SubagentEnded,
    SubagentStarted,
    TurnEnded,
)
from aimon_core.failures import classify
from aimon_core.session import WaitingFor
from receiver.hooks import base
from receiver.hooks.base import Frame, Payload, nothing, text

ABORTED = "MessageAbortedError"


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
        yield TurnEnded(**frame, reason="failed", error_type=classify(None, error, words), text=words or error)


def _ended(payload: Payload, frame: Frame) -> Iterable[Event]:
    return () if frame["agent_id"] else base.session_ended(payload, frame)


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
    call_id = text(payload, "tool_use_id") or None
    refused = frame["signal"] == "question.rejected" or text(payload, "status") == "reject"
    yield PermissionAnswered(
        **frame,
        call_id=call_id,
        unit=call_id or frame["signal"],
        name=text(payload, "tool_name"),
        accepted=not refused,
        by_person=True,
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
        "tool.execute.after": base.tool_finished,
        "permission.asked": _asks,
        "permission.replied": _answered,
        "question.asked": _asks,
        "question.replied": _answered,
        "question.rejected": _answered,
    },
)
