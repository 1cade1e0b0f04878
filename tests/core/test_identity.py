"""Which process a session is, who may say so, and which session ends when its process goes on under another id."""

import pytest

from aimon_core import identity
from aimon_core.clock import SteppedClock
from aimon_core.events import SessionSeen
from aimon_core.identity import PEER, Processes
from aimon_core.session import Terminal
from aimon_core.store import SessionStore
from tests.fakes.events import event, prompted

KEY = "claude-code:s1"
BOOT = 1_795_226_000.0


@pytest.fixture
def store():
    return SessionStore(SteppedClock())


def seen(seconds, heard="process", *, pid=77, started_at: float | None = BOOT, session_id="s1"):
    signal = PEER if heard == "process" else "test"
    return event(SessionSeen, seconds, heard, pid=pid, pid_started_at=started_at, session_id=session_id, signal=signal)


def process(store, key=KEY):
    return store.get(key).pid, store.get(key).pid_started_at


def states(store):
    return {one.session_id: one.state for one in store.sessions()}


def test_s16_a_pid_that_telemetry_claims_is_shown_and_is_no_process(store):
    store.apply([prompted(1), seen(1, "log", started_at=None)])
    assert process(store) == (77, None)
    store.place(KEY, (77, BOOT), ("tmux %1",), focusable=True)
    assert store.get(KEY).terminal is None


def test_s16_a_claim_never_takes_the_place_of_what_the_system_said(store):
    store.apply([prompted(1), seen(9, "log", pid=5, started_at=None), seen(2), seen(8, "log", pid=1, started_at=None)])
    assert process(store) == (77, BOOT)
    store.apply([seen(7, "hook", pid=80, started_at=BOOT + 60), seen(6, pid=81)])
    assert process(store) == (80, BOOT + 60), "of two that are certain, the newer"


@pytest.mark.parametrize(("heard", "confidence"), [("process", "peer"), ("hook", "hook"), ("file", "file")])
def test_a_terminal_says_how_sure_it_is(store, heard, confidence):
    store.apply([prompted(1), seen(1, heard)])
    store.drain()
    store.place(KEY, (77, BOOT + 0.01), ("tmux %1",), focusable=True)
    assert store.drain() == {KEY}
    assert store.get(KEY).terminal == Terminal(("tmux %1",), focusable=True, confidence=confidence)
    store.place(KEY, (77, BOOT), ("tmux %1",), focusable=True)
    assert store.drain() == set(), "the same again is no change"
    store.place(KEY, (77, BOOT), (), focusable=False)
    assert store.get(KEY).terminal is None


def test_s17_a_terminal_belongs_to_one_process_and_goes_with_it(store):
    store.apply([prompted(1), seen(1)])
    store.place(KEY, (77, BOOT), ("tmux %1",), focusable=True)
    store.apply([seen(2), seen(3, started_at=BOOT + 0.02), seen(3, "log", pid=3, started_at=None)])
    assert store.get(KEY).terminal is not None
    assert process(store) == (77, BOOT), "another rounding of the same moment is no news"
    store.apply([seen(4, started_at=BOOT + 60)])
    assert store.get(KEY).terminal is None
    store.place(KEY, (77, BOOT), ("tmux %1",), focusable=True)  # found too late
    store.place("claude-code:nobody", (77, BOOT), ("tmux %1",), focusable=True)
    assert store.get(KEY).terminal is None


def test_a_new_id_in_one_process_ends_the_old_row_and_everybody_hears_of_it(store):
    store.apply([prompted(1), seen(1)])
    moved = store.apply([prompted(5, session_id="s2"), seen(5, session_id="s2")])
    assert {one.key: one.after for one in moved} == {"claude-code:s2": "working", KEY: "ended"}


def test_late_news_of_a_session_that_was_left_does_not_end_the_one_that_followed(store):
    store.apply([prompted(1), seen(1), prompted(5, session_id="s2"), seen(5, session_id="s2"), seen(4)])
    assert states(store) == {"s1": "ended", "s2": "working"}
    store.apply([prompted(9, session_id="s3"), seen(9, session_id="s3")])
    assert states(store) == {"s1": "ended", "s2": "ended", "s3": "working"}


def test_two_sessions_that_take_turns_in_one_process_do_not_end_each_other_for_ever(store):
    for second in range(1, 9):
        one = f"s{second % 2 + 1}"
        store.apply([prompted(second, session_id=one, prompt_id=f"p{second}"), seen(second, session_id=one)])
    assert states(store) == {"s1": "working", "s2": "working"}
    store.apply([prompted(20, session_id="s3"), seen(20, session_id="s3")])
    assert states(store) == {"s1": "working", "s2": "working", "s3": "working"}


def test_a_pid_that_was_given_away_again_is_another_process(store):
    store.apply([prompted(1), seen(1), prompted(5, session_id="s2"), seen(5, session_id="s2", started_at=BOOT + 60)])
    assert states(store) == {"s1": "ended", "s2": "working"}
    store.apply([prompted(9), seen(9, started_at=BOOT + 120)])
    assert states(store) == {"s1": "working", "s2": "ended"}, "resumed in a process of its own"


def test_what_is_remembered_of_processes_is_bounded(monkeypatch):
    monkeypatch.setattr(identity, "REMEMBERED", 8)
    processes = Processes()
    for number in range(2, 1_000):
        assert processes.enter(seen(number, pid=number), number) is None
        processes.enter(seen(number, pid=1, session_id=f"s{number}"), 1)
    assert len(processes._rooms) == 8
    assert len(processes._rooms["claude-code", 1].known) == identity.SESSIONS


def test_of_a_process_of_several_sessions_only_the_row_without_one_goes(store):
    process = {"agent": "opencode", "pid": 77, "pid_started_at": BOOT, "signal": "process"}
    store.apply([event(SessionSeen, 1, "process", session_id="pid-77", **process)])
    assert states(store) == {"pid-77": "idle"}
    for number, session_id in enumerate(("ses_1", "ses_2", "ses_1")):
        store.apply([event(SessionSeen, 2 + number, session_id=session_id, **process)])
    assert states(store) == {"ses_1": "idle", "ses_2": "idle"}
