"""Hooks alone, telemetry alone, transcripts alone, all together: the same sessions, turns, tools, and never twice."""

import random
from collections.abc import Collection

import pytest

from aimon_core.events import Event
from aimon_core.session import Session
from aimon_core.store import SessionStore
from tests.fakes.captures import expected, scenarios
from tests.walk.test_captures import figures
from tests.walk.test_transcripts import Delivery, fed, rows, wire, written

HOOKS, OTLP, TRANSCRIPTS = {"hook"}, {"log", "span"}, {"transcript"}

UNTOLD_TOOLS = {"tui_interrupt": OTLP}
"""A call that the client itself refused (`sleep 60`) is in no telemetry."""
UNTOLD_CALLS = {"tui_clear_compact": TRANSCRIPTS, "tui_interrupt_agent": OTLP}
"""The summary of `/compact` is in no transcript; a client that ends before it exports leaves its last call out."""


def told(name: str, channels: Collection[str]) -> list[Delivery]:
    """What some channels say of a scenario, in the order of arrival."""
    deliveries = [*wire(name), *written("claude-code", name)]
    kept = [([event for event in events if event.channel in channels], at_ns) for events, at_ns in deliveries]
    return sorted(((events, at_ns) for events, at_ns in kept if events), key=lambda one: one[1])


def work(store: SessionStore) -> dict[str, tuple[int, int]]:
    """Turns and tools of each session."""
    return {session_id: (row.turns, row.tool_calls) for session_id, row in rows(store).items()}


def truth(name: str) -> dict[str, int]:
    """Tools that the model asked for, by session."""
    return {key: sum(one["tool_uses_asked"].values()) for key, one in expected(name)["sessions"].items()}


@pytest.mark.parametrize("channels", [HOOKS, OTLP, TRANSCRIPTS], ids="hooks otlp transcripts".split())
@pytest.mark.parametrize("name", scenarios())
def test_each_channel_tells_of_the_same_sessions_turns_and_tools(name: str, channels: set[str]) -> None:
    alone, everything = told(name, channels), told(name, HOOKS | OTLP | TRANSCRIPTS)
    if not alone:
        pytest.skip("this channel is not in the capture")
    whole = work(fed(everything))
    assert {key: tools for key, (_, tools) in whole.items()} == truth(name)
    if UNTOLD_TOOLS.get(name) == channels:
        assert {key: turns for key, (turns, _) in work(fed(alone)).items()} == {
            key: one[0] for key, one in whole.items()
        }
    else:
        assert work(fed(alone)) == whole


def spent(sessions: dict[str, Session]) -> dict[str, tuple[int, dict[str, int | None]]]:
    return {key: (row.llm_calls, figures(row.tokens)) for key, row in sessions.items()}


@pytest.mark.parametrize("channels", [OTLP, TRANSCRIPTS, OTLP | TRANSCRIPTS], ids="otlp transcripts both".split())
@pytest.mark.parametrize("name", scenarios())
def test_tokens_are_exact_wherever_they_are_told_and_hooks_change_none(name: str, channels: set[str]) -> None:
    wants = {key: (one["llm_calls"], one["tokens"]) for key, one in expected(name)["sessions"].items()}
    if name == "tui_interrupt_agent" and channels != OTLP:
        wants = spent(rows(fed(told(name, TRANSCRIPTS))))  # the truth beside the capture is what telemetry carries
    if UNTOLD_CALLS.get(name) == TRANSCRIPTS == channels:
        return
    assert spent(rows(fed(told(name, channels)))) == wants
    assert spent(rows(fed(told(name, channels | HOOKS)))) == wants


def test_hooks_alone_know_no_tokens_and_say_so() -> None:
    row = next(iter(rows(fed(told("tui_permission", HOOKS))).values()))
    assert (row.llm_calls, row.tokens.total) == (0, 0)
    assert row.blind_spots == ("no telemetry: tokens and dollars unknown",)


@pytest.mark.parametrize("name", scenarios())
@pytest.mark.parametrize("seed", range(8))
def test_no_interleaving_and_no_repetition_of_the_channels_changes_a_figure(name: str, seed: int) -> None:
    dice = random.Random(seed)
    deliveries = told(name, HOOKS | OTLP | TRANSCRIPTS)
    split: list[Delivery] = [([event], at_ns) for events, at_ns in deliveries for event in events]
    mixed = [*split, *dice.sample(split, len(split) // 2)]
    dice.shuffle(mixed)
    assert figured(fed(mixed)) == figured(fed(deliveries))


def figured(store: SessionStore) -> dict[str, tuple[object, ...]]:
    """Everything of a session that is a sum."""
    return {
        key: (row.turns, row.tool_calls, row.tool_errors, row.errors, row.waits, row.waited_ns, *spent({key: row})[key])
        for key, row in rows(store).items()
    }


def test_a_channel_that_was_cut_out_was_there_before() -> None:
    """Else the tests above compare nothing."""
    seen: set[str] = set()
    for events, _ in told("tui_permission", HOOKS | OTLP | TRANSCRIPTS):
        seen |= {event.channel for event in events if isinstance(event, Event)}
    assert seen == HOOKS | OTLP | TRANSCRIPTS
