"""All scorers, those that other packages bring included, and how a trace is judged by them."""

import functools
from importlib.metadata import EntryPoint, entry_points

from aimon_trace.expectations import Expectations
from aimon_trace.metrics import TraceMetrics
from aimon_trace.scorers.amounts import cost_budget, duration, error_rate, token_budget
from aimon_trace.scorers.base import Expected, NoData, Score, Scorer, Trace, scorer
from aimon_trace.scorers.conduct import loop, max_wait, permission_waits, tool_sequence
from aimon_trace.scorers.tools import banned_tools, category_limits, file_existence, required_tools, tool_count

__all__ = ["GROUP", "SCORERS", "NoData", "Score", "Scorer", "judge", "passed", "plugins", "scorer"]

GROUP = "aimon.scorers"
"""Entry points of scorers that other packages bring; their name is the key of what they expect."""

SCORERS: dict[str, Scorer] = {
    "tool_count": tool_count,
    "token_budget": token_budget,
    "required_tools": required_tools,
    "banned_tools": banned_tools,
    "file_existence": file_existence,
    "tool_sequence": tool_sequence,
    "category_limits": category_limits,
    "cost_budget": cost_budget,
    "duration": duration,
    "error_rate": error_rate,
    "loop": loop,
    "permission_waits": permission_waits,
    "max_wait": max_wait,
}
"""aimon's own by name, in the order of reports."""


@functools.cache
def plugins() -> dict[str, Scorer]:
    """Scorers of other packages. One that cannot be loaded judges nothing, which is an error where it is expected."""
    return {point.name: _late(point) for point in entry_points(group=GROUP)}


def judge(metrics: TraceMetrics, expectations: Expectations) -> list[Score]:
    """What every scorer says, those of other packages only where something is expected of them."""
    own = {name: one for name, one in plugins().items() if name in expectations.own}
    return [_scored(name, one, metrics, expectations) for name, one in (SCORERS | own).items()]


def passed(scores: list[Score]) -> bool:
    """Whether nothing speaks against a trace and something for it."""
    values = {score.value for score in scores}
    return "yes" in values and not values & {"no", "error"}


def _late(point: EntryPoint) -> Scorer:
    """A scorer that is loaded when it judges."""

    def scored(trace: Trace, expectations: Expected) -> Score:
        told: Score = point.load()(trace, expectations)
        return told

    return scored


def _scored(name: str, one: Scorer, metrics: TraceMetrics, expectations: Expectations) -> Score:
    try:
        return one(metrics, expectations)
    except NoData as error:
        return Score(name=name, value="error", rationale=f"Not judged: {error}")
    except Exception as error:  # noqa: BLE001 - somebody's own code: whatever it raises fails the trace with its words
        return Score(name=name, value="error", rationale=f"Scorer failed: {type(error).__name__}: {error}")
