"""Many traces judged: a verdict on each source, and the report over all of them.

A source that cannot be read is a failed result like any other, so that one bad file hides no other. Files are read in
as many processes as there are cores; what comes back of each is what a report says of it, not its calls.
"""

import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from pathlib import Path
from typing import Any

from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field

from aimon_core.errors import AimonError
from aimon_trace import sources
from aimon_trace.manifest import Manifest
from aimon_trace.metrics import TraceMetrics
from aimon_trace.scorers import Score, judge, passed
from aimon_trace.transcripts import Overrides, table

NOTHING = "Nothing is expected of this trace"


class Verdict(BaseModel):
    """What was found about one source."""

    model_config = ConfigDict(frozen=True)

    source: str
    """A path, `session:KEY`, `mlflow:RUN` or `mlflow-trace:TRACE`."""
    summary: dict[str, Any] | None = None
    """Its main figures; None where it could not be read."""
    scores: tuple[Score, ...] = ()
    error: str | None = None
    """Why it could not be judged."""
    case: str | None = Field(default=None, description="the test case that added to what is expected")

    @property
    def success(self) -> bool:
        """Whether something speaks for it and nothing against it."""
        return self.error is None and passed(list(self.scores))

    @property
    def violations(self) -> list[Score]:
        """Why it failed, as far as scorers say."""
        return [score for score in self.scores if score.value in {"no", "error"}]


class Report(BaseModel):
    """What was found about all sources."""

    model_config = ConfigDict(frozen=True)

    name: str
    """The skill, or the folder, whose expectations these are."""
    expectations: dict[str, Any]
    """As they were written."""
    results: tuple[Verdict, ...]

    @property
    def success(self) -> bool:
        """Whether all passed; no result is no success."""
        return bool(self.results) and all(result.success for result in self.results)


def summary(metrics: TraceMetrics) -> dict[str, Any]:
    """The main figures of a trace; the first five names are those of the plan this follows."""
    tokens = metrics.tokens
    return {
        "session_id": metrics.session_id,
        "total_tokens": tokens and tokens.total,
        "total_tool_calls": len(metrics.tool_calls),
        "num_turns": metrics.turns,
        "duration_seconds": metrics.duration_seconds,
        "total_tokens_with_cache": tokens and tokens.total_with_cache,
        "llm_calls": metrics.llm_calls,
        "failed_tool_calls": len(metrics.failed_tools),
        "cost_usd": metrics.cost_usd,
        "model": metrics.model,
        "agent": metrics.agent,
        "unread": metrics.unread,
    }


def verdict(source: str, metrics: TraceMetrics, manifest: Manifest, case: str | None = None) -> Verdict:
    """What the scorers find about one trace, by what is expected of all and of its own test case."""
    case = case or manifest.case_of(source, source.partition(":")[2], metrics.session_id)
    expectations = manifest.expectations(case)
    return Verdict(
        source=source,
        summary=summary(metrics),
        scores=tuple(judge(metrics, expectations)),
        error=NOTHING if expectations.empty else None,
        case=case,
    )


def attempt(source: str, read: Callable[[], TraceMetrics], manifest: Manifest, case: str | None = None) -> Verdict:
    """The same of a trace that is yet to be read: what cannot be is a failed result."""
    try:
        return verdict(source, read(), manifest, case)
    except (AimonError, OSError) as error:
        return Verdict(source=source, error=str(error), case=case)


class Reading(Struct, frozen=True):
    """How files are read."""

    subagents: bool = True
    """Whether the work of helpers is judged with that of their session."""
    overrides: Overrides = {}
    """Prices that win."""


_PLAINLY = Reading()


def attempt_file(path: Path, manifest: Manifest, case: str | None, reading: Reading) -> Verdict:
    """The same of a file."""
    read = partial(sources.read, path, subagents=reading.subagents, overrides=reading.overrides)
    return attempt(str(path), read, manifest, case)


def files(
    paths: Iterable[Path],
    manifest: Manifest,
    case: str | None = None,
    *,
    reading: Reading = _PLAINLY,
    jobs: int | None = None,
    told: Callable[[Verdict], object] = lambda _: None,
) -> list[Verdict]:
    """Verdicts on files, in their order; `told` hears of each when it is there. Raises what `told` raises."""
    everything = list(paths)
    jobs = min(jobs or os.cpu_count() or 1, len(everything))
    work = partial(attempt_file, manifest=manifest, case=case, reading=reading)
    found: dict[Path, Verdict] = {}
    if jobs < 2:
        for path in everything:
            told(found.setdefault(path, work(path)))
    else:
        table(reading.overrides)  # a forked process has it then
        with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context(_start())) as pool:
            waiting = {pool.submit(work, path): path for path in everything}
            for done in as_completed(waiting):
                told(found.setdefault(waiting[done], done.result()))
    return [found[path] for path in everything]


def _start() -> str:
    """How processes are started: as copies where nothing else runs in this one, which is ten times as quick."""
    alone = sys.platform == "linux" and threading.active_count() == 1
    return "fork" if alone else "spawn"
