"""How long a session waited: each wait once, and no moment twice."""

import itertools

from aimon_core.waits import Waits
from tests.fakes.events import asked, at, decided

SECOND = 10**9


def waited(*events):
    waits = Waits()
    for one in events:
        (waits.asked if type(one).__name__ == "PermissionAsked" else waits.answered)(one)
    return waits


def test_while_two_calls_are_asked_for_somebody_waits_once():
    told = [asked(1, "a"), asked(2, "b"), decided(5, "a"), decided(9, "b"), asked(20, "c"), decided(23, "c")]
    for order in itertools.permutations(told):
        waits = waited(*order)
        assert (waits.count, waits.total_ns) == (3, (8 + 3) * SECOND)
        assert waits.since(at(9)) == (2, (4 + 3) * SECOND), "the first four seconds ended with the first"
        assert waits.ledger().between(at(0), at(10)) == 8 * SECOND


def test_one_that_began_first_and_ended_last_covers_the_others():
    waits = waited(asked(1, "a"), asked(2, "b"), decided(3, "b"), asked(5, "c"), decided(7, "c"), decided(10, "a"))
    assert (waits.count, waits.total_ns) == (3, 9 * SECOND)


def test_one_that_a_span_measured_without_a_name_is_the_one_that_was_as_long():
    """Copilot's files tell which tool was asked about, its spans only how long somebody was asked."""
    named = [asked(1, "a"), decided(5, "a"), asked(20, "b"), decided(23, "b")]
    measured = [decided(5.03, None, unit="s1", waited_ms=3_990), decided(31, None, unit="s2", waited_ms=4_000)]
    for order in itertools.permutations(named + measured):
        waits = waited(*order)
        assert (waits.count, waits.total_ns) == (3, (4 + 3 + 4) * SECOND)
