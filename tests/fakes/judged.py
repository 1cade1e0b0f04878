"""The morning of the pictures, judged by what somebody expects of it."""

from msgspec.structs import replace

from aimon_core.session import Session
from aimon_core.verdict import Judged, verdict
from tests.fakes.fleet import morning


def judged() -> tuple[Session, ...]:
    """The morning, where something is expected of four sessions: one broke it, one cannot be judged."""
    broken = verdict([
        Judged("tool_count", "kept", "All 2 tool limits satisfied"),
        Judged("cost_budget", "broken", "Cost budget exceeded: cost: $4.1200 > $2.0000"),
        Judged("token_budget", "kept", "Token usage (26,300) within budget"),
        Judged("required_tools", "open", "Missing required tools: ['WebFetch']"),
        Judged("banned_tools", "broken", "Banned tools used: {'rm -rf': 1}"),
        Judged("max_wait", "error", "Cannot judge: no hooks tell when it waits"),
        Judged("duration", "kept", "Duration (550.0s) within limit"),
    ])  # fmt: skip
    kept, wanted = Judged("cost_budget", "kept", "Cost ($0.3100) within budget"), Judged("loop", "open", "No calls yet")
    verdicts = (
        replace(broken, budget_usd=2.0),
        verdict([kept]),
        verdict([Judged("max_wait", "error", "not told")]),
        verdict([kept, wanted]),
    )
    some = morning()
    return (*(replace(one, verdict=told) for one, told in zip(some, verdicts, strict=False)), *some[len(verdicts) :])
