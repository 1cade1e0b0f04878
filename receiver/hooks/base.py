"""What the hook payloads of all agents have in common: their frame, and the readers that several agents share.

Claude Code's names became the usual ones: Codex and Qwen Code speak nearly the same. A language is a table from event
names to readers; a reader turns one payload into what it adds to the bare sighting of its session.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from aimon_core.events import (
    CompactionEnded,
    CompactionStarted,
    Event,
    PermissionAsked,
    PromptSubmitted,
    SessionEnded,
    SessionSeen,
    SessionStarted,
    SubagentEnded,
    SubagentStarted,
    ToolFinished,
    ToolStarted,
    TurnEnded,
)
from aimon_core.failures import classify
from aimon_core.masking import digest
from receiver import drift
from receiver.subjects import subject, typed

TEXT = 256
"""Characters kept of any text."""
NEAR_NS = 5_000_000_000
"""How far the agent's own time of a payload may lie from that of its hook; beyond, its clock is not believed."""

Payload = Mapping[str, Any]
Frame = dict[str, Any]
"""The fields that every event of a payload has: session, time, signal."""
Read = Callable[[Payload, Frame], Iterable[Event]]


def unchanged(payload: Payload) -> Payload:
    """A payload that already has the usual names."""
    return payload


class Language(Struct, frozen=True, kw_only=True):
    """How one agent speaks."""

    agent: str
    reads: Mapping[str, Read]
    """By event name; what is known and adds nothing is read by `nothing`."""
    adapt: Callable[[Payload], Payload] = unchanged
    """Gives a payload the usual names; an adapted one stays as it is, for that is what the journal keeps."""
    unseen: frozenset[str] = frozenset()
    """Events that do not prove that their session is one: those of helper threads fire them too."""

    def translate(self, payload: Payload, at_ns: int) -> list[Event]:
        """The events of one payload. Raises ValueError without a name or a session id."""
        payload = self.adapt(payload)
        name, session_id = text(payload, "hook_event_name"), text(payload, "session_id")
        if not name or not session_id:
            raise ValueError("session_id or hook_event_name is missing")
        frame: Frame = {
            "agent": self.agent,
            "session_id": session_id,
            "at_ns": moment(payload, at_ns),
            "channel": "hook",
            "signal": name,
            "agent_id": text(payload, "agent_id") or None,
        }
        reads = self.reads.get(name)
        read = (drift.of_hook(payload, frame),) if reads is None else reads(payload, frame)
        return [*self._seen(name, payload, frame), *read]

    def _seen(self, name: str, payload: Payload, frame: Frame) -> Iterable[Event]:
        if name not in self.unseen:
            cwd, title, model = (text(payload, field) or None for field in ("cwd", "session_title", "model"))
            yield SessionSeen(**frame, cwd=cwd, title=title, model=model)


# ------------------------------------------------------------------------------------------ fields


def text(payload: Mapping[str, object], field: str) -> str:
    """The head of a text; empty where there is none."""
    value = payload.get(field)
    return str(value[:TEXT]) if isinstance(value, str) else ""


def number(payload: Payload, field: str) -> float | None:
    """A number; None where there is none, and for what JSON allows and no clock shows: NaN, 1e400."""
    value = payload.get(field)
    if isinstance(value, int | float) and not isinstance(value, bool) and -1e15 < value < 1e15:
        return float(value)
    return None


def moment(payload: Payload, at_ns: int) -> int:
    """When the agent says it happened, in ISO or in milliseconds; when its hook ran, where it says nothing credible."""
    told = payload.get("timestamp")
    try:
        if isinstance(told, str):
            told_ns = round(datetime.fromisoformat(told).timestamp() * 1e9)
        elif isinstance(told, int | float):
            told_ns = int(told) * 1_000_000
        else:
            return at_ns
    except (ValueError, OverflowError):
        return at_ns
    return told_ns if abs(told_ns - at_ns) <= NEAR_NS else at_ns


def tool(payload: Payload, frame: Frame) -> dict[str, Any]:
    """Which tool call a payload is about: its id and, where there is none, its moment tell it from its like."""
    name, call_id = text(payload, "tool_name"), text(payload, "tool_use_id") or None
    tool_input = payload.get("tool_input")
    return {
        "call_id": call_id,
        "unit": call_id or digest([name, frame["at_ns"]]),
        "name": name,
        "subject": subject(name, tool_input) if isinstance(tool_input, Mapping) else "",
    }


