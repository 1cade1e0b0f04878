"""Claude Code's log events, spans and metrics, of the builds since 2.1.100.

Scopes `com.anthropic.claude_code.events` (logs), `.tracing` (spans) and `com.anthropic.claude_code` (metrics). Numbers
were strings until about 2.1.1xx, request and tool use ids came after 2.1.100: `tests/captures/claude-code` has both.
Input excludes both kinds of cached tokens, output includes thinking.
"""

from collections.abc import Iterable

from aimon_core.events import Event, SessionSeen
from receiver.dialects.base import Base, Reads, Unread, base_of
from receiver.dialects.claude_code import logs, metrics, spans
from receiver.dialects.claude_code.noise import NOISE
from receiver.record import Record, Scope, Signal

AGENT = "claude-code"
SCOPE = "com.anthropic.claude_code"

READS: dict[Signal, dict[str, Reads]] = {
    "logs": {
        "claude_code.user_prompt": logs.prompt,
        "claude_code.api_request": logs.request,
        "claude_code.api_error": logs.request_failed,
        "claude_code.api_retries_exhausted": logs.gave_up,
        "claude_code.tool_decision": logs.decision,
        "claude_code.tool_result": logs.result,
        "claude_code.compaction": logs.compaction,
        "claude_code.assistant_response": logs.spoken,
        "claude_code.subagent_completed": logs.subagent_done,
    },
    "traces": {
        "claude_code.llm_request": spans.call,
        "claude_code.tool": spans.tool,
        "claude_code.tool.execution": spans.execution,
        "claude_code.tool.blocked_on_user": spans.blocked,
        "claude_code.interaction": spans.interaction,
    },
    "metrics": {
        "claude_code.token.usage": metrics.usage,
        "claude_code.cost.usage": metrics.usage,
    },
}
"""Which function reads which record; what else is known is in `noise`."""


class ClaudeCode:
    """The dialect of Claude Code."""

    name = AGENT
    noise = NOISE

    def claims(self, scope: Scope) -> bool:
        """Its scopes all begin alike; a resource of that name may also carry other scopes, which are not its own."""
        return scope.name.startswith(SCOPE)

    def translate(self, record: Record) -> Iterable[Event] | None:
        """What a log event, a span or a metric point tells."""
        reads = READS[record.signal].get(record.name)
        if reads is None:
            return None
        session_id = record.identity("session.id")
        if session_id is None:
            if record.signal != "metrics":  # OTEL_METRICS_INCLUDE_SESSION_ID=false takes it from all three
                raise Unread
            session_id = ""
        base = base_of(record, AGENT, session_id) | {"agent_id": record.identity("agent_id")}
        events = reads(record, base)
        return (*events, _facts(record, base)) if record.scope.tagged else events


def _facts(record: Record, base: Base) -> SessionSeen:
    """A pid or a place that a wrapper wrote into OTEL_RESOURCE_ATTRIBUTES, and the host where the user allows it."""
    resource = record.scope.resource
    pid = resource.integer("process.pid") or resource.integer("aimon.pid")
    cwd, host = resource.text("aimon.cwd"), resource.text("host.name")
    return SessionSeen(**base, pid=pid, cwd=cwd, host=host)
