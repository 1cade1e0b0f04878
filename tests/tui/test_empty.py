"""The screen without a session: what to do, who is here, and nothing of what nobody may look at."""

import asyncio

import pytest

from tests.fakes.fleet import StillDoor, waiting
from tests.fakes.machine import CLAUDE, CODEX, SOME, install, machine, write
from tests.tui.screen import MEDIUM, SHOP, SMALL, TAKEN, WIDE, Played, said, text

pytestmark = pytest.mark.usefixtures("at_once")


async def shown(app, pilot):
    """What stands there once somebody has looked."""
    await pilot.pause()
    await app.workers.wait_for_complete()
    await pilot.pause()
    return said(app)


async def test_who_is_here_is_told_with_the_key_that_connects(tmp_path, monkeypatch):
    app = Played([], machine=machine(tmp_path, monkeypatch, sources=("otlp", "transcripts")))
    install(tmp_path)
    write(tmp_path, {".claude/projects/-home-dev/{}.jsonl": 12, ".codex/sessions/rollout-{}.jsonl": 1})
    async with app.run_test(size=MEDIUM) as pilot:
        told = await shown(app, pilot)
        rows = [" ".join(row.split()) for row in told.splitlines()]
        assert "No sessions yet." in rows
        assert "S connect the agents found on this machine" in rows
        assert "Claude Code 2.1.329 12 transcripts ○ not connected" in rows
        assert "Codex 0.169.0 1 transcript ○ not connected" in rows
        assert "Gemini CLI — no transcripts × broken, line 3" in rows
        assert "Transcripts of the last 14 days; today's are read without any setting." in rows
        assert "Qwen" not in told
        assert "Listening on 127.0.0.1:4318. A session shows up with its first prompt." in rows
        assert text(app)[-1].split() == ["S", "setup", "h", "history", "t", "theme", "?", "help", "q", "quit"]


async def test_an_own_key_is_the_one_that_is_told(tmp_path, monkeypatch):
    app = Played([], machine=machine(tmp_path, monkeypatch), keys={"setup": "c"})
    async with app.run_test(size=MEDIUM) as pilot:
        assert "c  connect the agents" in await shown(app, pilot)


async def test_of_transcripts_that_are_no_source_nothing_is_said(tmp_path, monkeypatch):
    app = Played([], machine=machine(tmp_path, monkeypatch))
    write(tmp_path)
    async with app.run_test(size=MEDIUM) as pilot:
        told = await shown(app, pilot)
        assert "Claude Code" in told
        assert "ranscript" not in told


async def test_once_all_are_connected_all_is_quiet(tmp_path, monkeypatch):
    here = machine(tmp_path, monkeypatch, {name: SOME[name] for name in (CLAUDE, CODEX)})
    await here.look(StillDoor())
    here.agents[0].plan.apply()
    here.agents[1].plan.apply()
    app = Played([], machine=here)
    async with app.run_test(size=MEDIUM) as pilot:
        told = await shown(app, pilot)
        assert "All quiet." in told
        assert "2 agents are connected. A session shows up with its first prompt." in told
        assert "S  connect" not in told
        assert "Listening on 127.0.0.1:4318.\n" in told
        assert "S setup" in text(app)[-1]


async def test_where_no_agent_is_found_one_can_be_connected_all_the_same(tmp_path, monkeypatch):
    app = Played([], machine=machine(tmp_path, monkeypatch, {}))
    async with app.run_test(size=MEDIUM) as pilot:
        assert "S  connect an agent: none was found on this machine" in await shown(app, pilot)


async def test_a_taken_port_is_told_first_and_agents_all_the_same(tmp_path, monkeypatch):
    app = Played([], machine=machine(tmp_path, monkeypatch), door=StillDoor(TAKEN))
    async with app.run_test(size=MEDIUM) as pilot:
        told = await shown(app, pilot)
        assert told.index(TAKEN) < told.index("Claude Code")
        assert "Listening" not in told


async def test_the_last_session_that_goes_makes_room_for_a_new_look(tmp_path, monkeypatch):
    here = machine(tmp_path, monkeypatch)
    app = Played([waiting()], machine=here)
    async with app.run_test(size=WIDE) as pilot:
        assert "connect the agents" not in await shown(app, pilot)
        assert here.agents is None
        app.still.remove(SHOP)
        app.frame()
        async with asyncio.timeout(10):
            while here.agents is None:  # the page comes up with the next layout
                await pilot.pause()
        told = await shown(app, pilot)
        assert "Claude Code" in told
        assert "○ not connected" in told


@pytest.mark.parametrize("size", [SMALL, (80, 10), (40, 8)])
async def test_little_room_is_for_what_matters(tmp_path, monkeypatch, size):
    app = Played([], machine=machine(tmp_path, monkeypatch, sources=("otlp", "transcripts")))
    async with app.run_test(size=size) as pilot:
        told = await shown(app, pilot)
        assert "No sessions yet." in told
        assert "S  connect the agents found on this ma" in told
        assert "Claude Code" in told


async def test_the_demo_and_recordings_look_at_nothing_and_offer_nothing():
    app = Played([], demo=True)
    async with app.run_test(size=MEDIUM) as pilot:
        told = await shown(app, pilot)
        assert "connect" not in told
        assert "setup" not in told
        await pilot.press("S")
        assert [one.message for one in app._notifications] == ["Agents are connected where they run: aimon setup."]
        assert len(app.screen_stack) == 1
