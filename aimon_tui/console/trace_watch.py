"""Judging a session while it runs: a line whenever a verdict changes, until the session is over."""

import json
from collections.abc import Callable
from typing import TYPE_CHECKING

from aimon_core.clean import clean
from aimon_core.clock import SystemClock
from aimon_core.config import Config
from aimon_tui import peer
from aimon_tui.console import trace_sources
from aimon_tui.console.focus import chosen

if TYPE_CHECKING:
    from aimon_trace.evaluate import Verdict
    from aimon_trace.manifest import Manifest
    from aimon_trace.scorers import Score

_PAUSE_S = 0.5
"""Between two looks: what is told of ten times a second need not be judged so often."""
_OVER = {"ended", "expired"}


Say = Callable[[str], object]


def watched(config: Config, word: str, manifest: "Manifest", case: str | None, say: Say) -> "Verdict":
    """The last verdict; `say` hears of changes. Raises Unavailable where no aimon runs or knows the session."""
    from aimon_trace.evaluate import verdict

    clock, place = SystemClock(), peer.address(config)
    document = peer.sessions(place, every=True)
    if document is None:
        raise peer.nobody(place)
    key = chosen(document["sessions"], word)["key"]
    said: dict[str, Score] = {}
    told, looked_ns, due = None, 0, True
    for line in peer.changes(place, _PAUSE_S):
        state = _state(line, key)
        due = due or state is not None
        over = state in _OVER
        if due and (over or clock.now_ns() - looked_ns > _PAUSE_S * 1e9):
            name, metrics = trace_sources.session(config, key)
            told, looked_ns, due = verdict(name, metrics, manifest, case), clock.now_ns(), False
            if not metrics.empty:
                _say(told, said, say)
        if over:
            break
    return told or verdict(*trace_sources.session(config, key), manifest, case)


def _state(line: bytes, key: str) -> str | None:
    """The state that a line tells of a session; None where it is about something else."""
    if not line:
        return None
    told = json.loads(line)
    if told.get("key") != key:
        return None
    return "ended" if told["type"] == "session_gone" else str(told["state"])


def _say(told: "Verdict", said: "dict[str, Score]", say: Say) -> None:
    """A line for each score that reads otherwise than before; the first time, for all."""
    for score in told.scores:
        before = said.get(score.name)
        if score.value != "skip" and (
            before is None or before.value != score.value or (score.value == "no" and before != score)
        ):
            say(f"{score.value:<5}  {score.name}: {clean(score.rationale, 1_000)}")
        said[score.name] = score
