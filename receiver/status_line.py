"""What Claude Code tells its status line, as a payload like its hooks' and as an event.

Apart from the hooks because it is none: it comes whenever the screen is drawn, says how full and how limited a session
is, and proves no work. Flat numbers are what is left of it, since that is what the journal keeps of any payload.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from aimon_core.clean import LIMIT
from aimon_core.events import Gauged
from aimon_core.session import CacheTtl, RateLimit

Payload = Mapping[str, Any]

NAME = "StatusLine"
"""The event name that a payload gets here; in its own form it has none, or `Status` in older builds."""
LIMITS = 8
"""Allowances read at most."""
_PERCENT, _RESETS = "_used_percent", "_resets_at"
_LIMIT = re.compile(rf"([a-z][a-z0-9_]{{0,31}}){_PERCENT}", re.ASCII)
_TTLS: dict[str, CacheTtl] = {"5m": "5m", "1h": "1h"}
LATEST_S = 1 << 32
"""Seconds since the epoch that are believed, to the year 2106."""
_MOST_TOKENS = 1 << 40
MOST_PERCENT = 1_000.0
"""Of an allowance; credits may go beyond it."""


def flattened(payload: Payload) -> Payload:
    """A status line's payload with its figures side by side; any other as it is."""
    if payload.get("hook_event_name") not in {None, "Status"} or not isinstance(payload.get("workspace"), Mapping):
        return payload
    window, cache = _inner(payload, "context_window"), _inner(payload, "prompt_cache")
    flat = {
        "hook_event_name": NAME,
        "session_id": payload.get("session_id"),
        "cwd": payload.get("cwd"),
        "session_title": payload.get("session_name"),
        "model": _inner(payload, "model").get("id"),
        "context_used": _used(window),
        "context_limit": window.get("context_window_size"),
        "cache_ttl": cache.get("ttl"),
        "cache_expires_at": cache.get("expires_at"),
    }
    for name, limit in islice(_inner(payload, "rate_limits").items(), LIMITS):
        if isinstance(limit, Mapping):
            flat[f"{name}{_PERCENT}"] = limit.get("used_percentage")
            flat[f"{name}{_RESETS}"] = limit.get("resets_at")
    return flat


def gauged(payload: Payload, frame: dict[str, Any]) -> Iterable[Gauged]:
    """The event of a flat payload; what is no figure says nothing."""
    yield Gauged(
        **frame | {"channel": "statusline", "agent_id": None},
        cwd=_text(payload.get("cwd")),
        title=_text(payload.get("session_title")),
        model=_text(payload.get("model")),
        context_used=_tokens(payload.get("context_used")),
        context_limit=_tokens(payload.get("context_limit")) or None,
        limits=tuple(islice(_limits(payload), LIMITS)),
        cache_ttl=_TTLS.get(_text(payload.get("cache_ttl")) or ""),
        cache_expires_at_ns=_time_ns(payload.get("cache_expires_at")),
    )


def _used(window: Payload) -> int | None:
    """What the last call read: older builds have sums over the session under `total_input_tokens`."""
    usage = _inner(window, "current_usage")
    parts = [usage.get(f"{part}input_tokens", 0) for part in ("", "cache_creation_", "cache_read_")]
    read = [tokens for part in parts if (tokens := _tokens(part)) is not None]
    return sum(read) if usage and len(read) == len(parts) else None


def _limits(payload: Payload) -> Iterator[RateLimit]:
    for key, value in payload.items():
        percent = _number(value, MOST_PERCENT)
        if percent is not None and (found := _LIMIT.fullmatch(key)) is not None:
            yield RateLimit(found[1], round(percent, 1), _time_ns(payload.get(f"{found[1]}{_RESETS}")))


def _text(value: object) -> str | None:
    return value[:LIMIT] or None if isinstance(value, str) else None


def _inner(payload: Payload, field: str) -> Payload:
    value = payload.get(field)
    return value if isinstance(value, Mapping) else {}


def _tokens(value: object) -> int | None:
    number = _number(value, _MOST_TOKENS)
    return None if number is None else int(number)


def _time_ns(seconds: object) -> int | None:
    number = _number(seconds, LATEST_S)
    return round(number * 1e9) if number else None


def _number(value: object, most: float) -> float | None:
    """A number from 0 to the most that is credible; None for anything else, and for what is not a number at all."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    return float(value) if 0 <= value <= most else None
