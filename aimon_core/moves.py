"""The moves of the state machine: what it means to enter a state, to work, to end a turn; `lifecycle` says when."""

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec.structs import replace

from aimon_core.events import Event
from aimon_core.session import State
from aimon_core.standing import OpenTool, OpenWait, Status

Open = TypeVar("Open", OpenTool, OpenWait)

DONE_REMEMBERED = 16
"""Finished tool calls remembered, for a start that is told after its own end."""


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


def settled(status: Status, key: str, name: str) -> dict[str, Any]:
    """What is left open once a tool call is decided or done: the first of that name where no id tells."""
    done = status.done if key == name else (*status.done[-DONE_REMEMBERED:], key)
    tools = _without_first(status.tools, lambda tool: tool.key == key)
    waits = _without_first(
        status.waits, lambda wait: wait.key == key or (not wait.name or wait.key == wait.name == name)
    )
    return {"tools": tools, "waits": waits, "done": done}


def _without_first(opened: tuple[Open, ...], is_it: Callable[[Open], bool]) -> tuple[Open, ...]:
    """What is left open once the first that is meant is not; mostly nothing is."""
    for at, one in enumerate(opened):
        if is_it(one):
            return opened[:at] + opened[at + 1 :]
    return opened
