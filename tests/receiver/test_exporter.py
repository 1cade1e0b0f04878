"""The exporter: when a tree counts as finished, that each span goes once, and what a restart does not send again."""

import asyncio

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.store import SessionStore
from receiver.export import exporter as module
from receiver.export.exporter import SETTLED_S, Exporter
from receiver.export.sender import Sender
from tests.fakes.collector import WAIT_S, collecting, facts
from tests.fakes.events import (
    START_NS,
    answered,
    ended,
    helper_began,
    helper_ended,
    prompted,
    started,
    tool_began,
    tool_ended,
    turn_ended,
)

TURN = [prompted(0), answered(1, "req_1"), turn_ended(2)]


class Watched:
    """A ledger and its exporter, looked at as often as a test wants."""

    def __init__(self, collector, *, since_s: float = -60.0, content: bool = False) -> None:
        self.clock, self.collector = SteppedClock(), collector
        self.store = SessionStore(self.clock)
        self.sender = Sender(f"{collector.url}/v1/traces", self.clock)
        since_ns = START_NS + round(since_s * 1e9)
        self.exporter = Exporter(self.store, self.clock, self.sender, content=content, since_ns=since_ns)

    def tell(self, *events) -> None:
        self.store.apply(events)
        self.exporter.frame(self.store.drain())

    async def looks(self, times: int = 1) -> list[str]:
        """Look some times, each when it is due; the names of the spans that were sent."""
        before = len(self.collector.spans)
        for _ in range(times):
            self.clock.advance(SETTLED_S + 0.1)
            await self.exporter.look()
        await self.sender.flush()
        return [span.name for span in self.collector.spans[before:]]


@pytest.fixture
async def collector():
    async with collecting() as collector:
        yield collector


async def test_a_turn_is_sent_once_two_looks_saw_the_same(collector):
    watched = Watched(collector)
    watched.tell(*TURN)
    assert await watched.looks(1) == []
    assert await watched.looks(1) == ["Turn #1", "LLM Call: Opus (100→10 tokens)"]
    watched.tell(started(30))
    assert await watched.looks(3) == [], "each once"


async def test_telemetry_that_comes_after_the_hook_is_waited_for(collector):
    watched = Watched(collector)
    watched.tell(prompted(0), turn_ended(2))
    await watched.looks(1)
    watched.tell(answered(1, "req_1"))
    assert await watched.looks(1) == []
    assert len(await watched.looks(1)) == 2
    assert facts(collector.spans[0])["turn.llm_call_count"] == 1


async def test_what_comes_late_for_a_turn_that_was_sent_is_sent_alone(collector):
    watched = Watched(collector)
    watched.tell(*TURN)
    await watched.looks(2)
    watched.tell(answered(1.5, "req_2"))
    assert await watched.looks(2) == ["LLM Call: Opus (100→10 tokens)"]
    assert collector.spans[-1].parent_span_id == collector.spans[0].span_id


async def test_an_open_turn_waits_and_its_background_too(collector):
    watched = Watched(collector)
    watched.tell(prompted(0), answered(1, "req_1"), tool_began(2, "t1", "Agent"), helper_began(2.1))
    assert await watched.looks(3) == []
    watched.tell(tool_ended(2.2, "t1", "Agent"), turn_ended(3))
    assert await watched.looks(3) == [], "its subagent still works"
    watched.tell(helper_ended(9))
    assert "Turn #1" in await watched.looks(2)


async def test_a_session_is_sent_at_its_end_and_again_at_the_next_one(collector):
    watched = Watched(collector)
    watched.tell(*TURN)
    await watched.looks(2)
    watched.tell(ended(60))
    assert await watched.looks(2) == ["Claude Code Session"]
    watched.tell(started(90), prompted(91, "p2"), answered(92, "req_2"), turn_ended(93))
    await watched.looks(2)
    watched.tell(ended(99))
    assert await watched.looks(2) == ["Claude Code Session"]
    assert facts(collector.spans[-1])["session.turn_count"] == 2


async def test_what_was_over_before_the_start_is_not_sent_again(collector):
    watched = Watched(collector, since_s=50)
    watched.tell(*TURN)
    assert await watched.looks(3) == []
    watched.tell(prompted(60, "p2"), answered(61, "req_2"), turn_ended(62), ended(63))
    assert await watched.looks(2) == ["Turn #2", "LLM Call: Opus (100→10 tokens)", "Claude Code Session"]


