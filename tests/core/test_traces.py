"""Nested spans in the ledger: whose session a trace is, what is one call, and how much of it is remembered."""

from itertools import permutations

import pytest

from aimon_core import traces
from aimon_core.clock import SteppedClock
from aimon_core.events import Nested
from aimon_core.store import SessionStore
from tests.fakes.events import answered, event, turn_ended


def span(name, parent="", session=None, told=(), trace="t1"):
    """A span of a program called claude-code."""
    given = {"trace": trace, "span": name, "parent": parent, "named": session is not None, "told": tuple(told)}
    return event(Nested, 1, "span", session_id=session or trace, **given)


def call(unit, **fields):
    return answered(1, unit, "span", unit=unit, **fields)


def ledger(*spans):
    store = SessionStore(SteppedClock())
    for one in spans:
        store.apply([one])
    return store


def rows(store):
    return {row.session_id: row.llm_calls for row in store.sessions(every=True)}


@pytest.mark.parametrize("order", permutations(range(3)))
def test_a_session_may_be_named_on_any_span_and_the_root_has_the_last_word(order):
    spans = [
        span("inner", "middle", told=[call("inner")]),
        span("middle", "root", session="helper"),
        span("root", session="mine"),
    ]
    store = ledger(*[spans[place] for place in order])
    assert rows(store) == {"mine": 1}
    assert store.totals().llm_calls == 1
    assert store.totals().tokens.output == 10


@pytest.mark.parametrize("order", permutations(range(4)))
def test_the_deepest_span_with_usage_is_the_call_whatever_lies_between(order):
    spans = [
        span("outer", told=[call("outer")]),
        span("between", "outer"),
        span("inner", "between", told=[call("inner")]),
        span("bare", "inner", told=[call("bare", tokens=answered(1).tokens.plus(answered(1).tokens, -1))]),
    ]
    store = ledger(*[spans[place] for place in order])
    assert rows(store) == {"t1": 1}
    assert store.totals().tokens.output == 10


def test_one_session_of_many_traces_is_one_row():
    store = ledger(*[span("root", session="mine", told=[call(str(n))], trace=f"t{n}") for n in range(5)])
    assert rows(store) == {"mine": 5}


def test_a_failed_run_is_an_error_of_its_own_only_where_nothing_below_it_failed():
    failed = turn_ended(1, "failed", channel="span", turn_span="root", error_type="server")
    assert ledger(span("root", told=[failed])).totals().errors == 1


def test_a_circle_of_parents_ends():
    store = ledger(span("one", "two", told=[call("one")]), span("two", "one", told=[call("two")]), span("one", "one"))
    assert set(rows(store)) == {"t1"}


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(traces, "TRACES", 10)
    monkeypatch.setattr(traces, "SPANS", 50)
    book = traces.Traces()
    for trace in range(100):
        for number in range(20):
            book.enter(span(f"{number}", f"{number - 1}", told=[call(f"{trace}-{number}")], trace=f"t{trace}"))
        assert len(book._traces) <= 10
        assert sum(len(one.parents) for one in book._traces.values()) <= 70
    monkeypatch.setattr(traces, "MOVABLE", 30)
    for _ in range(100):
        book.enter(span("same", told=[call("same")], trace="t0"))
        book.enter(span("same", "root", told=[call("same")], trace="t1"))
    assert sum(len(one.told) for one in book._traces.values()) <= 10 * 31
