"""A subagent with two ids is one, whoever tells of it first: telemetry by a span, hooks and files by another id."""

from random import Random
from typing import Any

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.events import Event, LlmTried, SubagentEnded, SubagentStarted
from aimon_core.session import Session
from aimon_core.store import SessionStore
from tests.fakes import events as say

AGENT: dict[str, Any] = {"agent": "copilot"}


def sessions(*told: Event) -> list[Session]:
    store = SessionStore(SteppedClock())
    for one in told:
        store.apply([one])
    store.drain()
    return store.sessions(every=True)


def books(*told: Event) -> list[tuple[str | None, str, int, int]]:
    """What the subagents of the one session come to."""
    (session,) = sessions(say.prompted(0, **AGENT), *told)
    return sorted((one.type, one.state, one.llm_calls, one.tool_calls) for one in session.subagents)


def spans(which: str) -> list[Event]:
    """What telemetry tells once a turn is over, in the order in which spans end."""
    own: dict[str, Any] = {"agent_id": f"span-{which}", **AGENT}
    return [
        say.answered(2, f"c{which}", "span", **own),
        say.tool_ended(3, f"t{which}", channel="span", **own),
        say.event(SubagentStarted, 1, "span", type="explore", **own),
        say.event(SubagentEnded, 4, "span", type="explore", **own),
    ]


def written(which: str) -> list[Event]:
    """What the agent writes as it goes."""
    own: dict[str, Any] = {"agent_id": f"own-{which}", **AGENT}
    return [
        say.event(SubagentStarted, 1.01, "transcript", type="explore", **own),
        say.answered(2.01, f"c{which}", "transcript", **own),
        say.tool_began(2.5, f"t{which}", channel="transcript", **own),
        say.tool_ended(3.01, f"t{which}", channel="transcript", **own),
        say.event(SubagentEnded, 4.01, "transcript", type="explore", **own),
    ]


def hooked(which: str) -> list[Event]:
    """What hooks tell where telemetry is on."""
    own: dict[str, Any] = {"agent_id": f"own-{which}", **AGENT}
    return [
        say.event(SubagentStarted, 1.1, type="explore", span=f"span-{which}", **own),
        say.tool_began(2.4, None, name="Bash", **own),
        say.event(SubagentEnded, 4.1, type="explore", **own),
    ]


@pytest.mark.parametrize("seed", range(24))
@pytest.mark.parametrize("without", [None, spans, written, hooked])
def test_two_side_by_side_are_two_in_whatever_order_anything_is_told(seed, without):
    told = [one for tells in (spans, written, hooked) if tells is not without for which in "ab" for one in tells(which)]
    Random(seed).shuffle(told)
    assert books(*told) == [("explore", "completed", 1, 1)] * 2
    (session,) = sessions(say.prompted(0, **AGENT), *told)
    assert sorted(one.agent_id for one in session.subagents) == ["own-a", "own-b"]


def test_one_that_is_asked_again_works_again():
    first, *_, done = written("a")
    again = say.event(SubagentStarted, 9, "transcript", agent_id="own-a", **AGENT)
    over = say.event(SubagentEnded, 12, "transcript", agent_id="own-a", **AGENT)
    states = [books(*told)[0][1] for told in ([first, done], [first, done, again], [first, again, done, over])]
    assert states == ["completed", "working", "completed"]


def test_what_is_written_shows_at_once_and_telemetry_joins_it_later():
    (session,) = sessions(say.prompted(0, **AGENT), *written("a")[:1])
    assert [(one.agent_id, one.state) for one in session.subagents] == [("own-a", "working")]


def test_an_attempt_that_failed_was_recovered_by_what_another_channel_knows_as_the_same_ones():
    own: dict[str, Any] = {"agent_id": "span-a", **AGENT}
    tried = say.event(LlmTried, 1.5, "span", unit="u1", model="gpt-5.4", error_type="server", **own)
    for told in ([*written("a"), tried, *spans("a")], [tried, *spans("a"), *written("a")]):
        (session,) = sessions(say.prompted(0, **AGENT), *told)
        assert (session.llm_calls_failed, session.retries) == (0, 1)


def test_agents_with_one_id_are_never_taken_for_each_other():
    """A sidechain of an old transcript stands for any subagent."""
    told = [say.answered(1, "c1", "transcript", agent_id="sidechain"), say.answered(1, "c1", agent_id="a1")]
    told.append(say.answered(2, "c2", agent_id="a1"))
    (session,) = sessions(say.prompted(0), *told)
    assert sorted(one.agent_id for one in session.subagents) == ["a1", "sidechain"]
