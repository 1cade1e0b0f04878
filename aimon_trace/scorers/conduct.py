"""Scorers that look at how a run went: the order of its calls, going round in circles, waiting for a person."""

import json

from aimon_trace.expectations import Limit, Loop, ToolSequence
from aimon_trace.matching import ToolRule
from aimon_trace.metrics import ToolCall, TraceMetrics, Waits
from aimon_trace.scorers.amounts import beyond
from aimon_trace.scorers.base import NoData, Said, scorer, unless


@scorer("tool_sequence")
def tool_sequence(trace: TraceMetrics, expected: ToolSequence) -> Said:
    """The tools are called in this order: with others between, with nothing else, or in whatever order."""
    calls, rules = trace.tool_calls, expected.tools
    missing = [str(rule) for rule in rules if not any(map(rule.meets, calls))]
    if missing:
        return False, f"Sequence tools not used: {missing}"
    wanted = [str(rule) for rule in rules]
    match expected.order:
        case "exact" if not _exact(calls, rules):
            return False, f"Sequence is not exactly {wanted}: {_names(calls)}"
        case "in_order" if (found := _in_order(calls, rules)) < len(rules):
            return False, f"Sequence out of order: no {wanted[found]} after {wanted[:found]} in {_names(calls)}"
    return True, f"All {len(rules)} sequence tools were used" + ("" if expected.order == "any" else " in order")


@scorer("loop")
def loop(trace: TraceMetrics, expected: Loop) -> Said:
    """The same calls, or the same few in turn, do not follow one another too often."""
    worst, length, last = 0, 0, 0
    for thread in _threads(trace.tool_calls):
        signs = [f"{call.name} {json.dumps(call.input, sort_keys=True, default=str)}" for call in thread]
        for period in range(1, min(expected.max_length, len(signs)) + 1):
            repeats, at = _repeats(signs, period)
            if repeats > worst:
                worst, length, last = repeats, period, trace.tool_calls.index(thread[at])
    if worst > expected.max_repeats:
        call = trace.tool_calls[last]
        what = f"{call.name} {call.subject[:80]}".strip() if length == 1 else f"{length} calls, last {call.name},"
        return False, f"Loop detected: {what} repeated: {worst} > {expected.max_repeats}"
    return True, f"No calls were repeated more than {expected.max_repeats} times"


@scorer("permission_waits")
def permission_waits(trace: TraceMetrics, expected: Limit) -> Said:
    """The run waits for a person as often as it may."""
    count = _waits(trace).count
    violations = beyond("waits", count, expected.min, expected.max, "{:,}")
    return unless(violations, "Permission wait violations", f"{count} waits within limits")


@scorer("max_wait")
def max_wait(trace: TraceMetrics, expected: float) -> Said:
    """No wait for a person takes longer."""
    longest = _waits(trace).longest_seconds
    if longest > expected:
        return False, f"Longest wait exceeded: {longest:,.1f}s > {expected:,.1f}s"
    return True, f"Longest wait ({longest:,.1f}s) within limit"


def _waits(trace: TraceMetrics) -> Waits:
    if trace.waits is None:
        raise NoData("The trace does not tell when it waited; a session of a running aimon does")
    return trace.waits


def _in_order(calls: tuple[ToolCall, ...], rules: tuple[ToolRule, ...]) -> int:
    """How many of the rules are met one after the other."""
    found = 0
    for call in calls:
        found += found < len(rules) and rules[found].meets(call)
    return found


def _exact(calls: tuple[ToolCall, ...], rules: tuple[ToolRule, ...]) -> bool:
    return len(calls) == len(rules) and all(rule.meets(call) for rule, call in zip(rules, calls, strict=True))


def _names(calls: tuple[ToolCall, ...]) -> list[str]:
    """The calls that were made, the last ones where there are many."""
    names = [call.name for call in calls]
    return names if len(names) <= 20 else ["…", *names[-20:]]


def _threads(calls: tuple[ToolCall, ...]) -> list[list[ToolCall]]:
    """Calls of the session itself and of each subagent: those do not wait for one another."""
    threads: dict[str | None, list[ToolCall]] = {}
    for call in calls:
        threads.setdefault(call.agent_id, []).append(call)
    return list(threads.values())


def _repeats(signs: list[str], period: int) -> tuple[int, int]:
    """How often the same `period` calls follow one another at most, and where the last of them stands."""
    best, at, same = 1, 0, 0
    for place in range(period, len(signs)):
        same = same + 1 if signs[place] == signs[place - period] else 0
        if same // period + 1 > best:
            best, at = same // period + 1, place
    return best, at
