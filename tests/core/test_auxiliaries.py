"""Threads with ids of their own that are no sessions: hidden helpers, and the sessions whose work theirs is."""

import itertools

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.events import Event, PromptSubmitted, SessionSeen, SubagentStarted, ThreadSeen
from aimon_core.store import SessionStore
from aimon_core.thread import ASKED
from tests.fakes.events import answered, event, prompted, tool_ended, turn_ended


def helper(seconds: float, session_id: str = "h1", *, certain: bool = True, **fields: object) -> ThreadSeen:
    given = {"session_id": session_id, "auxiliary": True, "certain": certain}
    return event(ThreadSeen, seconds, "span" if certain else "log", **given | fields)


def asked(seconds: float, session_id: str = "s1", channel: str = "log") -> PromptSubmitted:
    return prompted(seconds, f"p@{seconds}", session_id=session_id, channel=channel)


def heard(*events: Event) -> SessionStore:
    store = SessionStore(SteppedClock())
    for one in events:
        store.apply([one])
    return store


def shares(store: SessionStore) -> dict[str, int]:
    """The rows, each with the calls of its helpers."""
    return {session.session_id: session.auxiliary.llm_calls for session in store.sessions(every=True)}


WORK = answered(2, session_id="h1")


def test_a_helper_is_no_row_and_its_work_stands_beside_that_of_its_session():
    store = heard(asked(0), helper(1), WORK, answered(3))
    (one,) = store.sessions()
    assert (one.session_id, one.llm_calls, one.auxiliary.llm_calls) == ("s1", 1, 1)
    assert (one.tokens.total, one.auxiliary.tokens.total, one.total_tokens) == (110, 110, 220)
    assert store.totals().llm_calls == 2
    assert store.totals().sessions == 1


def test_no_order_of_arrival_changes_whose_it_is():
    told = (asked(0), helper(1), WORK, asked(4, "s2"), asked(0.5, "h1"))
    assert all(shares(heard(*order)) == {"s1": 1, "s2": 0} for order in itertools.permutations(told))


def test_it_helps_whoever_was_asked_last_before_it_began():
    assert shares(heard(asked(0), asked(0.5, "s2"), helper(1), WORK)) == {"s1": 0, "s2": 1}
    assert shares(heard(asked(0), asked(1.5, "s2"), helper(1), WORK)) == {"s1": 1, "s2": 0}


@pytest.mark.parametrize("fact", [{"cwd": "/srv/a"}, {"host": "box"}, {"pid": 7}])
def test_it_helps_nobody_of_another_process_folder_or_host(fact):
    other = {name: 8 if isinstance(value, int) else "/srv/b" for name, value in fact.items()}
    seen = [event(SessionSeen, 0, session_id="s2", **other), event(SessionSeen, 1, "process", session_id="h1", **fact)]
    assert shares(heard(asked(0), asked(0.5, "s2"), helper(1), WORK, *seen)) == {"s1": 1, "s2": 0}


def test_a_guess_is_right_where_somebody_has_just_asked():
    assert shares(heard(asked(0), helper(1, certain=False), WORK)) == {"s1": 1}
    assert shares(heard(asked(0), helper(20, certain=False), answered(21, session_id="h1"))) == {"s1": 0, "h1": 0}
    assert shares(heard(helper(1, certain=False), WORK)) == {"h1": 0}


@pytest.mark.parametrize(
    "proof",
    [
        event(SessionSeen, 2, session_id="h1", cwd="/srv"),
        answered(2, "resp_1", "transcript", session_id="h1"),
        event(ThreadSeen, 2, "span", session_id="h1", certain=True),
    ],
    ids=["its hook", "its transcript", "who asked for it"],
)
@pytest.mark.parametrize("first", [True, False])
def test_what_only_sessions_have_proves_a_guess_wrong(proof, first):
    told = [asked(0), helper(1, certain=False), answered(1.5, session_id="h1")]
    assert set(shares(heard(*([proof, *told] if first else [*told, proof])))) == {"s1", "h1"}


