"""Programs that speak a convention: every framework's capture equals its truth, however its spans come in."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.pricing import load
from aimon_core.store import SessionStore
from receiver.codec import decode
from receiver.dialects import Interpreter
from receiver.otlp import records
from tests.fakes.captures import ROOT, Sent, of_folder
from tests.fakes.door import opened
from tests.walk.test_captures import figures, single

PRICES = load()
SCENARIOS = sorted(path.parent for path in (ROOT / "frameworks").glob("*/*/expected.json"))


def fed(requests: list[Sent]) -> SessionStore:
    store, interpreter = SessionStore(SteppedClock()), Interpreter()
    store.prices = PRICES
    for one in requests:
        message = decode(one.signal, one.body, "json" if "json" in one.content_type else "protobuf")  # type: ignore[arg-type]
        store.apply(interpreter.translate(records(one.signal, message, 1)))  # type: ignore[arg-type]
    assert not interpreter.unread
    store.drain()
    return store


def sums(store: SessionStore) -> dict[str, Any]:
    """The totals in the words of `expected.json`."""
    totals, rows = store.totals(), store.sessions(every=True)
    tokens = figures(totals.tokens)
    kinds = {row.last_error_type for row in rows} - {None}
    return {
        "llm_calls": totals.llm_calls,
        "llm_calls_failed": totals.llm_calls_failed,
        "tool_calls": totals.tool_calls,
        "tool_errors": totals.tool_errors,
        "errors": totals.errors,
        "error_type": ",".join(sorted(kind for kind in kinds if kind)),
        "input_inclusive": tokens["input_inclusive"],
        "output": tokens["output"],
        "sessions": len(rows),
        "tokens": tokens,
    }


def check(store: SessionStore, folder: Path) -> None:
    truth = json.loads((folder / "expected.json").read_text())["totals"]
    found = sums(store)
    told = {name: value for name, value in truth.items() if value is not None and name in found}
    if told.get("tokens", {}).get("reasoning", 0) is None:
        told["tokens"] |= {"reasoning": 0}
    assert {name: found[name] for name in told} == told
    assert found["errors"] == truth.get("errors", 0)


@pytest.mark.parametrize("folder", SCENARIOS, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_a_frameworks_capture_equals_its_truth(folder: Path) -> None:
    check(fed(of_folder(folder, "frameworks")), folder)


@pytest.mark.parametrize("folder", SCENARIOS, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
def test_it_does_in_single_spans_in_any_order_and_twice(folder: Path) -> None:
    parts = [part for one in of_folder(folder, "frameworks") for part in single(one)]
    whole = pictured(fed(parts))
    for seed in range(20):
        dice = random.Random(seed)
        mixed = [*parts, *dice.sample(parts, len(parts) // 2)]
        dice.shuffle(mixed)
        store = fed(mixed)
        check(store, folder)
        assert pictured(store) == whole


def pictured(store: SessionStore) -> list[tuple[object, ...]]:
    return [
        (row.key, row.turns, row.llm_calls, row.llm_calls_failed, row.tool_calls, row.errors, row.tokens, row.state)
        for row in sorted(store.sessions(every=True), key=lambda row: row.key)
    ]


@pytest.mark.parametrize("folder", SCENARIOS, ids=lambda folder: f"{folder.parent.name}-{folder.name}")
async def test_it_does_over_http(folder: Path) -> None:
    async with opened() as door:
        door.ledger.prices = PRICES
        for one in of_folder(folder, "frameworks"):
            assert (await door.post(one.path, one.body, {"Content-Type": one.content_type})).status == 200
        door.ledger.drain()
        check(door.ledger, folder)
