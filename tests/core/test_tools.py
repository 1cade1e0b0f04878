"""The books of tool calls: how many failed, whichever channels tell of them and whichever of them know ids."""

import itertools

import pytest

from aimon_core.tools import Tools
from tests.fakes.events import tool_began, tool_ended


def books(*events):
    tools = Tools()
    for one in events:
        tools.take(one)
    return tools.calls, tools.errors


def reads(channel, *failed, named=False):
    """Three calls of one tool as a channel tells them, in the order in which they end there."""
    return [
        tool_ended(number, f"c{number}" if named else None, "read_file", channel=channel, ok=number not in failed)
        for number in range(3)
    ]


def test_two_channels_without_ids_tell_of_the_same_failures_in_another_order():
    told = [*reads("hook", 0, 1), *reads("log", 1, 2)]
    assert {books(*order) for order in itertools.permutations(told)} == {(3, 2)}


@pytest.mark.parametrize("named_first", [True, False])
def test_a_channel_with_ids_adds_no_failure_to_one_without(named_first):
    channels = [reads("transcript", 2, named=True), reads("log", 0)]
    assert books(*itertools.chain(*(channels if named_first else channels[::-1]))) == (3, 1)


def test_a_repetition_and_an_interruption_are_no_failures():
    ended = tool_ended(2, ok=False)
    stopped = tool_ended(5, "t2", ok=False, interrupted=True)
    assert books(tool_began(1), ended, ended, tool_began(4, "t2"), stopped) == (2, 1)
