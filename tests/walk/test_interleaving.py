"""One session told by all channels, record by record, in any order and as often as they like: the same figures."""

import random
from functools import cache

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.events import Event
from aimon_core.session import Session
from aimon_core.store import SessionStore
from receiver.dialects import Interpreter
from tests.fakes.captures import cases, expected, sent
from tests.fakes.transcripts import files, lines_of
from tests.walk.test_captures import PRICES, check, single, translated
from tests.walk.test_transcripts import UNNOTED

CASES = cases("codex", "gemini-cli", "qwen-code", "copilot", "opencode")
DIVIDED = {"opencode"}
"""Agents whose channels each tell what no other does."""
NOBODYS = {"exec-review"}
"""Scenarios with a thread of which logs do not tell whose it is: spans and rollouts do."""
FIGURES = (
    "turns", "llm_calls", "llm_calls_failed", "tool_calls", "tool_errors", "errors", "retries", "last_error_type",
    "tokens", "cost", "waits", "auxiliary", "models", "cwd", "branch", "state", "started_at_ns", "subagents",
)  # fmt: skip
CHANNELS = [{"log"}, {"transcript"}, {"log", "hook"}, {"log", "span"}, {"hook", "transcript"}, {"span", "transcript"}]


@cache
def said(agent: str, name: str) -> list[list[Event]]:
    """What every record of a scenario says, in the order of its arrival; metrics tell of no session."""
    interpreter = Interpreter()
    parts = [part for one in sent(name, agent) if one.signal != "metrics" for part in single(one)]
    records = [translated(part, interpreter) for part in parts]
    records += [events for path in files(agent, name) for events in lines_of(agent, path)]
    return [events for events in records if events]


def told(agent: str, name: str) -> list[Event]:
    """The same, event by event."""
    return [event for events in said(agent, name) for event in events]


def heard(events: list[Event]) -> SessionStore:
    return entered([[event] for event in events])


def entered(records: list[list[Event]]) -> SessionStore:
    store = SessionStore(SteppedClock())
    store.prices = PRICES
    for events in records:
        store.apply(events, events[-1].at_ns)
    store.drain()
    return store


def rows(store: SessionStore) -> list[Session]:
    return sorted(store.sessions(every=True), key=lambda one: one.key)


@pytest.mark.parametrize(("agent", "name"), CASES)
@pytest.mark.parametrize("seed", range(12))
def test_neither_order_nor_repetition_changes_a_figure(agent, name, seed):
    chance = random.Random(seed)
    records = said(agent, name)
    mixed = records + chance.sample(records, len(records) // 2)
    chance.shuffle(mixed)
    store = entered(mixed)
    check(store, expected(name, agent))
    for one, other in zip(rows(store), rows(entered(records)), strict=True):
        for field in FIGURES:
            assert getattr(one, field) == getattr(other, field), field


@pytest.mark.parametrize(("agent", "name"), [case for case in CASES if case[0] not in DIVIDED])
@pytest.mark.parametrize("channels", CHANNELS, ids=lambda channels: "+".join(sorted(channels)))
def test_what_a_channel_can_know_alone_it_knows_exactly(agent, name, channels):
    events = [event for event in told(agent, name) if event.channel in channels]
    if {event.channel for event in events} <= {"hook"}:
        pytest.skip("this client said nothing here that counts")
    if name in NOBODYS and channels <= {"log", "hook"}:
        pytest.skip("to logs a reviewer's thread is a session")
    if (agent, name) in UNNOTED and channels <= {"hook", "transcript"}:
        pytest.skip("a helper's calls are in no chat")
    truth, store = expected(name, agent), heard(events)
    for session in rows(store):
        whole = next(one for one in rows(heard(told(agent, name))) if one.key == session.key)
        assert session.turns == whole.turns
        if (name, channels) != ("interactive-approval", {"log"}):  # no log tells of the call that was refused
            assert session.tool_calls == whole.tool_calls
        assert session.llm_calls == truth["sessions"][session.session_id]["llm_calls"]
        assert session.tokens == whole.tokens
    assert {one.session_id for one in rows(store)} == {
        session_id for session_id, one in truth["sessions"].items() if not one["auxiliary"]
    }
