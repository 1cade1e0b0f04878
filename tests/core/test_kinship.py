"""Who started a session: the nearest agent above its process, and the tool call that was open then."""

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.events import SessionSeen
from aimon_core.store import SessionStore
from tests.fakes.events import START_NS, answered, ended, event, prompted, tool_began, tool_ended

PARENT, CHILD = (100, START_NS / 1e9), (200, START_NS / 1e9 + 10)
KEY, CHILD_KEY = "claude-code:s1", "codex:c1"


def seen(seconds, process, session_id="s1", *, above=(), **facts):
    pid, started_at = process
    given = {"session_id": session_id, "pid": pid, "pid_started_at": started_at, "above": above}
    return event(SessionSeen, seconds, **given | facts)


def child(seconds=11, above=(PARENT,), process=CHILD, **facts):
    return seen(seconds, process, "c1", above=above, agent="codex", **facts)


def told(*events):
    store = SessionStore(SteppedClock())
    store.apply(events)
    return store.get(CHILD_KEY)


WORKS = [seen(0, PARENT, cwd="/srv/shop-api"), prompted(1), tool_began(9.5, "t1", subject="codex exec 'list'")]


def test_a_session_knows_the_session_and_the_tool_that_started_it():
    session = told(*WORKS, child())
    assert (session.parent, session.parent_span) == (KEY, "tool:t1")
    assert session.parent_says == "shop-api › Bash: codex exec 'list'"


def test_it_does_not_matter_who_is_told_of_first():
    assert told(child(), *WORKS).parent_span == "tool:t1"


def test_the_nearest_agent_that_is_a_session_counts():
    middle = (150, START_NS / 1e9 + 5)
    launcher = (199, START_NS / 1e9 + 9.9)
    between = [seen(6, middle, "s2", above=(PARENT,), cwd="/srv/web")]
    session = told(*WORKS, *between, child(above=(launcher, middle, PARENT)))
    assert (session.parent, session.parent_span, session.parent_says) == ("claude-code:s2", None, "web")


@pytest.mark.parametrize("above", [(), ((100, START_NS / 1e9 - 50),), ((101, PARENT[1]),)])
def test_a_session_below_no_session_is_nobodys_child(above):
    session = told(*WORKS, child(above=above))
    assert (session.parent, session.parent_span, session.parent_says) == (None, None, "")


def test_a_pid_that_only_telemetry_claims_is_nobodys_parent():
    claimed = event(SessionSeen, 0, session_id="s1", pid=100)
    assert told(claimed, prompted(1), child()).parent is None


def test_of_several_open_tools_the_one_that_names_the_program_counts_else_the_latest():
    both = [tool_began(9, "t0", subject="codex exec"), tool_began(9.6, "t1", subject="npm test")]
    assert told(seen(0, PARENT), *both, child()).parent_span == "tool:t0"
    nameless = [tool_began(9, "t0"), tool_began(9.6, "t1")]
    assert told(seen(0, PARENT), *nameless, child()).parent_span == "tool:t1"


def test_a_tool_that_was_over_or_had_not_begun_started_nothing():
    early = [tool_began(1, "t0"), tool_ended(5, "t0"), tool_began(30, "t2")]
    session = told(seen(0, PARENT), *early, child())
    assert (session.parent, session.parent_span) == (KEY, None)


def test_the_clock_of_the_system_may_be_a_second_off():
    assert told(seen(0, PARENT), tool_began(10.8, "t1"), tool_ended(12, "t1"), child()).parent_span == "tool:t1"


def test_after_a_clear_the_session_of_that_moment_counts():
    after = [ended(8), seen(8, PARENT, "s2"), answered(9, session_id="s2"), seen(60, PARENT, "s3")]
    assert told(seen(0, PARENT), answered(1), *after, child()).parent == "claude-code:s2"


def test_one_that_was_resumed_by_hand_is_no_child_any_more():
    assert told(*WORKS, child(), child(60, above=(), process=(300, START_NS / 1e9 + 59))).parent is None


def test_what_was_seen_once_stays_when_those_above_are_gone():
    assert told(*WORKS, child(), child(20, above=())).parent == KEY
