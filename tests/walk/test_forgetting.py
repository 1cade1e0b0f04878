"""What is forgotten one by one still stands in every figure: the captures of all agents without their older turns."""

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.spans import TurnTree
from aimon_core.store import SessionStore
from receiver.dialects import Interpreter
from tests.fakes.captures import cases, sent
from tests.walk.test_readme_agents import translated
from tests.walk.test_transcripts import PRICES

AGENTS = ("claude-code", "codex", "copilot", "gemini-cli", "opencode", "qwen-code")


def played(name: str, agent: str) -> SessionStore:
    clock, interpreter = SteppedClock(), Interpreter()
    store = SessionStore(clock)
    store.prices = PRICES
    for one in sent(name, agent):
        clock.jump(max(clock.now_ns(), round(one.unix * 1e9)))
        store.apply(translated(one, interpreter), clock.now_ns())
    store.drain()
    return store


def last(turns: list[TurnTree]) -> list[tuple]:
    """What a person sees of the last turn."""
    return [(turn.number, turn.title, turn.cost_usd, len(turn.spans)) for turn in turns if turn.number][-1:]


@pytest.mark.parametrize(("agent", "name"), cases(*AGENTS))
def test_a_session_looks_the_same_when_its_older_turns_are_forgotten(agent, name):
    store = played(name, agent)
    sessions, totals = {one.key: one for one in store.sessions(every=True)}, store.totals()
    turns = {key: store.turns(key) for key in sessions}
    for key in list(store._entries):
        store._entries[key].forget_turns()
    store._pictures.clear()
    assert {one.key: one for one in store.sessions(every=True)} == sessions
    assert store.totals() == totals
    assert {key: last(store.turns(key)) for key in sessions} == {key: last(told) for key, told in turns.items()}
