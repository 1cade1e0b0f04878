"""Codex's log events, spans and metrics, as of 0.169.

Logs tell calls with their tokens but no turn; spans tell turns, tools and what a thread is, and only a few of the 140
kinds that a turn makes. Usage in spans names no conversation and is left to the logs. Input includes what was cached,
output its reasoning. Numbers are text or not, as it comes. What is in no table is noise, as far as `noise` says.
"""

from collections.abc import Iterable

from aimon_core.events import Event
from receiver.dialects.base import Reads, Unread, base_of
from receiver.dialects.codex import logs, metrics, spans
from receiver.dialects.codex.noise import NOISE
from receiver.record import Record, Scope

AGENT = "codex"

LOGS: dict[str, Reads] = {
    "codex.conversation_starts": logs.thread,
    "codex.user_prompt": logs.prompt,
    "codex.api_request": logs.request,
    "codex.websocket_connect": logs.websocket,
    "codex.websocket_request": logs.websocket,
    "codex.sse_event": logs.answer,
    "codex.tool_decision": logs.decision,
    "codex.tool_result": logs.result,
    "codex.agent_communication": logs.communication,
}
"""Which function reads which log event."""

SPANS: dict[str, Reads] = {
    "thread/start": spans.thread,
    "session_init": spans.opened,
    "session_loop": spans.closed,
    "codex.turn_input": spans.turn,
    "codex.sampling": spans.sampling,
    "session_task.turn": spans.turn_done,
    "session_task.review": spans.review,
    "session_task.compact": spans.compacted,
    "op.dispatch.interrupt": spans.turn_done,
    "op.dispatch.exec_approval": spans.turn_done,
    "op.dispatch.patch_approval": spans.turn_done,
    "op.dispatch.shutdown": spans.turn_done,
}
"""Which function reads which span; that of a tool is called like the tool."""

METRICS = frozenset({"codex.turn.token_usage", "codex.turn.cost_microusd"})

OWN = ("codex_", "codex-")
"""How the names of its services (`codex_cli_rs`, `codex-app-server`) and modules (`codex_otel::…`) begin."""


class Codex:
    """The dialect of Codex."""

    name = AGENT
    noise = NOISE

    def claims(self, scope: Scope) -> bool:
        """Its logs' scopes are Rust modules, its spans' scope is the service, its metrics' scope is `codex`."""
        return scope.name == AGENT or scope.name.startswith(OWN) or scope.service.startswith(OWN)

    def translate(self, record: Record) -> Iterable[Event] | None:
        """What a log event, a span or a metric point tells."""
        match record.signal:
            case "logs":
                reads = LOGS.get(record.name)
                return None if reads is None else _told(reads, record, record.identity("conversation.id"))
            case "traces":
                reads = SPANS.get(record.name) or (spans.tool if spans.is_tool(record) else None)
                return None if reads is None else _told(reads, record, spans.conversation(record))
            case "metrics":
                return metrics.usage(record, AGENT) if record.name in METRICS else None


def _told(reads: Reads, record: Record, thread: str | None) -> Iterable[Event]:
    if thread is None and record.name != "codex.agent_communication":
        if record.signal == "logs":
            raise Unread
        return ()
    return reads(record, base_of(record, AGENT, thread or ""))
