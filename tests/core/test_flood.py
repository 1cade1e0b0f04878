"""S11: names without number cost this much memory and no more, and what had to go is counted and said."""

import gc
import sys

import pytest

from aimon_core import auxiliaries, entry, homes, identity, metering, orphans, subagent_books, tally, traces
from aimon_core.bounds import Counters, Limits
from aimon_core.clock import SteppedClock
from aimon_core.pricing import load
from aimon_core.store import SessionStore
from bench.flooding import Flood
from receiver import dialects
from receiver.dialects import Interpreter
from tests.fakes.events import START_NS, answered, asked, decided, prompted, tool_ended, turn_ended

SESSIONS = 60
WARM, MORE = 3_000, 2_400
"""Events until every cache is full, and beyond."""
SMALL = {
    auxiliaries: ("REMEMBERED",), homes: ("REMEMBERED",), subagent_books: ("SUBAGENTS",),
    identity: ("REMEMBERED", "CALLS_REMEMBERED"),
    metering: ("SERIES", "PARTS"), orphans: ("REMEMBERED", "WAITING"), traces: ("TRACES", "SPANS", "MOVABLE"),
    dialects: ("NAMES",), entry: ("DIGESTS",),
}  # fmt: skip
"""Bounds that a year would reach and a test would not."""


@pytest.fixture
def flood(monkeypatch) -> Flood:
    for module, names in SMALL.items():
        for name in names:
            assert getattr(module, name) > 50
            monkeypatch.setattr(module, name, 50)
    clock = SteppedClock()
    flood = Flood(SessionStore(clock, limits=Limits(sessions=SESSIONS, calls=500)), Interpreter(), clock)
    flood.store.prices = load()
    return flood


def blocks() -> int:
    gc.collect()
    return sys.getallocatedblocks()


@pytest.mark.slow
def test_s11_names_without_number_cost_no_memory_without_end(flood):
    """The caches fill first, then memory goes up and down; a name that is kept for good is two blocks or more."""
    flood.pour(0, WARM)
    before = blocks()
    flood.pour(WARM, MORE)
    assert blocks() - before < 1.25 * MORE
    assert len(flood.store.sessions(every=True)) <= SESSIONS
    assert flood.store.counters.sessions_evicted > MORE
    assert len(flood.interpreter.unclaimed) <= dialects.NAMES + 1


def worked(store: SessionStore, clock: SteppedClock, sessions: range, turns: int = 20) -> None:
    """Sessions one after the other, each of some turns with a tool that somebody was asked about."""
    for session in sessions:
        for turn in range(turns):
            one, call = {"session_id": f"s{session}"}, f"{session}-{turn}"
            at = session * 1_000 + turn * 10
            clock.jump(START_NS + at * 10**9)
            store.apply([
                prompted(at, f"p{call}", text=f"do {call}", **one), asked(at + 1, f"t{call}", **one),
                decided(at + 2, f"t{call}", **one), tool_ended(at + 3, f"t{call}", **one),
                answered(at + 4, f"r{call}", **one), turn_ended(at + 5, **one),
            ])  # fmt: skip
        store.drain()


def test_s11_what_a_session_of_long_ago_still_costs_does_not_hang_on_its_length(monkeypatch):
    monkeypatch.setattr("aimon_core.store._LOOK", 100)
    monkeypatch.setattr(identity, "CALLS_REMEMBERED", 50)
    monkeypatch.setattr(auxiliaries, "REMEMBERED", 50)
    costs = []
    for turns in (10, 60):
        clock = SteppedClock(START_NS)
        store = SessionStore(clock, limits=Limits(calls=200))
        worked(store, clock, range(30), turns)
        before = blocks()
        worked(store, clock, range(30, 50), turns)
        costs.append((blocks() - before) / 20)
    assert costs[1] < 1.25 * costs[0]


def test_s11_the_sums_know_what_the_books_forgot(flood):
    flood.pour(0, 600)
    totals = flood.store.totals()
    assert totals.llm_calls > 2 * SESSIONS
    assert totals.tokens.input == 3 * totals.llm_calls
    assert totals.sessions <= SESSIONS


def test_s11_one_session_with_models_without_number_stays_small(flood):
    store = flood.store
    for number in range(4 * tally.MODELS):
        store.apply([answered(number, f"req-{number}", model=f"model-{number}")])
    store.drain()
    (session,) = store.sessions()
    assert session.llm_calls == 4 * tally.MODELS
    assert len(session.by_model) == tally.MODELS + 1
    assert sum(one.tokens.input for one in session.by_model) == session.tokens.input
    assert len(session.cost.unpriced_models) == tally.MODELS + 1


def test_s11_what_was_let_go_is_said():
    assert Counters().let_go == ""
    assert Counters(sessions_evicted=1_200, calls_folded=3).let_go == (
        "1,200 sessions and 3 calls are only in the totals"
    )
