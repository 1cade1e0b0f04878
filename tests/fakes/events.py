"""Short ways to say an event, for tests of the ledger."""

from typing import Any, TypeVar

from aimon_core.events import (
    CompactionEnded,
    CompactionStarted,
    Event,
    Gauged,
    LlmCalled,
    PermissionAnswered,
    PermissionAsked,
    PromptSubmitted,
    SessionEnded,
    SessionStarted,
    Spoke,
    StatusTold,
    SubagentEnded,
    SubagentStarted,
    ToolFinished,
    ToolStarted,
    TurnEnded,
)
from aimon_core.session import Tokens

E = TypeVar("E", bound=Event)

START_NS = 1_795_226_400_000_000_000
"""2026-11-21 02:00 UTC, where the stepped clock starts."""


def at(seconds: float) -> int:
    """A moment some seconds after the start."""
    return START_NS + round(seconds * 1e9)


def event(cls: type[E], seconds: float, heard: str = "hook", /, **fields: Any) -> E:
    """An event of the session `s1` of Claude Code, by a hook unless said otherwise."""
    common = {"agent": "claude-code", "session_id": "s1", "signal": cls.__name__, "agent_id": None}
    return cls(**common | {"at_ns": at(seconds), "channel": heard} | fields)


def started(seconds: float = 0, **fields: Any) -> SessionStarted:
    return event(SessionStarted, seconds, **fields)


def ended(seconds: float, **fields: Any) -> SessionEnded:
    return event(SessionEnded, seconds, **fields)


def prompted(seconds: float, prompt_id: str | None = "p1", **fields: Any) -> PromptSubmitted:
    return event(PromptSubmitted, seconds, prompt_id=prompt_id, unit=f"prompt@{seconds}", **fields)


def answered(seconds: float, call_id: str | None = None, channel: str = "log", **fields: Any) -> LlmCalled:
    """A model's answer of 100 tokens in, 10 out, for one tenth of a cent unless said otherwise."""
    given = {"model": "claude-opus-5-5", "tokens": Tokens(100, output=10, reasoning=0), "unit": f"{channel}@{seconds}"}
    return event(LlmCalled, seconds, channel, **given | {"call_id": call_id} | fields)


def failed(seconds: float, call_id: str | None = None, channel: str = "log", **fields: Any) -> LlmCalled:
    given = {"tokens": Tokens(), "ok": False, "status": 429, "error_type": "rate_limit", "error": "slow down"}
    return answered(seconds, call_id, channel, **given | fields)


def tool_began(seconds: float, call_id: str | None = "t1", name: str = "Bash", **fields: Any) -> ToolStarted:
    return event(ToolStarted, seconds, call_id=call_id, unit=f"began@{seconds}", name=name, **fields)


def tool_ended(seconds: float, call_id: str | None = "t1", name: str = "Bash", **fields: Any) -> ToolFinished:
    return event(ToolFinished, seconds, call_id=call_id, unit=f"ended@{seconds}", name=name, **fields)


def asked(seconds: float, call_id: str | None = "t1", name: str = "Bash", **fields: Any) -> PermissionAsked:
    return event(PermissionAsked, seconds, **{"kind": "permission", "call_id": call_id, "name": name} | fields)


def decided(seconds: float, call_id: str | None = "t1", *, accepted: bool = True, **fields: Any) -> PermissionAnswered:
    given = {"call_id": call_id, "unit": f"decided@{seconds}", "name": "Bash", "accepted": accepted, "by_person": True}
    return event(PermissionAnswered, seconds, **{"channel": "log"} | given | fields)


def turn_ended(seconds: float, reason: str = "stop_hook", **fields: Any) -> TurnEnded:
    return event(TurnEnded, seconds, reason=reason, **fields)


def compacts(seconds: float, **fields: Any) -> CompactionStarted:
    return event(CompactionStarted, seconds, **fields)


def compacted(seconds: float, **fields: Any) -> CompactionEnded:
    return event(CompactionEnded, seconds, **fields)


def helper_began(seconds: float, agent_id: str = "a1") -> SubagentStarted:
    return event(SubagentStarted, seconds, agent_id=agent_id, type="general-purpose")


def helper_ended(seconds: float, agent_id: str = "a1") -> SubagentEnded:
    return event(SubagentEnded, seconds, agent_id=agent_id, type="general-purpose")


def says(seconds: float, status: str, name: str = "", **fields: Any) -> StatusTold:
    """What the agent's own file says."""
    return event(StatusTold, seconds, "file", status=status, name=name, **fields)


def spoke(seconds: float, text: str, **fields: Any) -> Spoke:
    return event(Spoke, seconds, "transcript", text=text, **fields)


def gauged(seconds: float, **fields: Any) -> Gauged:
    """What the agent's status line says."""
    return event(Gauged, seconds, "statusline", **fields)
