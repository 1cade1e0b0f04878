"""Scorers that look at which tools were called and which files were touched."""

from collections import Counter
from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase

from aimon_trace.expectations import Limit
from aimon_trace.matching import FileRule, ToolRule
from aimon_trace.metrics import TraceMetrics
from aimon_trace.scorers.amounts import beyond
from aimon_trace.scorers.base import Said, scorer, unless


@scorer("tool_limits")
def tool_count(trace: TraceMetrics, expected: dict[str, Limit]) -> Said:
    """Each tool is called as often as it may and must be."""
    rules = {name: ToolRule.of(name) for name in expected}
    counts = {name: sum(map(rule.meets, trace.tool_calls)) for name, rule in rules.items()}
    return _within("Tool", "tool", expected, counts.__getitem__)


@scorer("category_limits")
def category_limits(trace: TraceMetrics, expected: dict[str, Limit]) -> Said:
    """Each category is called as often as it may and must be."""

    def count(pattern: str) -> int:
        return sum(count for name, count in trace.by_category.items() if fnmatchcase(name, pattern))

    return _within("Category", "category", expected, count)


@scorer("required_tools")
def required_tools(trace: TraceMetrics, expected: tuple[ToolRule, ...]) -> Said:
    """Each was called; one with `!` was not."""
    missing = [str(rule) for rule in expected if any(map(rule.meets, trace.tool_calls)) is rule.negated]
    if missing:
        return False, f"Missing required tools: {missing}"
    return True, f"All {len(expected)} required tools were used"


@scorer("banned_tools")
def banned_tools(trace: TraceMetrics, expected: tuple[ToolRule, ...]) -> Said:
    """None was called, but for those with `!`."""
    allowed = [rule for rule in expected if rule.negated]
    used: Counter[str] = Counter()
    for rule in expected:
        if not rule.negated:
            used[str(rule)] += sum(
                rule.meets(call) and not any(one.meets(call) for one in allowed) for call in trace.tool_calls
            )
    if violations := dict(+used):
        return False, f"Banned tools used: {violations}"
    return True, f"None of {len(expected) - len(allowed)} banned tools were used"


@scorer("expected_files")
def file_existence(trace: TraceMetrics, expected: tuple[FileRule, ...]) -> Said:
    """The trace wrote each file; one with `!` it did not. The disk is not looked at: the run may be long over."""
    files = trace.files
    by_kind: Mapping[str, tuple[str, ...]] = {**dict(files), "written": (*files.created, *files.modified)}
    found = {rule: [path for path in by_kind[rule.kind] if rule.meets(path)] for rule in expected}
    missing = [str(rule) for rule, paths in found.items() if not paths and not rule.negated]
    unwanted = [path for rule, paths in found.items() if rule.negated for path in paths]
    said = [f"Missing expected files: {missing}"] * bool(missing) + [f"Unwanted files: {unwanted}"] * bool(unwanted)
    return not said, "; ".join(said) or f"All {len(expected)} expected file patterns matched"


def _within(title: str, noun: str, expected: dict[str, Limit], count: Callable[[str], int]) -> Said:
    violations = [line for name, limit in expected.items() for line in beyond(name, count(name), limit.min, limit.max)]
    return unless(violations, f"{title} limit violations", f"All {len(expected)} {noun} limits satisfied")
