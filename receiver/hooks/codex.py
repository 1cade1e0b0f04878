"""Codex's hook payloads, and the one of its older `notify`.

They are Claude Code's with a turn id, but the input of a `PermissionRequest` differs from that of its `PreToolUse` (it
adds a description), so the tool's name joins them. A denial and Esc fire no hook. `notify` fires at the end of every
thread, also of the helper threads that find titles: it ends a turn, and proves no session.
"""

from receiver.hooks import base
from receiver.hooks.base import Payload, nothing

NOTIFY = "agent-turn-complete"


def _adapted(payload: Payload) -> Payload:
    if payload.get("type") != NOTIFY:
        return payload
    return {
        "hook_event_name": NOTIFY,
        "session_id": payload.get("thread-id"),
        "turn_id": payload.get("turn-id"),
        "cwd": payload.get("cwd"),
        "last_assistant_message": payload.get("last-assistant-message"),
    }


LANGUAGE = base.Language(
    agent="codex",
    adapt=_adapted,
    unseen=frozenset({NOTIFY}),
    reads={
        **dict.fromkeys(("PreModelRequest", "PostModelRequest"), nothing),
        "SessionStart": base.session_started,
        "SessionEnd": base.session_ended,
        "UserPromptSubmit": base.prompted,
        "PreToolUse": base.tool_started,
        "PostToolUse": base.tool_finished,
        "PermissionRequest": base.asked,
        "PreCompact": base.compacts,
        "PostCompact": base.compacted,
        "Stop": base.stopped,
        "SubagentStart": base.subagent_started,
        "SubagentStop": base.subagent_ended,
        NOTIFY: base.stopped,
    },
)
