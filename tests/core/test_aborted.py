"""A call that a person took back: it failed, and it is no error."""

from aimon_core.clock import SteppedClock
from aimon_core.store import SessionStore
from tests.fakes.events import answered, failed, prompted, tool_ended, turn_ended


def told(*events):
    store = SessionStore(SteppedClock())
    store.apply(list(events))
    return store


def test_it_is_counted_and_is_no_error():
    store = told(prompted(1), answered(2), failed(3, "c1", error_type=None), failed(4, "c2"))
    session = store.sessions()[0]
    assert (session.llm_calls_failed, session.errors) == (2, 1)
    assert (store.totals().llm_calls_failed, store.totals().errors) == (2, 1)


def test_its_turn_did_not_fail():
    taken_back = [prompted(1), failed(3, "c1", error_type=None), turn_ended(3.1, "interrupted")]
    session = told(*taken_back).sessions()[0]
    assert (session.state, session.doing, session.last_error_type) == ("idle", "interrupted", None)
    assert told(prompted(1), failed(3), turn_ended(3.1, "interrupted")).sessions()[0].state == "failed"


def test_one_that_ends_after_its_turn_does_not_open_it_again():
    gone = [prompted(1), turn_ended(3, "interrupted"), failed(3.1, "c1", error_type=None)]
    assert told(*gone, tool_ended(3.2, interrupted=True)).sessions()[0].state == "idle"
