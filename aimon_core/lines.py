"""A line of the NDJSON streams: what otel-ai-monitor's readers know, with aimon's own names beside it.

It stands on the lowest floor because the receiver's stream, `aimon serve` and `aimon stream` tell the same lines. Made
from the JSON of a session (`wire`). Prompts and what a tool works on are left out of all but `whole_update`: a line may
end up on a status bar or in a log.
"""

import json
from collections.abc import Iterable
from typing import Any

from aimon_core.wire import VERSION

Json = dict[str, Any]

_TOOLS = {"gemini-cli": "gemini"}
"""Agents that otel-ai-monitor called by another name."""


def session_update(told: Json, state: str) -> Json:
    """What changed in one session: `told` is its JSON, `state` what the stream calls its state."""
    return {
        "type": "session_update",
        **_item(told, state),
        "since": told["since"],
        "model": told["model"],
        "context": told["context"],
        "metrics": _metrics(told),
        **({"verdict": told["verdict"]} if told["verdict"] else {}),
    }


def whole_update(told: Json) -> Json:
    """The same with everything that is told of a session, for readers on this machine (`/api/v1/stream`)."""
    return told | session_update(told, told["state"])


def session_list(states: Iterable[tuple[Json, str]]) -> Json:
    """All sessions, in order; of their JSON only the names of an item are read."""
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
