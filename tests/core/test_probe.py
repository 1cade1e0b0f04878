"""The doctor's sessions: found by their key, and in no list and no sum."""

from aimon_core.clock import SteppedClock
from aimon_core.probe import KEPT, PROBE, is_probe
from aimon_core.store import SessionStore
from tests.fakes.events import START_NS, answered, prompted


def test_a_probe_is_told_by_its_key_and_nowhere_else():
    store = SessionStore(SteppedClock(START_NS))
    assert store.apply([prompted(1, session_id=f"{PROBE}1"), answered(2, session_id=f"{PROBE}1")]) == []
    told = store.get(f"claude-code:{PROBE}1")
    assert (told.turns, told.llm_calls) == (1, 1)
    assert store.sessions(every=True) == []
    assert (store.totals().sessions, store.totals().llm_calls, store.totals().tokens.total) == (0, 0, 0)
    assert store.drain() == set()


def test_only_the_last_few_are_remembered():
    store = SessionStore(SteppedClock(START_NS))
    store.apply([prompted(1, session_id=f"{PROBE}{number}") for number in range(KEPT + 1)])
    assert store.get(f"claude-code:{PROBE}0") is None
    assert store.get(f"claude-code:{PROBE}{KEPT}") is not None


def test_other_sessions_are_none():
    assert is_probe(prompted(1, session_id=f"{PROBE}x"))
    assert not is_probe(prompted(1))
