"""Codex itself, connected by `aimon setup`; a person has trusted its hooks."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.fakes.scene import until
from tests.fakes.tmux import needs_tmux
from tests.real import codex as client
from tests.real.scripts import CODEX
from tests.real.stage import Stage, stage
from tests.real.terminal import Terminal

pytestmark = [pytest.mark.real, needs_tmux]


@pytest.fixture
def play(codex):
    """Codex on a stage of its own, started with some arguments."""

    @asynccontextmanager
    async def playing(arguments: str) -> AsyncIterator[tuple[Stage, Terminal]]:
        async with stage("codex", CODEX, before=client.settled) as here:
            yield here, client.started(here, codex, arguments)

    return playing


async def only(here: Stage) -> str:
    """What aimon calls the one session that is listed."""
    await until(here.sessions, "a session")
    (row,) = await here.sessions()
    assert row["agent"] == "codex"
    return row["key"]


async def test_a_run_without_a_screen_is_told_to_its_end(play):
    async with play('exec --skip-git-repo-check --dangerously-bypass-approvals-and-sandbox "Look T-TOOLS"') as (
        here,
        _,
    ):
        key = await only(here)
        await here.reaches(key, "ended")
        row = await here.billed(key)
        assert (row["turns"], row["tool_calls"], row["tokens"]["reasoning"]) == (1, 1, 33)


async def test_an_approval_and_an_interruption_are_told(play):
    async with play("-a on-request -s workspace-write") as (here, codex):
        await codex.sees("Ask Codex")
        await codex.say("Write a note T-ASK")
        key = await only(here)
        row = await here.tells(key, state="waiting", waiting_for="permission", waiting_on="Bash: touch note")
        assert row["terminal"]["focusable"]
        await codex.answer("Would you like", "Enter", "approve")
        await here.reaches(key, "completed")
        assert (here.project / "note").exists()
        await codex.say("At length T-SLOW")
        await here.reaches(key, "working")
        await codex.answer("slow slow", "Escape", "interrupt")
        await here.reaches(key, "idle")
        await here.billed(key)
        await here.tells(key, turns=2, errors=0)