async def test_two_restarts_give_a_thing_the_same_id(collector):
    for _ in range(3):
        watched = Watched(collector)
        watched.tell(*TURN)
        await watched.looks(2)
    assert len(collector.spans) == 6
    assert len({span.span_id for span in collector.spans}) == 2
    assert len({span.SerializeToString() for span in collector.spans}) == 2


async def test_the_end_of_the_program_sends_what_is_over_at_once(collector):
    watched = Watched(collector)
    watched.tell(*TURN, prompted(10, "p2"))
    await watched.exporter.close()
    assert [span.name for span in collector.spans] == ["Turn #1", "LLM Call: Opus (100→10 tokens)"]
    assert watched.exporter.figures()["sent"] == 2


async def test_a_tool_without_an_end_failed_with_its_turn(collector):
    watched = Watched(collector)
    watched.tell(prompted(0), answered(1, "req_1"), tool_began(1.5), turn_ended(2, "interrupted"))
    await watched.looks(2)
    (tool,) = [span for span in collector.spans if span.name == "Tool: Bash"]
    told = facts(tool)
    assert (told["tool.status"], told["tool.error_message"]) == ("error", "Tool execution incomplete - turn ended")
    assert (tool.status.code, tool.status.message) == (2, "Tool execution incomplete - turn ended")


async def test_a_call_outside_all_turns_hangs_below_its_session(collector):
    watched = Watched(collector)
    watched.tell(answered(1, "req_0", side=True), ended(3))
    await watched.looks(2)
    call, session = collector.spans
    assert call.parent_span_id == session.span_id
    assert facts(call)["turn.number"] == 0


async def test_a_tree_of_thousands_of_spans_goes_in_several_requests(collector):
    watched = Watched(collector)
    watched.tell(prompted(0), *(answered(1 + number / 1000, f"req_{number}") for number in range(1200)), turn_ended(3))
    assert len(await watched.looks(2)) == 1201
    assert len(collector.requests) == 3


async def test_a_session_that_the_ledger_forgot_is_forgotten(collector):
    watched = Watched(collector)
    watched.exporter.frame({"claude-code:gone"})
    assert await watched.looks(2) == []


async def test_it_looks_and_sends_by_itself_until_it_is_told_to_end(collector, monkeypatch):
    monkeypatch.setattr(module, "_LOOK_S", 0.0)
    watched = Watched(collector)
    work = asyncio.get_running_loop().create_task(watched.exporter.run())
    watched.tell(*TURN)
    async with asyncio.timeout(WAIT_S):
        while not collector.requests:
            watched.clock.advance(SETTLED_S)
            await asyncio.sleep(0.001)
    work.cancel()
    await asyncio.gather(work, return_exceptions=True)
    assert [span.name for span in collector.spans] == ["Turn #1", "LLM Call: Opus (100→10 tokens)"]


async def test_an_end_in_the_middle_of_a_look_loses_nothing_and_sends_nothing_twice(collector):
    watched = Watched(collector)
    watched.tell(prompted(0), *(answered(1 + number / 1000, f"req_{number}") for number in range(700)), turn_ended(3))
    watched.clock.advance(SETTLED_S + 1)
    await watched.exporter.look()
    watched.clock.advance(SETTLED_S + 1)
    for steps in range(1, 12):
        work = asyncio.get_running_loop().create_task(watched.exporter.look())
        for _ in range(steps):
            await asyncio.sleep(0)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    await watched.exporter.close()
    assert len(collector.spans) == len({span.span_id for span in collector.spans}) == 701


async def test_what_nobody_told_of_is_not_nothing(collector):
    watched = Watched(collector)
    watched.tell(prompted(0), tool_began(1), tool_ended(2), turn_ended(3), ended(4))
    await watched.looks(2)
    turn, _, session = map(facts, collector.spans)
    usage = {"turn.llm_call_count", "session.api_call_count"}
    assert [name for name in (*turn, *session) if name.startswith("gen_ai.usage") or name in usage] == []
    assert turn["turn.tool_call_count"] == 1
    watched.tell(prompted(10, "p2"), answered(11, "req_1", cost_picodollars=0), turn_ended(12))
    await watched.looks(2)
    told = next(one for one in map(facts, collector.spans) if one.get("turn.number") == 2)
    assert (told["gen_ai.usage.cost_usd"], type(told["gen_ai.usage.cost_usd"])) == (0.0, float)
