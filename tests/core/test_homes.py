"""Whose the events of a thread are that has an id of its own: told in any order, the same books."""

from itertools import permutations

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.events import PromptSubmitted, SubagentStarted, ThreadSeen
from aimon_core.evidence import FROM_HOOKS, NO_CALLS
from aimon_core.session import Session
from aimon_core.store import SessionStore
from aimon_core.tools import MCP
from tests.fakes.events import answered, event, prompted, tool_ended, turn_ended


def sessions(*events) -> list[Session]:
    store = SessionStore(SteppedClock())
    for one in events:
        store.apply([one])
    store.drain()
    return store.sessions(every=True)


THREAD = (
    event(PromptSubmitted, 1, "log", session_id="child", by_thread=True),
    answered(2, "c1", "span", session_id="child"),
    event(ThreadSeen, 1.5, "log", session_id="child", parent="s1", certain=True),
)


@pytest.mark.parametrize("order", permutations(range(3)))
def test_a_thread_that_is_asked_like_a_session_may_yet_be_a_subagents(order):
    (session,) = sessions(prompted(0), *(THREAD[place] for place in order))
    assert (session.turns, session.llm_calls) == (1, 1)
    assert [one.llm_calls for one in session.subagents] == [1]


def test_one_that_a_channel_knows_by_its_kind_alone_is_no_other():
    (session,) = sessions(
        prompted(0),
        event(SubagentStarted, 1, agent_id="explore", type="explore"),
        event(SubagentStarted, 1, "span", agent_id="a1", type="explore"),
    )
    assert [one.agent_id for one in session.subagents] == ["a1"]


def test_an_mcp_tool_without_an_id_is_the_one_whose_name_is_redacted():
    spans = tool_ended(2, "t1", MCP, channel="span")
    (session,) = sessions(prompted(0), tool_ended(2, None, "words-lookup"), spans)
    assert session.tool_calls == 1


def test_what_is_not_known_of_tokens_is_said():
    (hooked,) = sessions(prompted(0), answered(1, None, "hook"), turn_ended(2))
    assert hooked.blind_spots == (FROM_HOOKS,)
    (told,) = sessions(prompted(0), tool_ended(1, channel="log"), turn_ended(2))
    assert told.blind_spots == (NO_CALLS,)
