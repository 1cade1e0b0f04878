"""What a scorer is, and what all of them have in common: names, skipping, documents in place of models."""

import functools
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict

from aimon_trace.expectations import Expectations
from aimon_trace.metrics import TraceMetrics

Value = Literal["yes", "no", "skip", "error"]
Trace = TraceMetrics | Mapping[str, Any]
Expected = Expectations | Mapping[str, Any]


class Score(BaseModel):
    """What one scorer says of one trace."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    value: Value
    """`skip`: nothing was expected; `error`: it could not be judged, which fails a trace as `no` does."""
    rationale: str


class Scorer(Protocol):
    """Judges one thing of a trace. Whatever it raises is an `error`."""

    def __call__(self, trace: Trace, expectations: Expected) -> Score:
        """What it says; both may also be the documents that `to_dict` and YAML give."""


class NoData(Exception):
    """The trace does not tell what is to be judged: never a pass."""


Said = tuple[bool, str]
"""Whether it is as expected, and why."""


def unless(problems: list[str], head: str, fine: str) -> Said:
    """What is wrong below its head; where nothing is, what is fine."""
    return (False, f"{head}: {'; '.join(problems)}") if problems else (True, fine)


def scorer(key: str) -> Callable[[Callable[[TraceMetrics, Any], Said]], Scorer]:
    """Make a scorer of a function of metrics and of what is expected under `key`; without that it skips."""

    def wrap(judge: Callable[[TraceMetrics, Any], Said]) -> Scorer:
        name = judge.__name__

        @functools.wraps(judge)
        def scored(trace: Trace, expectations: Expected) -> Score:
            metrics = trace if isinstance(trace, TraceMetrics) else TraceMetrics.from_dict(trace)
            expected = expectations if isinstance(expectations, Expectations) else Expectations.of(expectations)
            wanted = getattr(expected, key)
            if wanted is None or wanted in ((), {}):
                return Score(name=name, value="skip", rationale=f"No {key} defined in expectations")
            if metrics.empty:
                raise NoData("The trace holds no prompt, no answer and no tool call")
            good, rationale = judge(metrics, wanted)
            return Score(name=name, value="yes" if good else "no", rationale=rationale)

        return scored

    return wrap
