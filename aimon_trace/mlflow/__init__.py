"""Traces that lie in MLflow: read to be judged, and the scores written back as feedback.

A server is spoken to with `mlflow-tracing` (`aimon-tui[mlflow]`); a database beside no server (`sqlite:///…`) and
artifacts of a run need the whole of MLflow. Either is imported when one of these functions is called and never else.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from aimon_core import pricing
from aimon_core.errors import Unreadable
from aimon_trace.metrics import TraceMetrics, from_transcript
from aimon_trace.mlflow.library import Library

if TYPE_CHECKING:
    from aimon_trace.scorers import Score

ARTIFACTS = ("trace.jsonl", "session.jsonl", "transcript.jsonl")
"""What a run may hold in place of traces: a transcript of Claude Code."""
SOURCE = "aimon"
"""Who the feedback is from."""
_MOST = 1000
"""Traces of one run that are read."""


class Listed(Struct, frozen=True):
    """One trace in a list."""

    trace_id: str
    session_id: str | None
    name: str
    state: str
    """As MLflow has it: OK, ERROR, IN_PROGRESS."""
    started_at: datetime
    duration_seconds: float | None
    tokens: int | None


def metrics_of_trace(trace_id: str, uri: str | None = None) -> TraceMetrics:
    """What one trace comes to, by its id (`tr-…`). `uri` is MLFLOW_TRACKING_URI if None. Raises AimonError."""
    from aimon_trace.mlflow.metrics import metrics  # noqa: PLC0415 - it loads the receiver's languages

    return metrics([Library(uri).trace(trace_id)], pricing.load())


def metrics_of_run(run_id: str, uri: str | None = None) -> TraceMetrics:
    """What the traces of a run come to together; of one without any, what a transcript among its artifacts does.

    Raises AimonError.
    """
    from aimon_trace.mlflow.metrics import metrics  # noqa: PLC0415 - as above

    library = Library(uri)
    found = library.search(library.experiment_of(run_id), _MOST, run_id=run_id, spans=True)
    if found:
        return metrics((one.to_dict() for one in found), pricing.load())
    with TemporaryDirectory(prefix="aimon-") as folder:
        for name in ARTIFACTS:
            if (path := library.artifact(run_id, name, Path(folder))) is not None:
                return from_transcript(path)
    raise Unreadable(f"The run {run_id} has no traces.", f"Nor has it an artifact {', '.join(ARTIFACTS)}.")


def list_traces(limit: int = 10, experiment: str | None = None, uri: str | None = None) -> list[Listed]:
    """The newest traces of an experiment, told by name or id; of the one called Default if None. Raises AimonError."""
    library = Library(uri)
    found = library.search(library.experiment(experiment or "0"), limit, spans=False)
    return [_listed(one.info) for one in found]


def write_feedback(trace_id: str, scores: "Iterable[Score]", uri: str | None = None) -> int:
    """Write scores on a trace, an assessment for each scorer that did not skip; how many.

    What aimon wrote before under the same name goes. Raises AimonError.
    """
    library = Library(uri)
    told = [score for score in scores if score.value != "skip"]
    names = {score.name for score in told}
    library.forget(trace_id, SOURCE, names)
    for score in told:
        library.assess(trace_id, SOURCE, score.name, None if score.value == "error" else score.value, score.rationale)
    return len(told)


def _listed(info: Any) -> Listed:
    tokens, lasted = info.token_usage or {}, info.execution_duration
    return Listed(
        trace_id=info.trace_id,
        session_id=info.trace_metadata.get("mlflow.trace.session"),
        name=info.tags.get("mlflow.traceName", ""),
        state=info.state.value,
        started_at=datetime.fromtimestamp(info.request_time / 1000, UTC),
        duration_seconds=None if lasted is None else lasted / 1000,
        tokens=tokens.get("total_tokens"),
    )
