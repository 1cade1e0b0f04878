"""Waits without ids are paired by their times, in whatever order they are told."""

import itertools

from aimon_core.nameless import REMEMBERED, NamelessWaits

TOLD = [(10, "asked", "bash"), (20, "finished", "read"), (30, "finished", "bash"), (40, "asked", ""), (50, "turn", "")]


def windows(told):
    waits = NamelessWaits()
    for at_ns, kind, name in told:
        waits.note(kind, at_ns, name)
    return waits.windows()


def test_the_tool_that_was_asked_for_ends_the_wait():
    assert windows(TOLD[:2]) == []
    assert windows(TOLD) == [(10, 30), (40, 50)]


def test_the_order_of_telling_changes_nothing():
    assert all(windows(order) == windows(TOLD) for order in itertools.permutations(TOLD))


def test_a_repeated_question_is_one_wait():
    assert windows([(10, "asked", "bash"), (12, "asked", ""), (30, "finished", "bash")]) == [(10, 30)]


def test_after_a_prompt_nobody_can_tell_how_long_it_took():
    assert windows([(10, "asked", "bash"), (90, "prompt", ""), (95, "finished", "bash")]) == []


def test_it_stays_small():
    waits = NamelessWaits()
    for at_ns in range(10_000):
        waits.note("finished", at_ns, "bash")
    assert len(waits._told) <= REMEMBERED
