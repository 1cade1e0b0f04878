"""The turns of a session: each prompt once, how it ended, and how long it waited for a person."""

from itertools import permutations

import pytest

from aimon_core.entry import Entry
from aimon_core.events import Event
from aimon_core.spans import TurnTree, growing
from aimon_core.sums import Sums
from tests.fakes.events import (
    answered,
    asked,
    at,
    compacted,
    compacts,
    decided,
    ended,
    failed,
    prompted,
    tool_began,
    tool_ended,
    turn_ended,
)


def entered(*events: Event) -> Entry:
    entry = Entry("claude-code", "s1", Sums())
    for one in events:
        entry.take(one, one.at_ns)
    return entry


def trees(*events: Event) -> list[TurnTree]:
    return [turn for turn in growing(entered(*events)) if turn is not None]


def span_ended(seconds: float, began: float) -> Event:
    return turn_ended(seconds, "span", channel="span", began_ns=at(began), turn_span="i1")


CALL = answered(2, "r1", duration_ms=500, prompt_id="p1")
TOOL = [tool_began(2.1), tool_ended(2.9)]


@pytest.mark.parametrize(
    ("story", "reason"),
    [
        ([CALL, turn_ended(3)], "stop_hook"),
        ([CALL, span_ended(3, 1)], "span"),
        ([CALL, span_ended(3.01, 1), turn_ended(3)], "stop_hook"),
        ([CALL, turn_ended(3), turn_ended(63, "idle")], "stop_hook"),
        ([span_ended(3, 1)], "interrupted"),
        ([CALL, *TOOL, span_ended(3, 1)], "interrupted"),
        ([failed(2, "r1", prompt_id="p1"), span_ended(3, 1)], "failed"),
        ([CALL, turn_ended(3, "interrupted", channel="transcript"), span_ended(3.1, 1)], "interrupted"),
        ([CALL, tool_began(2.1), asked(2.2), decided(3, accepted=False, ends_turn=True), span_ended(3.1, 1)], "denied"),
        ([CALL, decided(2.2, accepted=False, ends_turn=True), answered(2.5, "r2"), turn_ended(3)], "stop_hook"),
        ([turn_ended(3, "failed", error_type="auth")], "failed"),
        ([turn_ended(63, "idle")], "idle"),
        ([CALL, prompted(9, "p2")], "new_prompt"),
        ([CALL, ended(9)], "session_end"),
        ([CALL], None),
    ],
)  # fmt: skip
def test_a_turn_says_how_it_ended_in_whatever_order_that_was_told(story, reason):
    events = [prompted(1), *story]
    assert {trees(*order)[0].end_reason for order in list(permutations(events))[::7]} == {reason}
    assert trees(*events, *events)[0].end_reason == reason, "hearing it twice changes nothing"


def test_idleness_is_noticed_late_and_does_not_lengthen_a_turn():
    assert trees(prompted(1), turn_ended(3), turn_ended(63, "idle"))[0].end_ns == at(3)
    assert trees(prompted(1), turn_ended(63, "idle"), turn_ended(3))[0].end_ns == at(3)


@pytest.mark.parametrize("told", [[compacts(5, prompt_id="c")], [prompted(5, "c", command=True, text="/compact")]])
def test_a_compaction_by_hand_is_no_turn_but_its_call_has_a_place(told):
    call = answered(6, "r2", side=True, prompt_id="c", duration_ms=800)
    events = [prompted(1), CALL, turn_ended(3), *told, call, compacted(7), prompted(9, "p2"), turn_ended(11)]
    for order in (events, events[::-1], events[1::2] + events[::2]):
        assert entered(*order).turns.size == 2
        assert [(turn.number, turn.label, len(turn.spans)) for turn in trees(*order)] == [
            (1, "turn 1", 1),
            (0, "outside turns", 1),
            (2, "turn 2", 0),
        ]


def test_a_compaction_within_a_turn_stays_in_it():
    call = answered(6, "r2", side=True, prompt_id="p1", duration_ms=800)
    told = trees(compacts(5, prompt_id="p1"), call, prompted(1), CALL, compacted(7), turn_ended(9))
    assert [(turn.number, len(turn.spans)) for turn in told] == [(1, 2)]


def test_each_turn_knows_what_it_waited_for_a_person():
    waits = [asked(2, "t1"), decided(4, "t1"), asked(5, "t2"), decided(5.5, "t2"), asked(12, "t3"), decided(13, "t3")]
    entry = entered(prompted(1), *waits[:4], turn_ended(6), prompted(11, "p2"), *waits[4:], turn_ended(14))
    told = [turn for turn in growing(entry) if turn is not None]
    assert [turn.waited_ns for turn in told] == [2_500_000_000, 1_000_000_000]
    assert sum(turn.waited_ns for turn in told) == entry.waits.total_ns
