"""The doctor's own payload: a prompt, so that its session is seen to work."""

from collections.abc import Mapping
from typing import Any

from aimon_core.events import Event, PromptSubmitted
from aimon_core.probe import PROBE as AGENT

__all__ = ["AGENT", "translate"]


def translate(payload: Mapping[str, Any], arrived_ns: int) -> list[Event]:
    """The one event. Raises ValueError without a session id."""
    session_id = payload.get("session_id")
    if not isinstance(session_id, str) or not session_id:
        message = "session_id is missing"
        raise ValueError(message)
    signal = "UserPromptSubmit"
    return [PromptSubmitted(agent=AGENT, session_id=session_id, at_ns=arrived_ns, channel="hook", signal=signal)]
