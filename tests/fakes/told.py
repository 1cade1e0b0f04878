"""Sessions as JSON, for whoever tells them on."""

from typing import Any

from aimon_core.session import Cost, Session, State, Tokens
from aimon_core.wire import session_dict

NOW_NS = 1_795_226_400_000_000_000
"""What a fresh SteppedClock shows."""


def session(session_id: str = "s1", state: State = "working", *, age_s: float = 0.0, **facts: Any) -> Session:
    """A session that entered its state and last sent something `age_s` seconds ago."""
    at_ns = NOW_NS - round(age_s * 1e9)
    base = {
        "key": f"claude-code:{session_id}", "agent": "claude-code", "session_id": session_id, "name": "shop",
        "state": state, "since_ns": at_ns, "last_activity_at_ns": at_ns,
        "tokens": Tokens(input=10, cache_read=5, cache_write_5m=2, output=3), "cost": Cost(0.0123456, basis="computed"),
    }  # fmt: skip
    return Session(**{**base, **facts})


def told(session_id: str = "s1", state: State = "working", *, age_s: float = 0.0, **facts: Any) -> dict[str, Any]:
    """The same as JSON."""
    return session_dict(session(session_id, state, age_s=age_s, **facts))
