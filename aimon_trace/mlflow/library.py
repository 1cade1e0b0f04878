"""MLflow's Python library behind the few questions we have, its telemetry off before it is loaded.

`mlflow-tracing` knows no experiments by name and no runs: a server is asked for those over its REST API.
"""

import logging
import os
from collections.abc import Callable, Collection
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from aimon_core.errors import Unavailable, UsageError
from receiver.export.mlflow_server import MlflowServer

_QUIET = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
_PATIENCE = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1", "MLFLOW_HTTP_REQUEST_TIMEOUT": "20"}
"""By default it tries for minutes to reach a server that is not there. Whoever set these knows better."""
_WHOLE = "`pip install mlflow`, or start `mlflow server` on it."


class Library:
    """MLflow at one tracking URI. Whatever it raises becomes Unavailable."""

    def __init__(self, uri: str | None = None) -> None:
        """`uri` is MLFLOW_TRACKING_URI if None. Raises UsageError without either, Unavailable without the library."""
        told = uri or os.environ.get("MLFLOW_TRACKING_URI", "")
        if not told:
            raise UsageError("Which MLflow is not said.", "Set MLFLOW_TRACKING_URI, e.g. http://127.0.0.1:5000.")
        self._uri = told
        self._server = MlflowServer(told, os.environ) if told.startswith(("http://", "https://")) else None
        self._mlflow = _loaded(told, whole=self._server is None)

    def trace(self, trace_id: str) -> dict[str, Any]:
        """A trace with its spans, as a document."""
        found = self._asked(lambda: self._mlflow.get_trace(trace_id, silent=True))
        if found is None:
            raise Unavailable(f"MLflow has no trace {trace_id}.", "`aimon list-traces` lists them.")
        document: dict[str, Any] = found.to_dict()
        return document

    def search(self, experiment_id: str, limit: int, *, spans: bool, run_id: str | None = None) -> list[Any]:
        """The newest traces of an experiment, or of one of its runs."""
        found: list[Any] = self._asked(
            lambda: self._mlflow.search_traces(
                locations=[experiment_id], run_id=run_id, max_results=limit, order_by=["timestamp_ms DESC"],
                include_spans=spans, return_type="list",
            )
        )  # fmt: skip
        return found

    def experiment(self, told: str) -> str:
        """The id of an experiment by its id or name."""
        if self._server is not None:
            found = self._server.experiment(told)
        else:
            found = self._asked(lambda: self._stored_experiment(told))
        if found is None:
            raise Unavailable(f"MLflow has no experiment {told}.")
        return found

    def experiment_of(self, run_id: str) -> str:
        """The id of the experiment that a run belongs to."""
        if self._server is not None:
            return self._server.experiment_of(run_id)
        return str(self._asked(lambda: self._mlflow.get_run(run_id)).info.experiment_id)

    def artifact(self, run_id: str, name: str, folder: Path) -> Path | None:
        """An artifact of a run, copied into a folder; None where the run has none of this name."""
        if not _has_whole():
            raise Unavailable(f"The run {run_id} has no traces, and its artifacts need the whole of MLflow.", _WHOLE)
        artifacts = import_module("mlflow.artifacts")
        there = self._asked(lambda: [one.path for one in artifacts.list_artifacts(run_id=run_id)])
        if name not in there:
            return None
        return Path(
            self._asked(lambda: artifacts.download_artifacts(run_id=run_id, artifact_path=name, dst_path=str(folder)))
        )

    def assess(self, trace_id: str, source: str, name: str, value: str | None, rationale: str) -> None:
        """Write one assessment; a value of None says that it could not be judged, and why."""
        from mlflow.entities import AssessmentError, AssessmentSource  # noqa: PLC0415 - loaded by now

        error = None if value is not None else AssessmentError(error_code="NOT_JUDGED", error_message=rationale)
        self._asked(
            lambda: self._mlflow.log_feedback(
                trace_id=trace_id, name=name, value=value, rationale=rationale, error=error,
                source=AssessmentSource(source_type="CODE", source_id=source),
            )
        )  # fmt: skip

    def forget(self, trace_id: str, source: str, names: Collection[str]) -> None:
        """Delete what a source assessed under some names."""
        for told in self.trace(trace_id)["info"].get("assessments") or ():
            if told.get("assessment_name") in names and (told.get("source") or {}).get("source_id") == source:
                self._asked(lambda told=told: self._mlflow.delete_assessment(trace_id, told["assessment_id"]))

    def _stored_experiment(self, told: str) -> str | None:
        found = self._mlflow.get_experiment(told) if told.isdecimal() else self._mlflow.get_experiment_by_name(told)
        return None if found is None else str(found.experiment_id)

    def _asked(self, question: Callable[..., Any]) -> Any:
        from mlflow.exceptions import MlflowException  # noqa: PLC0415 - loaded by now

        self._mlflow.set_tracking_uri(self._uri)
        try:
            return question()
        except MlflowException as error:
            why = str(error).partition("\n")[0][:200]
            raise Unavailable(f"MLflow at {self._uri} says: {why}") from error


def _loaded(uri: str, *, whole: bool) -> Any:
    if whole and not _has_whole():
        raise Unavailable(f"{uri} needs the whole of MLflow.", _WHOLE)
    os.environ.update(_QUIET)
    for name, value in _PATIENCE.items():
        os.environ.setdefault(name, value)
    try:
        import mlflow  # noqa: PLC0415 - 0.8 s, and optional
    except ImportError as error:
        raise Unavailable("MLflow's library is not installed.", "pip install 'aimon-tui[mlflow]'") from error
    logging.getLogger("mlflow").setLevel(logging.ERROR)  # stdout is data, stderr is our own words
    return mlflow


def _has_whole() -> bool:
    try:
        metadata.version("mlflow")
    except metadata.PackageNotFoundError:
        return False
    return True
