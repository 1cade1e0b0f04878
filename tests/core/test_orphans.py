"""What only a trace names, in any order with what names the trace's session."""

from itertools import permutations

from aimon_core import orphans
from aimon_core.clock import SteppedClock
from aimon_core.events import TraceSeen
from aimon_core.orphans import Orphans, traced
from aimon_core.store import SessionStore
from tests.fakes.events import asked, event, prompted

MINE, OTHER = b"\1" * 16, b"\2" * 16


def seen(trace_id=MINE, session_id="s1"):
    return event(TraceSeen, 1, "log", trace_id=trace_id, session_id=session_id)


def test_a_wait_finds_its_session_in_any_order():
    for told in permutations([prompted(1), seen(), asked(2, None, "", session_id=traced(MINE))]):
        store = SessionStore(SteppedClock())
        for one in told:
            store.apply([one])
        assert [(one.session_id, one.state) for one in store.sessions()] == [("s1", "waiting")]


def test_what_is_nobodys_is_no_row():
    store = SessionStore(SteppedClock())
    store.apply([prompted(1), seen(OTHER), asked(2, None, "", session_id=traced(MINE))])
    assert [(one.session_id, one.state) for one in store.sessions()] == [("s1", "working")]


def test_neither_traces_nor_what_waits_grow_without_bound(monkeypatch):
    monkeypatch.setattr(orphans, "REMEMBERED", 2)
    monkeypatch.setattr(orphans, "WAITING", 2)
    known = Orphans()
    waiting = [asked(place, None, "", session_id=traced(MINE)) for place in range(3)]
    assert list(known.addressed(waiting)) == []
    assert [one.at_ns for one in known.addressed([seen()])] == [one.at_ns for one in waiting[1:]]
    assert list(known.addressed([seen(OTHER), seen(b"\3" * 16), waiting[0]])) == [], "the first trace is forgotten"
