"""Many traces judged: a verdict on each source, and the report over all of them.

A source that cannot be read is a failed result like any other, so that one bad file hides no other.
"""

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

from aimon_core.errors import AimonError
from aimon_trace.expectations import Expectations
from aimon_trace.metrics import TraceMetrics
from aimon_trace.scorers import Score, judge, passed


class Verdict(BaseModel):
    """What was found about one source."""

    model_config = ConfigDict(frozen=True)

    source: str
    """A path, `session:KEY`, `mlflow:RUN` or `mlflow-trace:TRACE`."""
    metrics: TraceMetrics | None = None
    """None where it could not be read."""
    scores: tuple[Score, ...] = ()
    error: str | None = None
    """Why it could not be read."""
    case: str | None = None
    """The test case whose expectations were added."""

    @property
    def success(self) -> bool:
        """Whether something speaks for it and nothing against it."""
        return self.error is None and passed(list(self.scores))

    @property
    def violations(self) -> list[Score]:
        """Why it failed."""
        return [score for score in self.scores if score.value in {"no", "error"}]


class Report(BaseModel):
    """What was found about all sources."""

    model_config = ConfigDict(frozen=True)

    name: str
    """The skill, the project or the file whose expectations these are."""
    expectations: Expectations
    results: tuple[Verdict, ...]

    @property
    def success(self) -> bool:
        """Whether all passed; no result is no success."""
        return bool(self.results) and all(result.success for result in self.results)


def verdict(source: str, metrics: TraceMetrics, expectations: Expectations, case: str | None = None) -> Verdict:
    """What the scorers find about one trace."""
    return Verdict(source=source, metrics=metrics, scores=tuple(judge(metrics, expectations)), case=case)


def attempt(source: str, read: Callable[[], TraceMetrics], expectations: Expectations, case: str | None) -> Verdict:
    """The same of a trace that is yet to be read: what cannot be is a failed result."""
    try:
        return verdict(source, read(), expectations, case)
    except (AimonError, OSError) as error:
        return Verdict(source=source, error=str(error), case=case)