# ------------------------------------------------------------------------------------------ readers


def nothing(_payload: Payload, _frame: Frame) -> Iterable[Event]:
    """The event says that its session is there, and no more."""
    return ()


def session_started(payload: Payload, frame: Frame) -> Iterable[Event]:
    """A session opened."""
    yield SessionStarted(**frame, how=text(payload, "source") or "startup")


def session_ended(payload: Payload, frame: Frame) -> Iterable[Event]:
    """A session closed."""
    yield SessionEnded(**frame, reason=text(payload, "reason"))


def prompted(payload: Payload, frame: Frame) -> Iterable[Event]:
    """Somebody asked; Codex calls the id that of the turn."""
    prompt_id = text(payload, "prompt_id") or text(payload, "turn_id") or None
    words = typed(text(payload, "prompt"))
    yield PromptSubmitted(**frame, prompt_id=prompt_id, unit=str(frame["at_ns"]), text=words)


def tool_started(payload: Payload, frame: Frame) -> Iterable[Event]:
    """A tool is about to be used."""
    yield ToolStarted(**frame, **tool(payload, frame))


def tool_finished(payload: Payload, frame: Frame) -> Iterable[Event]:
    """A tool was used."""
    yield ToolFinished(**frame, **tool(payload, frame), duration_ms=number(payload, "duration_ms"))


def tool_failed(payload: Payload, frame: Frame) -> Iterable[Event]:
    """A tool failed, or was interrupted."""
    yield ToolFinished(
        **frame,
        **tool(payload, frame),
        ok=False,
        duration_ms=number(payload, "duration_ms"),
        error=text(payload, "error"),
        interrupted=payload.get("is_interrupt") is True,
    )


def asked(payload: Payload, frame: Frame) -> Iterable[Event]:
    """A tool may not be used before a person allows it; its name alone says which."""
    call = tool(payload, frame)
    yield PermissionAsked(**frame, kind="permission", name=call["name"], subject=call["subject"])


def stopped(payload: Payload, frame: Frame) -> Iterable[Event]:
    """The turn is done, though subagents may go on in the background."""
    tasks = payload.get("background_tasks")
    running = tuple(
        text(task, "id")
        for task in (tasks if isinstance(tasks, list) else ())
        if isinstance(task, Mapping) and task.get("type") == "subagent" and task.get("status", "running") == "running"
    )
    yield TurnEnded(
        **frame,
        reason="stop_hook",
        text=text(payload, "last_assistant_message"),
        background=running,
        prompt_id=text(payload, "prompt_id") or text(payload, "turn_id") or None,
    )


def stop_failed(payload: Payload, frame: Frame) -> Iterable[Event]:
    """The turn ended because the model could not be called."""
    error, words = text(payload, "error"), text(payload, "last_assistant_message")
    yield TurnEnded(
        **frame,
        reason="failed",
        error_type=classify(None, error, text(payload, "error_details") or words),
        text=words or error,
        prompt_id=text(payload, "prompt_id") or text(payload, "turn_id") or None,
    )


def compacts(payload: Payload, frame: Frame) -> Iterable[Event]:
    """A summary of the conversation is about to be written."""
    yield CompactionStarted(**frame, prompt_id=text(payload, "prompt_id") or text(payload, "turn_id") or None)


def compacted(_payload: Payload, frame: Frame) -> Iterable[Event]:
    """The summary is written."""
    yield CompactionEnded(**frame)


def subagent_started(payload: Payload, frame: Frame) -> Iterable[Event]:
    """A subagent began."""
    if frame["agent_id"]:
        yield SubagentStarted(**frame, type=text(payload, "agent_type") or None)


def subagent_ended(payload: Payload, frame: Frame) -> Iterable[Event]:
    """A subagent is done; one without a type is none (`/compact` of Claude Code fires for its summary)."""
    if frame["agent_id"] and (kind := text(payload, "agent_type")):
        yield SubagentEnded(**frame, type=kind)
