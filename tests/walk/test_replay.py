"""Recordings played into a fresh ledger: what `aimon replay DIR --json` says of every capture is its truth."""

import json
from pathlib import Path
from typing import Any

import pytest

from aimon_core import wire
from aimon_core.config import Settings
from aimon_tui.replay import merged, played
from tests.fakes.captures import ROOT

CAPTURES = sorted(path.parent for path in ROOT.rglob("expected.json") if (path.parent / "index.jsonl").exists())


@pytest.mark.parametrize("folder", CAPTURES, ids=lambda folder: "/".join(folder.relative_to(ROOT).parts))
async def test_a_recording_says_the_truth(folder: Path) -> None:
    store = await played(merged([folder]), Settings())
    told: dict[str, Any] = json.loads(json.dumps(wire.sessions_document(store.sessions(every=True), store.totals())))
    truth = json.loads((folder / "expected.json").read_text())
    totals = {"input_inclusive": _inclusive(told["totals"]["tokens"]), **told["totals"], **told["totals"]["tokens"]}
    for name in ("llm_calls", "tool_calls", "input_inclusive", "output"):
        wants = truth["totals"].get(name, truth["totals"].get("tokens", {}).get(name))
        if wants is not None:
            assert totals[name] == wants, name
    if isinstance(rows := truth.get("sessions"), dict):
        own = {key for key, one in rows.items() if not one.get("auxiliary")}
        assert {session["session_id"] for session in told["sessions"]} == own


def _inclusive(tokens: dict[str, int]) -> int:
    return tokens["input"] + tokens["cache_read"] + tokens["cache_write"]
