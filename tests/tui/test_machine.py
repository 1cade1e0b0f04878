"""What a screen knows of the agents of a machine: found by real files, where they stand, and when it looks at all."""

import asyncio

from aimon_desktop import setup
from tests.fakes.fleet import StillDoor
from tests.fakes.machine import CODEX, GEMINI, LONG_AGO, SOME, install, machine, write

ALL = ["claude-code", "codex", "gemini-cli", "qwen-code", "copilot", "opencode"]


async def looked(one):
    await one.look(StillDoor())
    return {agent.id: agent for agent in one.agents}


async def test_each_agent_is_told_in_its_place_whether_it_is_there_or_not(tmp_path, monkeypatch):
    agents = await looked(machine(tmp_path, monkeypatch))
    assert list(agents) == ALL
    assert {name: " ".join(one.standing) for name, one in agents.items()} == {
        "claude-code": "○ not connected",
        "codex": "○ not connected",
        "gemini-cli": "× broken, line 3",
        "qwen-code": "· not found",
        "copilot": "· not found",
        "opencode": "· not found",
    }
    assert [name for name, one in agents.items() if one.is_absent] == ALL[3:]
    assert agents["codex"].files == "~/.codex/config.toml, hooks.json"


async def test_a_program_on_the_path_is_enough_and_its_version_is_told(tmp_path, monkeypatch):
    here = machine(tmp_path, monkeypatch, {})
    install(tmp_path)
    agents = await looked(here)
    assert [name for name, one in agents.items() if not one.is_absent] == ["claude-code", "codex"]
    assert agents["claude-code"].version == "2.1.329"
    assert agents["opencode"].version is None


async def test_agents_would_send_to_where_the_door_is_now(tmp_path, monkeypatch):
    here = machine(tmp_path, monkeypatch)
    door = StillDoor()
    door.address = "127.0.0.1:5318"
    await here.look(door)
    assert here.agents[0].plan.place.endpoint == "http://127.0.0.1:5318"
    door.address = "::1:4318"
    await here.look(door)
    assert here.agents[0].plan.place.endpoint == "http://[::1]:4318"


async def test_what_was_connected_stays_in_sight_though_the_agent_is_gone(tmp_path, monkeypatch):
    here = machine(tmp_path, monkeypatch, {})
    agents = await looked(here)
    agents["codex"].plan.apply()
    again = await looked(here)
    assert again["codex"].is_connected
    assert not again["codex"].is_absent


async def test_settings_that_win_over_ours_leave_an_agent_partly_connected(tmp_path, monkeypatch):
    here = machine(tmp_path, monkeypatch, {CODEX: '[otel]\nexporter = "none"\n'})
    (await looked(here))["codex"].plan.apply()
    codex = (await looked(here))["codex"]
    assert codex.standing == ("✓", "partly connected")
    assert setup.told(codex.plan) == "Codex  ✓ partly connected"


async def test_nobody_looks_before_the_screen_is_ready(tmp_path, monkeypatch):
    here = machine(tmp_path, monkeypatch, ready=False)
    look = asyncio.create_task(here.look(StillDoor()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert not look.done()
    assert here.agents is None
    here.ready.set()
    await look
    assert here.agents


async def test_transcripts_are_counted_where_they_are_a_source_and_not_looked_at_otherwise(tmp_path, monkeypatch):
    here = machine(tmp_path, monkeypatch, sources=("otlp", "transcripts"))
    write(tmp_path, {".claude/projects/-home-dev/{}.jsonl": 3})
    write(tmp_path, {".claude/projects/-home-dev/{}.jsonl": 5}, days_ago=LONG_AGO)
    agents = await looked(here)
    assert [agents[name].transcripts for name in ("claude-code", "codex", "opencode")] == [3, 0, None]
    blind = await looked(machine(tmp_path, monkeypatch, SOME | {GEMINI: "{}"}))
    assert [one.transcripts for one in blind.values()] == [None] * 6
