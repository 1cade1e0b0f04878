"""What `aimon trace-eval` is pointed at: files, sessions of the ledger, MLflow, and what is meant by nothing at all."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from aimon_core.config import Config
from aimon_core.errors import Unavailable, UsageError
from aimon_tui import peer
from aimon_tui.console.focus import chosen

if TYPE_CHECKING:
    from aimon_trace.metrics import TraceMetrics

Read = Callable[[], "TraceMetrics"]

_MLFLOW = "pip install 'aimon-tui[mlflow]'"


def session(config: Config, word: str) -> "tuple[str, TraceMetrics]":
    """A session of the running aimon, else of its journal, by key, id, head of an id or project. Raises Unavailable."""
    from aimon_trace.metrics import from_session

    place = peer.address(config)
    document = peer.sessions(place, every=True)
    if document is None:
        click.echo("No aimon is running: this is what its journal holds.", err=True)
        return _remembered(config, word)
    told = chosen(document["sessions"], word)
    turns = peer.turns(place, told["key"])
    if turns is None:
        raise Unavailable(f"The running aimon does not tell of {told['key']} any more.", "Try again.")
    return f"session:{told['key']}", from_session(told, turns)


def of_run(run_id: str) -> Read:
    """A run of MLflow."""
    return lambda: _mlflow().metrics_of_run(run_id)


def of_trace(trace_id: str) -> Read:
    """A trace of MLflow."""
    return lambda: _mlflow().metrics_of_trace(trace_id)


def listed(limit: int, experiment: str | None) -> list[Any]:
    """The newest traces of an experiment of MLflow."""
    return list(_mlflow().list_traces(limit, experiment))


def feedback(trace_id: str, scores: Any) -> int:
    """Write scores on a trace of MLflow; how many."""
    return int(_mlflow().write_feedback(trace_id, scores))


def newest(cwd: Path | None = None) -> Path:
    """The newest transcript of the project here. Raises Unavailable."""
    from aimon_trace import local

    folder = (cwd or Path.cwd()).absolute()
    found = next(local.newest(folder), None)
    if found is None:
        raise Unavailable(f"No agent has left a transcript of {folder}.", "Name one: --trace FILE.")
    return found.path


def traced_by_mlflow() -> bool:
    """Whether Claude Code here tells MLflow of its sessions (`mlflow autolog claude`), and MLflow is known."""
    from aimon_core.errors import Unreadable
    from aimon_trace.manifest import document

    told: dict[str, str] = {}
    for name in ("settings.json", "settings.local.json"):
        path = Path(".claude") / name
        try:
            environment = document(path).get("env") if path.is_file() else None  # JSON is YAML
        except (Unreadable, Unavailable):
            continue
        told |= environment if isinstance(environment, dict) else {}
    here = {**told, **os.environ}
    return str(here.get("MLFLOW_CLAUDE_TRACING_ENABLED", "")).lower() in {"1", "true"}


def anything(config: Config, word: str) -> "TraceMetrics":
    """A file where there is one of that name, else a session. Raises AimonError."""
    from aimon_trace import sources

    path = Path(word).expanduser()
    if path.is_file():
        return sources.read(path, overrides=config.settings.prices)
    if path.suffix in {".json", ".jsonl"}:
        raise UsageError(f"There is no file {path}.")
    return session(config, word)[1]


def _remembered(config: Config, word: str) -> "tuple[str, TraceMetrics]":
    from aimon_core.wire import session_dict, span_dict, turn_dict
    from aimon_trace.metrics import from_session
    from aimon_tui.console.sessions import reread

    store = reread(config.settings)
    told = chosen([session_dict(one) for one in store.sessions(every=True)], word)
    turns = [
        turn_dict(turn) | {"spans": [span_dict(span) for span in turn.spans]}
        for turn in store.growing(told["key"])
        if turn is not None
    ]
    return f"session:{told['key']}", from_session(told, turns)


def _mlflow() -> Any:
    """The room that speaks to MLflow. Raises Unavailable without the extra."""
    from importlib import import_module

    try:
        return import_module("aimon_trace.mlflow")
    except ImportError:
        raise Unavailable("Traces of MLflow need its library.", _MLFLOW) from None
