"""Gemini CLI's log events, spans and metrics, as of 0.61.

Its logs tell calls with all their tokens; the same usage in `gen_ai.client.inference.operation.details` and on spans is
told again, and in part. Input includes what was cached and leaves out what tools put in; output leaves out thoughts. A
subagent's calls and tools are known by their prompt id: its own id, `#` and a number.
"""

from collections.abc import Iterable

from aimon_core.events import Event
from receiver.dialects.base import Reads, Unread, base_of, counted, located
from receiver.dialects.gemini_cli import logs, spans
from receiver.dialects.gemini_cli.fields import subagent
from receiver.dialects.gemini_cli.vocabulary import NOISE
from receiver.record import Record, Scope, Signal

AGENT = "gemini-cli"
READS: dict[Signal, dict[str, Reads]] = {
    "logs": {
        "gemini_cli.user_prompt": logs.prompt,
        "gemini_cli.api_request": logs.request,
        "gemini_cli.api_response": logs.answer,
        "gemini_cli.api_error": logs.attempt_failed,
        "gemini_cli.tool_call": logs.tool,
        "gemini_cli.agent.start": logs.agent_started,
        "gemini_cli.agent.finish": logs.agent_finished,
        "gemini_cli.config": logs.configured,
        "gemini_cli.slash_command": logs.command,
        "approval_mode_switch": logs.mode_switched,
        "gemini_cli.plan.approval_mode_switch": logs.mode_switched,
    },
    "traces": {"llm_call": spans.call, "tool_call": spans.tool},
}
"""Which function reads which record."""

USAGE = "gemini_cli.token.usage"
PARTS = {
    "input": ("inputWithCache",),
    "tool": ("inputWithCache",),
    "cache": ("cacheRead",),
    "output": ("output",),
    "thought": ("output", "reasoning"),
}
"""What the parts of the usage metric count in, by the names that all agents share."""


class GeminiCli:
    """The dialect of Gemini CLI."""

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
        session_id = (
            record.identity("session.id")
            or record.identity("gen_ai.conversation.id")
            or record.scope.resource.identity("session.id")
        )
        if session_id is None:
            raise Unread
        base = base_of(record, AGENT, session_id) | {"agent_id": subagent(record)}
        return (*reads(record, base), *located(record, base))
