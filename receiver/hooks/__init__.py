"""Agents' hook payloads to events, one module an agent."""

from collections.abc import Callable, Mapping
from typing import Any

from aimon_core.events import Event
from receiver.hooks import claude_code

_AGENTS: dict[str, Callable[[Mapping[str, Any], int], list[Event]]] = {claude_code.AGENT: claude_code.translate}

HOOK_AGENTS = frozenset(_AGENTS)
"""Agents whose hooks are understood: the last part of `/hooks/{agent}`."""


def translate(agent: str, payload: Mapping[str, Any], arrived_ns: int) -> list[Event]:
    """The events of one payload. Raises KeyError for an unknown agent, ValueError for a payload that is none."""
    return _AGENTS[agent](payload, arrived_ns)
