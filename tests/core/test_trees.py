"""Trees that somebody looks at: always what the books say, in steps, and the same object where nothing changed."""

import random

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.store import SessionStore
from aimon_core.trees import KEPT
from receiver.dialects import Interpreter
from tests.fakes.captures import scenarios, sent
from tests.fakes.events import answered, helper_began, prompted, tool_began, turn_ended
from tests.walk.test_captures import translated

KEY = "claude-code:s1"


class HurriedClock(SteppedClock):
    """A clock on which every look at it takes a hundredth of a second: any work is long."""

    def monotonic(self) -> float:
        self.advance(0.01)
        return super().monotonic()


def told(*events, clock=None):
    store = SessionStore(clock or SteppedClock())
    store.apply(events)
    store.drain()
    return store


def night(spans):
    yield prompted(0)
    for number in range(spans):
        yield answered(1 + number, f"req-{number}", duration_ms=900)


def whole(store, key):
    """The tree as it reads when nothing was kept."""
    return [turn for turn in store.growing(key) if turn is not None]


def test_a_tree_that_did_not_change_is_not_read_again():
    store = told(prompted(0), answered(1, "a"), turn_ended(2), prompted(10, "p2"), answered(11, "b"))
    first = store.turns(KEY)
    assert store.turns(KEY) is first


def test_a_turn_in_which_nothing_changed_is_the_same_object():
    store = told(prompted(0), answered(1, "a"), turn_ended(2), prompted(10, "p2"), answered(11, "b"))
    one, two = store.turns(KEY)
    store.apply([answered(12, "c")])
    after_one, after_two = store.turns(KEY)
    assert after_one is one
    assert after_two is not two
    assert len(after_two.spans) == 2


def test_a_late_report_changes_the_turn_it_belongs_to():
    store = told(prompted(0), answered(1, "a"), turn_ended(2), prompted(10, "p2"), answered(11, "b"))
    _one, two = store.turns(KEY)
    store.apply([answered(1.5, "late")])
    after_one, after_two = store.turns(KEY)
    assert len(after_one.spans) == 2
    assert after_two is two


def test_work_told_before_its_subagent_moves_under_it():
    store = told(prompted(0), answered(5, "a", agent_id="h1"))
    (turn,) = store.turns(KEY)
    assert [(span.kind, span.subject) for span in turn.spans] == [("agent", ""), ("llm", "")]
    store.apply([helper_began(4, agent_id="h1"), tool_began(3, "t1", name="Task")])
    (turn,) = store.turns(KEY)
    assert [(span.kind, span.depth) for span in turn.spans] == [("tool", 1), ("agent", 2), ("llm", 3)]
    assert turn.spans[1].subject == "general-purpose"


def test_a_long_tree_is_read_in_steps_and_asked_for_until_it_is_whole():
    store = told(*night(3_000), clock=HurriedClock())
    looks = 0
    while not looks or KEY in store.drain():
        turns = store.turns(KEY)
        looks += 1
    assert looks > 3
    assert len(turns[0].spans) == 3_000
    assert turns == whole(store, KEY)


def test_a_long_tree_rests_between_two_readings_and_catches_up():
    clock = HurriedClock()
    store = told(*night(3_000), clock=clock)
    store.turns(KEY)
    while KEY in store.drain():
        store.turns(KEY)
    store.apply([answered(4_000, "new")])
    store.drain()
    before = store.turns(KEY)
    assert len(before[0].spans) == 3_000
    clock.advance(10)
    while KEY in store.drain():
        after = store.turns(KEY)
    assert len(after[0].spans) == 3_001


def test_nobody_is_called_back_who_no_longer_looks():
    store = told(*night(3_000), clock=HurriedClock())
    store.turns(KEY)
    assert KEY in store.drain()
    assert KEY not in store.drain()


def test_only_the_trees_looked_at_last_are_kept():
    store = told(*(answered(1, "a", session_id=f"s{number}") for number in range(KEPT + 2)))
    first = store.turns("claude-code:s0")
    for number in range(1, KEPT + 2):
        store.turns(f"claude-code:s{number}")
    assert store.turns("claude-code:s0") is not first
    assert len(store._trees._trees) == KEPT


def test_prices_that_come_late_come_into_the_tree():
    from tests.core.test_store import FlatPrices

    store = told(prompted(0), answered(1, "a"))
    assert store.turns(KEY)[0].cost_usd is None
    store.prices = FlatPrices()
    assert store.turns(KEY)[0].cost_usd == pytest.approx(0.00011)


@pytest.mark.parametrize("name", scenarios())
def test_after_every_step_the_tree_is_what_the_books_say(name):
    events = [event for request in sent(name) for event in translated(request, Interpreter())]
    random.Random(name).shuffle(events)
    store = SessionStore(SteppedClock())
    for at in range(0, len(events), 7):
        store.apply(events[at : at + 7])
        store.drain()
        for session in store.sessions(every=True):
            assert store.turns(session.key) == whole(store, session.key)
