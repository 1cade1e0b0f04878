"""Attempts at model calls that are told one by one: what was recovered is a retry, what was not is one failed call."""

import itertools

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.events import Event, LlmBegun, LlmTried
from aimon_core.session import Session
from aimon_core.store import SessionStore
from tests.fakes.events import answered, at, event, prompted, turn_ended


def tried(seconds: float, error_type: str = "rate_limit", **fields: str) -> LlmTried:
    given = {"unit": f"tried@{seconds}", "model": "gpt-5.5", "error_type": error_type, "error": f"{error_type} told"}
    return event(LlmTried, seconds, "log", **given | fields)


def begun(seconds: float, **fields: str) -> LlmBegun:
    return event(LlmBegun, seconds, "log", **fields)


def heard(*events: Event) -> SessionStore:
    store = SessionStore(SteppedClock())
    store.apply(events)
    return store


def session(*events: Event) -> Session:
    (found,) = heard(*events).sessions()
    return found


def figures(*events: Event) -> tuple[int, int, int, int, str | None]:
    one = session(*events)
    return one.llm_calls, one.llm_calls_failed, one.retries, one.errors, one.last_error_type


def test_attempts_before_an_answer_are_retries_and_no_errors():
    assert figures(prompted(0), tried(1), tried(2), answered(3)) == (1, 0, 2, 0, None)


def test_attempts_that_nothing_followed_are_one_failed_call():
    assert figures(prompted(0), tried(1), tried(2, "server")) == (0, 1, 1, 1, "server")


def test_an_answer_in_the_next_turn_recovers_nothing():
    assert figures(prompted(0), tried(1), prompted(5, "p2"), answered(6)) == (1, 1, 0, 1, "rate_limit")


def test_a_subagents_answer_does_not_recover_its_sessions_attempts():
    assert figures(prompted(0), tried(1), answered(2, agent_id="a1"))[1:3] == (1, 0)


def test_no_order_of_arrival_and_no_repetition_changes_a_figure():
    told = (prompted(0), tried(1), answered(2), tried(3), prompted(5, "p2"), tried(6))
    assert {figures(*order, *order) for order in itertools.permutations(told)} == {(1, 2, 1, 2, "rate_limit")}


def test_the_totals_count_what_the_rows_do():
    totals = heard(prompted(0), tried(1), tried(2)).totals()
    assert (totals.llm_calls_failed, totals.errors) == (1, 1)


@pytest.mark.parametrize(("last", "state"), [(tried(2), "failed"), (answered(2), "completed")])
def test_silence_after_an_attempt_is_a_failure(last, state):
    clock = SteppedClock()
    store = SessionStore(clock)
    store.apply([prompted(0), tried(1), last])
    clock.advance(11)
    store.tick()
    (one,) = store.sessions()
    assert one.state == state


def test_a_failed_call_is_a_row_of_the_tree():
    store = heard(prompted(0), tried(1), tried(2), turn_ended(3, "failed"))
    (turn,) = store.turns("claude-code:s1")
    (span,) = turn.spans
    assert (span.kind, span.failed, span.error, span.end_ns) == ("llm", True, "rate_limit told", at(2))


def test_a_call_without_a_length_lasts_from_its_beginning():
    store = heard(prompted(0), begun(1), answered(3), begun(4), answered(6), begun(8))
    (turn,) = store.turns("claude-code:s1")
    assert [(span.start_ns, span.end_ns) for span in turn.spans] == [(at(1), at(3)), (at(4), at(6))]


def test_a_model_that_is_asked_again_has_not_given_its_last_word():
    clock = SteppedClock()
    store = SessionStore(clock)
    store.apply([prompted(0), answered(1), begun(2)])
    clock.advance(30)
    store.tick()
    (one,) = store.sessions()
    assert (one.state, one.doing) == ("working", "thinking")


def test_a_call_that_begins_opens_no_turn_that_is_over():
    assert session(prompted(0), answered(1), turn_ended(2), begun(3)).state == "completed"


@pytest.mark.parametrize("known_first", [True, False])
def test_a_turn_that_fails_without_a_reason_has_that_of_its_call(known_first):
    call, turn = tried(2, "auth"), turn_ended(3, "failed")
    assert figures(prompted(0), *([call, turn] if known_first else [turn, call]))[3:] == (1, "auth")
    assert figures(prompted(0), turn)[3:] == (1, "unknown")