def test_a_helper_ends_no_session_of_its_process():
    pid = {"pid": 7, "pid_started_at": 1.0}
    store = heard(asked(0), event(SessionSeen, 0, "process", **pid), helper(1))
    store.apply([event(SessionSeen, 2, "process", session_id="h1", **pid)])
    assert [session.state for session in store.sessions()] == ["working"]


def test_a_row_that_turns_out_to_be_a_helper_leaves_the_list():
    store = heard(asked(0), asked(1, "h1"), WORK)
    assert set(shares(store)) == {"s1", "h1"}
    store.drain()
    store.apply([helper(1)])
    assert {"claude-code:s1", "claude-code:h1"} <= store.drain()
    assert shares(store) == {"s1": 1}
    assert store.get("claude-code:h1") is None


# ------------------------------------------------------------------------------------------ subagents


LINK = event(SubagentStarted, 1, agent_id="t1", type="default")
BY_LETTER = event(ThreadSeen, 1, "log", session_id="t1", parent="s1", certain=True)
CHILD = (answered(2, session_id="t1"), tool_ended(2.5, "c1", session_id="t1"), turn_ended(3, session_id="t1"))


@pytest.mark.parametrize("link", [LINK, BY_LETTER], ids=["hook", "log"])
def test_what_a_subagents_thread_tells_is_entered_in_its_session_in_any_order(link):
    told = (asked(0), link, *CHILD, answered(4))
    for order in itertools.permutations(told):
        store = heard(*order)
        (one,) = store.sessions(every=True)
        (agent,) = one.subagents
        assert (one.session_id, one.llm_calls, one.tool_calls, one.state) == ("s1", 2, 1, "working")
        assert (agent.agent_id, agent.llm_calls, agent.tool_calls, agent.state) == ("t1", 1, 1, "completed")
        assert store.totals().llm_calls == 2


def test_a_subagents_subagent_works_for_the_session_too():
    inner = event(SubagentStarted, 1, session_id="t1", agent_id="t2")
    store = heard(answered(2, session_id="t2"), inner, LINK, asked(0))
    (one,) = store.sessions(every=True)
    assert (one.session_id, one.llm_calls) == ("s1", 1)


def test_threads_that_name_each_other_end_nothing():
    loop = event(ThreadSeen, 1, "log", session_id="s1", parent="t1", certain=True)
    assert heard(BY_LETTER, loop, answered(2, session_id="t1")).totals().llm_calls == 1


def test_a_subagent_that_was_asked_for_something_as_a_session_is_none():
    """A reviewer's thread is: its prompt comes before anybody says whose it is."""
    told = (asked(0), asked(1, "t1"), answered(2, session_id="t1"), LINK, answered(3, session_id="t1"))
    for order in itertools.permutations(told):
        (one,) = heard(*order).sessions(every=True)
        assert (one.session_id, one.turns, one.llm_calls, one.subagents[0].llm_calls) == ("s1", 1, 2, 2)


@pytest.mark.parametrize(
    "word",
    [asked(1, "t1", channel="transcript"), event(ThreadSeen, 1, "span", session_id="t1", certain=True)],
    ids=["file", "request"],
)
def test_a_thread_that_is_known_as_a_session_stays_one(word):
    store = heard(asked(0), word, answered(2, session_id="t1"), LINK, answered(3, session_id="t1"))
    assert {one.session_id: one.llm_calls for one in store.sessions(every=True)} == {"s1": 0, "t1": 2}


def test_a_thread_that_has_done_too_much_to_be_told_again_stays_a_session():
    much = [answered(2 + step, f"c{step}", session_id="t1") for step in range(ASKED)]
    store = heard(asked(0), asked(1, "t1"), *much, LINK)
    assert {one.session_id: one.llm_calls for one in store.sessions(every=True)} == {"s1": 0, "t1": ASKED}


def test_a_trace_that_began_a_session_makes_it_nobodys_subagent():
    own = event(SubagentStarted, 1, session_id="s1", agent_id="s1")
    assert heard(asked(0), own, answered(2)).sessions()[0].subagents == ()
