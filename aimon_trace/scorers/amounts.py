"""Scorers that hold a figure of the whole trace against bounds: tokens, dollars, seconds, failures."""

from collections.abc import Callable

from aimon_trace.expectations import CostBudget, Duration, ErrorRate, TokenBudget
from aimon_trace.metrics import TraceMetrics
from aimon_trace.scorers.base import NoData, Said, scorer, unless

Bound = float | None


@scorer("token_budget")
def token_budget(trace: TraceMetrics, expected: TokenBudget) -> Said:
    """Tokens are within the budget; caches count where it says so."""
    tokens = trace.tokens
    if tokens is None:
        raise NoData("No call of the trace told its usage")
    extra = tokens.cache_read * (expected.cache in {"read", "include"})
    extra += tokens.cache_creation * (expected.cache in {"creation", "include"})
    bounds = {
        "input": (tokens.input + extra, expected.min_input, expected.max_input),
        "output": (tokens.output, expected.min_output, expected.max_output),
        "total": (tokens.total + extra, expected.min_total, expected.max_total),
        "cache_read": (tokens.cache_read, None, expected.max_cache_read),
        "cache_creation": (tokens.cache_creation, None, expected.max_cache_creation),
    }
    violations = [
        line for name, (actual, least, most) in bounds.items() for line in beyond(name, actual, least, most, "{:,}")
    ]
    return unless(violations, "Token budget exceeded", f"Token usage ({tokens.total + extra:,}) within budget")


@scorer("cost_budget")
def cost_budget(trace: TraceMetrics, expected: CostBudget) -> Said:
    """The trace costs no more, and no less, than it may."""
    usd = trace.cost_usd
    if usd is None:
        raise NoData(f"The cost is unknown: no price for {', '.join(trace.cost.unpriced_models) or 'its calls'}")
    violations = beyond("cost", usd, expected.min_usd, expected.max_usd, "${:,.4f}")
    return unless(violations, "Cost budget exceeded", f"Cost (${usd:,.4f}) within budget")


@scorer("duration")
def duration(trace: TraceMetrics, expected: Duration) -> Said:
    """The trace takes no more, and no less, time than it may."""
    seconds = trace.duration_seconds
    if seconds is None:
        raise NoData("The trace tells no times")
    violations = beyond("duration", seconds, expected.min_seconds, expected.max_seconds, "{:,.1f}s")
    return unless(violations, "Duration limit violations", f"Duration ({seconds:,.1f}s) within limits")


@scorer("error_rate")
def error_rate(trace: TraceMetrics, expected: ErrorRate) -> Said:
    """No more tool calls fail than may. What nobody let run is no failure."""
    meant = [
        call
        for call in trace.tool_calls
        if call.success is not None
        and not call.refused
        and (not expected.tools or any(rule.meets(call) for rule in expected.tools))
    ]
    failed = sum(call.success is False for call in meant)
    rate = failed / len(meant) if meant else 0.0
    violations = beyond("errors", failed, None, expected.max_errors, "{:,}")
    if expected.max is not None and rate > expected.max:
        violations.append(f"{rate:.0%} > {expected.max:.0%}")
    said = f"{failed} of {len(meant)} tool calls failed"
    return not violations, f"Error rate exceeded: {'; '.join(violations)} ({said})" if violations else said


def beyond(name: str, actual: float, least: Bound, most: Bound, shape: str = "{:,}") -> list[str]:
    """What is wrong with a figure, e.g. `input: 60,000 > 50,000`."""
    show: Callable[[float], str] = shape.format
    wrong = [f"{name}: {show(actual)} > {show(most)}"] if most is not None and actual > most else []
    return wrong + ([f"{name}: {show(actual)} < {show(least)}"] if least is not None and actual < least else [])
