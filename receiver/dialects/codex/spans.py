"""Codex's spans: what a thread is, when turns, calls and tools began and ended, and which turns a person took back.

Most spans name no conversation. Where one of their events does, it is read there: such an event and its span are one
record, so nothing need be remembered to join them.
"""

from collections.abc import Iterable

from aimon_core.events import (
    CompactionEnded,
    CompactionStarted,
    Ending,
    Event,
    LlmBegun,
    PromptSubmitted,
    SessionEnded,
    SessionSeen,
    SubagentStarted,
    ThreadSeen,
    ToolFinished,
    TraceSeen,
    TurnEnded,
)
from aimon_core.orphans import traced
from receiver.dialects.base import Base, took_ms
from receiver.dialects.codex.fields import tool_name
from receiver.dialects.codex.logs import seen
from receiver.record import Attributes, Record

TEMPORARY = "temporary-"
"""How the id of the request begins that starts a thread for the client's own use."""

SPAWN = "spawn_agent"
"""How the name of the tool ends that begins a subagent, in the trace of the turn that asks for it."""

REASONS: dict[str, Ending] = {
    "session_task.turn": "span",
    "op.dispatch.exec_approval": "denied",
    "op.dispatch.patch_approval": "denied",
}
"""What a turn ended by, by the span it ended in; all others interrupt it."""


def is_tool(record: Record) -> bool:
    """Whether a span is a tool's, which is called like the tool."""
    return "call_id" in record and "conversation.id" in record and "tool_name" in record


def conversation(record: Record) -> str | None:
    """The thread a span belongs to, by itself or by one of its events."""
    told = record.identity("conversation.id") or record.identity("thread_id")
    if told is None:
        told = next((found for event in _events(record) if (found := event.identity("conversation.id"))), None)
    return told


def thread(record: Record, base: Base) -> Iterable[Event]:
    """A thread was asked for, by a person or by the client itself."""
    request = record.identity("rpc.request_id")
    if request is not None:
        yield ThreadSeen(**base | {"at_ns": record.start_ns}, auxiliary=request.startswith(TEMPORARY), certain=True)


def opened(record: Record, base: Base) -> Iterable[Event]:
    """A thread began, with its model and what it may do; it is a subagent if a trace began it that has subagents."""
    began: Base = base | {"at_ns": record.start_ns}
    for event in _events(record):
        if event.identity("event.name") == "codex.conversation_starts":
            yield from seen(record, event, began)
            starter: Base = began | {"session_id": traced(record.trace_id), "agent_id": base["session_id"]}
            yield SubagentStarted(**starter)


def closed(_record: Record, base: Base) -> Iterable[Event]:
    """A thread was shut down."""
    yield SessionEnded(**base, reason="shutdown")


def turn(record: Record, base: Base) -> Iterable[Event]:
    """A turn begins."""
    prompt_id = record.identity("turn.id")
    yield PromptSubmitted(**base | {"at_ns": record.start_ns}, prompt_id=prompt_id, unit=record.span_id.hex())


def sampling(record: Record, base: Base) -> Iterable[Event]:
    """A model call, from the request to the end of the answer."""
    yield LlmBegun(**base | {"at_ns": record.start_ns})


def turn_done(record: Record, base: Base) -> Iterable[Event]:
    """A turn is over: whatever span it ended in has a profile of it."""
    for event in _events(record):
        if event.identity("event.name") == "codex.turn_profile":
            reason = REASONS.get(record.name, "interrupted")
            yield TurnEnded(**base, reason=reason, complete=reason == "span", prompt_id=event.identity("turn_id"))
            if effort := record.text("codex.turn.reasoning_effort"):
                yield SessionSeen(**base, effort=effort)


def review(record: Record, base: Base) -> Iterable[Event]:
    """A turn in which a thread of its own looks at the changes. Hooks and rollouts call it as that thread's turn is."""
    yield TraceSeen(**base, trace_id=record.trace_id)
    yield PromptSubmitted(**base | {"at_ns": record.start_ns}, unit=record.span_id.hex())
    yield TurnEnded(**base, reason="span", complete=True)


def compacted(record: Record, base: Base) -> Iterable[Event]:
    """A person has asked for a summary to go on from: work beside all turns."""
    began: Base = base | {"at_ns": record.start_ns}
    yield CompactionStarted(**began, prompt_id=record.identity("turn.id"))
    yield CompactionEnded(**base)


def tool(record: Record, base: Base) -> Iterable[Event]:
    """A tool call from the question to the result; whether it failed only its log tells."""
    name = tool_name(record)
    if name.endswith(SPAWN):
        yield TraceSeen(**base, trace_id=record.trace_id)
    yield ToolFinished(
        **base | {"signal": "tool"},
        call_id=record.identity("call_id"),
        unit=record.span_id.hex(),
        name=name,
        duration_ms=took_ms(record),
        interrupted=record.flag("aborted") is True,
    )


def _events(record: Record) -> Iterable[Attributes]:
    return (Attributes(event.attributes) for event in record.message.events)
