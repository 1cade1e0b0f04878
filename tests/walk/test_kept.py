"""What the journal keeps makes the same rows after a restart, words apart: the captures of all agents."""

import pytest
from msgspec.structs import replace

from aimon_core.clock import SteppedClock
from aimon_core.journal import Delivery
from aimon_core.session import Session
from aimon_core.store import SessionStore
from receiver import tape
from tests.fakes.captures import cases, sent
from tests.fakes.kept import delivered
from tests.walk.test_transcripts import PRICES


def rows(store: SessionStore) -> dict[str, Session]:
    """All sessions without what somebody said."""
    store.prices = PRICES
    store.drain()
    return {one.key: replace(one, doing="", waiting_on=None) for one in store.sessions(every=True)}


@pytest.mark.parametrize(
    ("agent", "name"), cases("claude-code", "codex", "copilot", "gemini-cli", "opencode", "qwen-code")
)
async def test_a_restart_knows_all_but_words(agent, name):
    kept: list[Delivery] = []
    before = await delivered(sent(name, agent), kept)
    clock = SteppedClock(kept[-1].arrived_ns)
    after = SessionStore(clock)
    for events, arrived_ns in tape.replayed(kept):
        after.apply(events, arrived_ns)
    assert rows(after) == rows(before)
    assert after.totals() == before.totals()
