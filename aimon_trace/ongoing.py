"""Judges work that still goes on: a limit that is passed stays passed, but what is missing may still come."""

from collections.abc import Iterable, Mapping
from typing import Any

from aimon_core.verdict import Judged, Standing, Verdict, verdict
from aimon_trace.expectations import Expectations, Limit
from aimon_trace.ledger import metrics
from aimon_trace.scorers import Score, judge

_LEAST = {
    "token_budget": ("min_input", "min_output", "min_total"),
    "cost_budget": ("min_usd",),
    "duration": ("min_seconds",),
    "permission_waits": ("min",),
}
"""Parts of an expectation that more work may still fulfil."""


def watched(session: Mapping[str, Any], turns: Iterable[Mapping[str, Any]], expected: Expectations) -> Verdict | None:
    """The verdict on a session of the ledger, `session` and `turns` as the API tells them; None if nothing is expected.

    At its end it is what `aimon trace-eval` says; until then what is not fulfilled yet is `open`.
    """
    trace = metrics(session, turns)
    final = judge(trace, expected)
    told = [score for score in final if score.value != "skip"]
    if session["ended_at"] is not None:
        return verdict([Judged(one.name, _FINAL[one.value], one.rationale) for one in told])
    passed = {score.name for score in judge(trace, ceilings(expected)) if score.value == "no"}
    return verdict([Judged(one.name, _standing(one, passed, begun=trace.llm_calls > 0), one.rationale) for one in told])


def ceilings(expected: Expectations) -> Expectations:
    """What more work can only break: maxima and what must not be."""
    changes: dict[str, Any] = {
        "tool_limits": _maxima(expected.tool_limits),
        "category_limits": _maxima(expected.category_limits),
        "required_tools": (),
        "expected_files": tuple(one for one in expected.expected_files if getattr(one, "negated", False)),
        "tool_sequence": None,
    }
    for name, parts in _LEAST.items():
        if (part := getattr(expected, name)) is not None:
            changes[name] = part.model_copy(update=dict.fromkeys(parts))
    return expected.model_copy(update=changes)


def _maxima(limits: Mapping[str, Limit]) -> dict[str, Limit]:
    return {name: Limit(max=limit.max) for name, limit in limits.items() if limit.max is not None}


_FINAL: dict[str, Standing] = {"yes": "kept", "no": "broken", "error": "error"}


def _standing(score: Score, passed: set[str], *, begun: bool) -> Standing:
    """Before the first answer nothing can be judged, and that is no fault."""
    if score.value == "no":
        return "broken" if score.name in passed else "open"
    return "open" if score.value == "error" and not begun else _FINAL[score.value]
