"""The lines of the NDJSON stream: what otel-ai-monitor's readers know, with aimon's own names beside it.

Made from the JSON of a session (`aimon_core.wire`), so that `aimon serve` and `aimon stream`, which gets it over HTTP,
tell the same. Prompts and what a tool works on are left out: a line may end up on a status bar or in a log.
"""

import json
from collections.abc import Iterable
from typing import Any

from msgspec import Struct

from aimon_core.wire import VERSION

Json = dict[str, Any]

_TOOLS = {"gemini-cli": "gemini"}
"""Agents that otel-ai-monitor called by another name."""


class Timeouts(Struct, frozen=True):
    """The time limits of otel-ai-monitor, in seconds; None leaves the ledger's word as it is."""

    quiet_s: float | None = None
    """Working and silent this long: completed."""
    completed_s: float | None = None
    """Completed this long: idle."""
    session_s: float | None = None
    """Silent this long, whatever the state: expired."""

    def state(self, state: str, in_state_s: float, silent_s: float) -> str:
        """The state to tell of a session that has been in `state` and has sent nothing for so long."""
        if self.session_s is not None and silent_s >= self.session_s and state != "ended":
            return "expired"
        if self.quiet_s is not None and state == "working" and silent_s >= self.quiet_s:
            state, in_state_s = "completed", silent_s - self.quiet_s
        if self.completed_s is not None and state == "completed" and in_state_s >= self.completed_s:
            return "idle"
        return state


def session_update(told: Json, state: str) -> Json:
    """What changed in one session: `told` is its JSON, `state` what the stream calls its state."""
    return {
        "type": "session_update",
        **_item(told, state),
        "since": told["since"],
        "model": told["model"],
        "context": told["context"],
        "metrics": _metrics(told),
    }


def session_list(states: Iterable[tuple[Json, str]]) -> Json:
    """All sessions, in order."""
    items = [_item(told, state) for told, state in states]
    return {
        "type": "session_list",
        "sessions": [item | {"window_id": None} for item in items],
        "has_working": any(item["state"] == "working" for item in items),
        "has_waiting": any(item["state"] == "waiting" for item in items),
    }


def line(message: Json, seq: int, now_ns: int) -> bytes:
    """One line: ASCII only, so that neither a terminal nor a cut multi-byte character can harm its reader."""
    return json.dumps({"v": VERSION, "seq": seq, **message, "timestamp": now_ns // 10**9}).encode("ascii") + b"\n"


def _item(told: Json, state: str) -> Json:
    return {
        "session_id": told["session_id"],
        "tool": _TOOLS.get(told["agent"], told["agent"]),
        "state": state,
        "project": told["name"],
        "key": told["key"],
        "agent": told["agent"],
        "waiting_for": told["waiting_for"] if state == "waiting" else None,
    }


def _metrics(told: Json) -> Json:
    tokens = told["tokens"]
    metrics = {
        "input_tokens": tokens["input"],
        "output_tokens": tokens["output"],
        "cache_tokens": tokens["cache_read"] + tokens["cache_write"],
        "cost_usd": told["cost_usd"],
        "error_count": told["errors"] + told["tool_errors"],
    }
    return metrics | ({"last_error_type": told["last_error_type"]} if told["last_error_type"] else {})
