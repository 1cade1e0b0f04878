"""Work that goes on: a passed maximum is broken, a minimum open until the end, and what has not begun is not judged."""

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.store import SessionStore
from aimon_core.verdict import Judged, verdict
from aimon_core.wire import session_dict, span_dict, turn_dict
from aimon_trace.expectations import Expectations
from aimon_trace.ongoing import ceilings, watched
from tests.fakes.events import answered, ended, prompted, started, tool_began, tool_ended, turn_ended

BEGUN = [started(0), prompted(0), answered(1, "req_1", cost_picodollars=10**9)]
BASH = [tool_began(2, "t1"), tool_ended(3, "t1")]
END = [turn_ended(8), ended(9)]


def standings(expected: dict, *events) -> dict[str, str]:
    store = SessionStore(SteppedClock())
    store.apply(events)
    store.drain()
    (session,) = store.sessions(every=True)
    turns = [turn_dict(turn) | {"spans": [span_dict(span) for span in turn.spans]} for turn in store.turns(session.key)]
    found = watched(session_dict(session), turns, Expectations.of(expected))
    return {one.name: one.standing for one in found.scores} if found else {}


@pytest.mark.parametrize(
    ("expected", "running", "over"),
    [
        ({"tool_limits": {"Bash": {"min": 2}}}, "open", "broken"),
        ({"tool_limits": {"Bash": {"min": 2, "max": 0}}}, "broken", "broken"),
        ({"category_limits": {"bash": 0}}, "broken", "broken"),
        ({"token_budget": {"min_total": 1000}}, "open", "broken"),
        ({"token_budget": {"min_total": 1000, "max_output": 5}}, "broken", "broken"),
        ({"cost_budget": {"min_usd": 1}}, "open", "broken"),
        ({"cost_budget": 0.0001}, "broken", "broken"),
        ({"duration": {"min_seconds": 100}}, "open", "broken"),
        ({"required_tools": ["Read"]}, "open", "broken"),
        ({"required_tools": ["Bash"]}, "kept", "kept"),
        ({"banned_tools": ["Bash"]}, "broken", "broken"),
        ({"expected_files": ["*.py"]}, "open", "broken"),
        ({"tool_sequence": ["Read", "Bash"]}, "open", "broken"),
    ],
)
def test_what_more_work_may_still_fulfil_is_open_until_the_end(expected, running, over):
    assert list(standings(expected, *BEGUN, *BASH).values()) == [running]
    assert list(standings(expected, *BEGUN, *BASH, *END).values()) == [over]


def test_before_the_first_answer_nothing_can_be_judged_and_that_is_no_fault():
    expected = {"cost_budget": 1, "token_budget": {"max_total": 1}}
    assert set(standings(expected, started(0), prompted(0)).values()) == {"open"}
    assert standings(expected, *BEGUN) == {"token_budget": "broken", "cost_budget": "kept"}


def test_nothing_expected_is_no_verdict():
    assert standings({}, *BEGUN) == {}


def test_a_limit_that_cannot_be_judged_is_an_error_and_no_pass():
    unpriced = answered(1, "req_1", model="nobody-knows-this", cost_picodollars=None)
    assert standings({"cost_budget": 1}, started(0), prompted(0), unpriced) == {"cost_budget": "error"}


def test_ceilings_leave_what_was_expected_as_it_was():
    expected = Expectations.of({"tool_limits": {"Bash": {"min": 1, "max": 2}, "Read": {"min": 1}}, "cost_budget": 2})
    assert set(ceilings(expected).tool_limits) == {"Bash"}
    assert set(expected.tool_limits) == {"Bash", "Read"}
    assert ceilings(expected).cost_budget == expected.cost_budget


@pytest.mark.parametrize(
    ("standings", "worst"),
    [
        (["kept", "open"], "open"), (["kept", "kept"], "kept"), (["open", "error", "kept"], "error"),
        (["error", "broken"], "broken"),
    ],
)  # fmt: skip
def test_a_verdict_is_the_worst_of_its_scores(standings, worst):
    assert verdict([Judged("x", one, "") for one in standings]).standing == worst


def test_no_scores_are_no_verdict():
    assert verdict([]) is None
