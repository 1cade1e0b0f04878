"""Files that hold traces: which there are in a folder, and what one of them comes to, whichever kind it is."""

import json
from collections.abc import Iterator
from pathlib import Path

from aimon_trace import transcripts
from aimon_trace.metrics import TraceMetrics
from aimon_trace.transcripts import Overrides

_HEAD = 64 * 1024
"""Bytes in which a captured run says that it is one."""


def read(path: Path, *, subagents: bool = True, overrides: Overrides | None = None) -> TraceMetrics:
    """A transcript, or a captured run in JSON or JSONL. `overrides` are prices that win. Raises AimonError."""
    prices = transcripts.table(overrides)
    if _is_run(path):
        from aimon_trace.files import load  # noqa: PLC0415 - only a run needs it
        from aimon_trace.runs import metrics  # noqa: PLC0415 - same

        return metrics(load(path), prices)
    return transcripts.read(path, subagents=subagents, prices=prices)


def within(folder: Path) -> list[Path]:
    """All traces in a folder and in those below it. Those of subagents belong to the trace beside their folder."""
    files = sorted(path for path in folder.rglob("*") if path.suffix in {".jsonl", ".json"} and path.is_file())
    return [path for path in files if not _is_helpers(path, folder) and (path.suffix == ".jsonl" or _is_run(path))]


def _is_helpers(path: Path, folder: Path) -> bool:
    """Whether it lies in `SESSION/subagents` beside `SESSION.jsonl`."""
    return any(
        above.name == "subagents" and above.parent.with_suffix(".jsonl").is_file()
        for above in path.parents
        if above.is_relative_to(folder)
    )


def _is_run(path: Path) -> bool:
    """Whether a file's beginning is that of a captured run."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    first, _, _ = head.partition(b"\n")
    if path.suffix == ".jsonl":
        return any(told.get("record") == "run" for told in _objects(first))
    return b'"run_id"' in head and b'"agent_info"' in head


def _objects(line: bytes) -> Iterator[dict[str, object]]:
    try:
        told = json.loads(line)
    except (ValueError, RecursionError):
        return
    if isinstance(told, dict):
        yield told
