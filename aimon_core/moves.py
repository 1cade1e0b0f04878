"""The moves of the state machine: what it means to enter a state, to work, to end a turn; `lifecycle` says when."""

from typing import Any

from msgspec.structs import replace

from aimon_core.events import Event
from aimon_core.session import State
from aimon_core.standing import OpenTool, OpenWait, Status


def enter(status: Status, state: State, at_ns: int, **changes: Any) -> Status:
    """The session is in a state, since now if it was in another."""
    since = status.since_ns if state == status.state else at_ns
    return replace(status, state=state, since_ns=since, **changes)


def close(status: Status, state: State, at_ns: int, reason: str, **changes: Any) -> Status:
    """The turn is over: nothing of the session's own thread is open any more, but a subagent may go on waiting."""
    waits = of_background(status.waits, changes.get("background", status.background))
    changes = {
        "tools": without_own(status.tools), "waits": waits, "answered_ns": 0, "failed": False, "compacting": False,
    } | changes  # fmt: skip
    state = "waiting" if waits else state
    return enter(status, state, at_ns, turn_open=False, turn_ended_ns=at_ns, end_reason=reason, **changes)


def without_own(tools: tuple[OpenTool, ...]) -> tuple[OpenTool, ...]:
    """What subagents have open."""
    return tuple(tool for tool in tools if tool.agent_id is not None)


def of_background(waits: tuple[OpenWait, ...], background: frozenset[str]) -> tuple[OpenWait, ...]:
    """What subagents that go on are waiting for."""
    return tuple(wait for wait in waits if wait.agent_id in background)


def work(status: Status, event: Event, **changes: Any) -> Status:
    """Something moves: the session works, unless a wait is open."""
    waits = changes.get("waits", status.waits)
    if not status.turn_open and event.agent_id is None:
        changes |= {"turn_open": True, "turn_began_ns": event.at_ns, "turn_ended_ns": None, "end_reason": None}
    elif not status.turn_open and not waits and status.state not in {"working", "waiting"}:
        return replace(status, **changes)  # a subagent in the background does not wake its session
    return enter(status, "waiting" if waits else "working", event.at_ns, **changes)
