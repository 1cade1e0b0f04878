"""Qwen Code's log events, spans and metrics, as of 0.24.

Named like those of Gemini CLI, from which it stems, and counted otherwise: output includes thoughts, every call and
every tool has its id, and spans tell as much as logs. Its own helpers (memory, suggestions) call under the session's
id: they are billed to it, and are no sign of work. Subagents are known by their names, since each channel gives them
another id.
"""

from collections.abc import Iterable

from aimon_core.events import Event
from receiver.dialects.base import Reads, Unread, base_of, counted, located
from receiver.dialects.qwen_code import logs, spans
from receiver.dialects.qwen_code.fields import subagent
from receiver.dialects.qwen_code.vocabulary import NOISE
from receiver.record import Record, Scope, Signal

AGENT = "qwen-code"
READS: dict[Signal, dict[str, Reads]] = {
    "logs": {
        "session.start": logs.opened,
        "session.end": logs.closed,
        "qwen-code.user_prompt": logs.prompt,
        "qwen-code.api_request": logs.request,
        "qwen-code.api_response": logs.answer,
        "qwen-code.api_error": logs.attempt_failed,
        "qwen-code.api_cancel": logs.taken_back,
        "qwen-code.tool_call": logs.tool,
        "qwen-code.subagent_execution": logs.subagent,
        "qwen-code.config": logs.configured,
    },
    "traces": {
        "qwen-code.interaction": spans.interaction,
        "qwen-code.llm_request": spans.call,
        "qwen-code.tool": spans.tool,
        "qwen-code.tool.blocked_on_user": spans.blocked,
        "qwen-code.subagent": spans.subagent,
    },
}
"""Which function reads which record."""

USAGE = "qwen-code.token.usage"
PARTS = {
    "input": ("inputWithCache",),
    "cache": ("cacheRead",),
    "output": ("output",),
    "thought": ("reasoning",),
}
"""What the parts of the usage metric count in, by the names that all agents share."""


class QwenCode:
    """The dialect of Qwen Code."""

    name = AGENT
    noise = NOISE

    def claims(self, scope: Scope) -> bool:
        """Its own scope, and what libraries in its process tell."""
        return AGENT in (scope.name, scope.service)

    def translate(self, record: Record) -> Iterable[Event] | None:
        """What a log event, a span or a metric point tells."""
        if record.signal == "metrics":
            parts = PARTS.get(record.identity("type") or "", ()) if record.name == USAGE else None
            return counted(record, AGENT, parts) if parts is not None else None
        reads = READS[record.signal].get(record.name)
        if reads is None:
            return None
        session_id = record.identity("session.id") or record.identity("gen_ai.conversation.id")
        if session_id is None:
            raise Unread
        base = base_of(record, AGENT, session_id) | {"agent_id": subagent(record, session_id)}
        return (*reads(record, base), *located(record, base))
