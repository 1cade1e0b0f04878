"""A trace in a test: expectations as assertions, and what was there instead as a diff.

Apart from `pytest_plugin`, which every run of pytest loads.
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from difflib import ndiff
from os import PathLike
from pathlib import Path
from typing import Any

from aimon_core.errors import Unavailable
from aimon_trace import sources
from aimon_trace.expectations import Expectations, Limit
from aimon_trace.manifest import load
from aimon_trace.metrics import TraceMetrics
from aimon_trace.scorers import Score, judge, passed

_CALLS = 30
"""Calls shown below a failure, the last ones."""
_PATIENCE_S = 60.0
"""How long the journal may take to be read."""


class Trace:
    """One trace that a test looks at."""

    def __init__(self, source: str, metrics: TraceMetrics) -> None:
        self.source = source
        self.metrics = metrics

    @classmethod
    def of(cls, source: "str | PathLike[str]") -> "Trace":
        """A file, else a session of the running aimon or its journal. Raises AimonError."""
        path = Path(source).expanduser()
        if path.is_file() or path.suffix in {".json", ".jsonl"}:
            return cls(str(source), sources.read(path))
        return cls(str(source), _session(str(source)))

    def expect(self, **expected: Any) -> None:
        """Assert what a manifest would say: `expect(tool_limits={"Bash": 5}, banned_tools=["rm -rf"])`."""
        __tracebackhide__ = True
        self._assert(Expectations.of(expected, "expect()"))

    def expect_manifest(self, path: "str | PathLike[str]", case: str | None = None) -> None:
        """Assert what a manifest or a test case of it says; without `case`, that of the trace's own name or id."""
        __tracebackhide__ = True
        manifest = load(Path(path))
        self._assert(manifest.expectations(case or manifest.case_of(self.source, self.metrics.session_id)))

    def _assert(self, expectations: Expectations) -> None:
        __tracebackhide__ = True
        scores = judge(self.metrics, expectations)
        if not passed(scores):
            raise AssertionError("\n".join(_told(self, expectations, scores)))


def _told(trace: Trace, expectations: Expectations, scores: list[Score]) -> Iterator[str]:
    """What is wrong, line by line."""
    wrong = [score for score in scores if score.value in {"no", "error"}]
    looked = [score for score in scores if score.value != "skip"]
    yield f"{trace.source}: {len(wrong)} of {len(looked)} expectations are not met"
    for score in wrong:
        yield f"{score.name}: {score.rationale}"
        yield from (f"  {line}" for line in _difference(score.name, trace.metrics, expectations))
    calls = trace.metrics.tool_calls
    yield f"The trace called {len(calls)} tools{':' if calls else '.'}"
    for number, call in list(enumerate(calls, 1))[-_CALLS:]:
        yield f"  {number:>3} {call.name} {call.subject[:80]}{' (failed)' if call.success is False else ''}".rstrip()


def _difference(name: str, metrics: TraceMetrics, expected: Expectations) -> Iterator[str]:
    """What was expected (`-`) against what was there (`+`), where more than a figure is wrong."""
    names = [call.name for call in metrics.tool_calls]
    match name:
        case "tool_count":
            yield from _limits(expected.tool_limits, metrics.by_name)
        case "category_limits":
            yield from _limits(expected.category_limits, metrics.by_category)
        case "tool_sequence" if expected.tool_sequence:
            yield from ndiff([str(rule) for rule in expected.tool_sequence.tools], names[-_CALLS:])
        case "required_tools":
            yield from ndiff(sorted(map(str, expected.required_tools)), sorted(set(names)))
        case "file_existence":
            files = [*metrics.files.created, *metrics.files.modified]
            yield from ndiff(sorted(map(str, expected.expected_files)), sorted(set(files)))


def _limits(limits: Mapping[str, Limit], counts: Mapping[str, int]) -> Iterator[str]:
    for name, limit in limits.items():
        count = counts.get(name, 0)
        if (limit.max is not None and count > limit.max) or (limit.min is not None and count < limit.min):
            bounds = {"at most": limit.max, "at least": limit.min}
            yield f"- {name}: {', '.join(f'{word} {most}' for word, most in bounds.items() if most is not None)}"
            yield f"+ {name}: {count}"


def _session(word: str) -> TraceMetrics:
    """A session, as the command line tells it: asking a running aimon is the business of the floor above."""
    command = [sys.executable, "-m", "aimon_tui.cli", "trace-eval", "show", word, "--full"]
    done = subprocess.run(command, capture_output=True, timeout=_PATIENCE_S, check=False)  # noqa: S603 - our own program
    if done.returncode:
        raise Unavailable(done.stderr.decode(errors="replace").strip() or f"There is no session {word}.")
    return TraceMetrics.model_validate_json(done.stdout)
