"""Looks whether agents say what this aimon cannot read, and makes of it what a person may show to others."""

from collections.abc import Iterator
from importlib import metadata
from typing import Any

from aimon_core.agents import AGENTS
from aimon_core.clean import clean
from aimon_core.drift import speaker
from aimon_core.errors import UsageError
from aimon_desktop.doctor import Check, broken, fine
from aimon_desktop.doctor.chain import Door

_SHOWN = 3
"""Names told in a line; the rest is counted."""


def checks(door: Door) -> Iterator[Check]:
    """A line for each version of an agent that is not understood."""
    drifts: list[dict[str, Any]] = (door.get("/api/v1/stats") or {}).get("drift", [])
    if not drifts:
        yield fine("drift", "No agent says what aimon cannot read.")
    for drift in drifts:
        agent = clean(drift["agent"], 40)
        hint = f"Update aimon, or attach to an issue what this prints: aimon doctor --sample {agent}"
        yield broken("drift", f"{clean(speaker(drift['agent'], drift['version']), 80)} {_says(drift)}", hint)


def sample(stats: dict[str, Any], agent: str) -> dict[str, Any] | None:
    """The shapes of what is not understood of an agent, or of all for an empty name; None where all is.

    No texts, paths or ids are in it. Raises UsageError for an agent that nobody knows.
    """
    if agent and agent not in AGENTS:
        raise UsageError(f"{clean(agent, 40)!r} is no agent.", f"Known are {', '.join(AGENTS)}.")
    drifts = [one for one in stats.get("drift", []) if agent in {"", one["agent"]}]
    return {"aimon": metadata.version("aimon-tui"), "drift": drifts} if drifts else None


def _says(drift: dict[str, Any]) -> str:
    names = [f"{clean(one['name'], 80)} ({one['count']:,})" for one in drift["names"]]
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    since = clean((drift["first_at"] or "")[:16]).replace("T", " ")
    return f"says what aimon cannot read, since {since} UTC: {', '.join(names[:_SHOWN])}{more}."
