"""Zero configuration: a person who has set nothing starts aimon and sees the agents that already run."""

import asyncio
import json
import shutil
import time
from pathlib import Path

import aiohttp
import pytest

from aimon_core.clock import SystemClock
from aimon_core.config import Settings
from aimon_tui import sources
from aimon_tui.runtime import Runtime
from aimon_tui.sources import Sources
from tests.fakes.agents import Agents
from tests.fakes.captures import expected, sent
from tests.fakes.program import Program
from tests.fakes.transcripts import asked_tool, files, said, user
from tests.walk.test_captures import figures

DEADLINE_S = 20


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    for name in ("CLAUDE_CONFIG_DIR", "XDG_CONFIG_HOME", "CODEX_HOME", "COPILOT_HOME", "GEMINI_CLI_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sources, "LOOK_S", 0.05)
    return tmp_path


@pytest.fixture
def agents(tmp_path):
    made = Agents(tmp_path)
    yield made
    made.end()


@pytest.fixture
async def started(home, agents):
    """Starts runtimes on the home; only children of the test are processes."""
    runtimes = []

    async def start(*names: str, told: list | None = None, see: bool = True) -> Runtime:
        settings = Settings(port=0, persist=False, **({"sources": names} if names else {}))
        clock = SystemClock()
        seen = Sources(settings, clock, pids=agents.pids) if see else None
        runtime = Runtime(settings, clock, runtime_folder=str(home / "run"), sources=seen)
        if told is not None:
            runtime.tell = told.extend
        runtimes.append(runtime)
        await runtime.start(frame_s=0.02)
        if seen is not None:
            await asyncio.wait_for(seen.caught_up.wait(), DEADLINE_S)
        return runtime

    yield start
    for runtime in runtimes:
        await runtime.stop()


async def until(true) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not true():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


def write(home: Path, name: str, *lines: dict) -> None:
    path = home / ".claude" / "projects" / "-home-dev-shop-api" / f"{name}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as out:
        out.writelines(json.dumps(line) + "\n" for line in lines)


def place(home: Path, agent: str, name: str) -> list[Path]:
    """The transcripts of a capture where the agent keeps them."""
    root = {
        "claude-code": ".claude/projects/-x",
        "codex": ".codex/sessions/2026/11/21",
        "gemini-cli": ".gemini/tmp/x/chats",
    }
    placed = []
    for path in files(agent, name):
        inside = path.relative_to(path.parents[len(path.parts) - path.parts.index("transcripts") - 2])
        placed.append(home / root[agent] / str(inside).removeprefix("chats-"))
        placed[-1].parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, placed[-1])
    return placed


async def test_the_agents_that_already_run_are_seen(started, home, agents):
    claude = agents.native("claude")
    (home / ".claude" / "sessions").mkdir(parents=True)
    note = {
        "pid": claude.pid,
        "sessionId": "s1",
        "startedAt": round(claude.create_time() * 1000) + 300,
        "status": "busy",
    }
    (home / ".claude" / "sessions" / f"{claude.pid}.json").write_text(json.dumps(note))
    write(home, "s1", user(1, "go"), asked_tool(2, command="npm test"))
    place(home, "codex", "tools-http-json")
    place(home, "gemini-cli", "tools-http")
    others = [agents.native("goose"), agents.script("node_modules/@github/copilot/index.py"), agents.native("opencode")]
    runtime = await started()
    await until(lambda: len(runtime.sessions()) >= 4)
    rows = {session.agent: session for session in runtime.sessions()}
    assert {one.pid for one in runtime.sessions()} >= {claude.pid, *(other.pid for other in others)}
    assert (rows["claude-code"].doing, rows["claude-code"].pid) == ("Bash: npm test", claude.pid)
    every = {session.agent: session for session in runtime.sessions(every=True)}
    assert set(every) == {"claude-code", "codex", "gemini-cli", "goose", "copilot", "opencode"}
    assert figures(every["codex"].tokens) == expected("tools-http-json", "codex")["totals"]["tokens"]


async def test_a_killed_agents_row_ends_soon(started, agents):
    process = agents.native("goose")
    runtime = await started("processes")
    await until(lambda: [one.state for one in runtime.sessions()] == ["idle"])
    agents.reap(process)
    killed = time.monotonic()
    await until(lambda: [one.state for one in runtime.sessions()] == ["ended"])
    assert time.monotonic() - killed < 5


async def test_what_passed_long_ago_is_told_to_nobody_and_what_happens_now_is(started, home):
    write(home, "s1", user(1, "go"), said(2, "done"))
    await asyncio.sleep(0.01)
    told = []
    runtime = await started("transcripts", told=told)
    assert [one.key for one in runtime.sessions()] == ["claude-code:s1"]
    assert told == []
    write(home, "s2", user(3, "now", "s2"))
    await until(lambda: told)
    assert [(one.key, one.after) for one in told] == [("claude-code:s2", "working")]


async def test_without_sources_nothing_of_the_persons_is_read(started, home, agents):
    write(home, "s1", user(1, "go"))
    agents.native("claude")
    runtime = await started(see=False)
    await asyncio.wait_for(runtime.restored.wait(), DEADLINE_S)
    assert runtime.sessions(every=True) == []


@pytest.mark.parametrize(("names", "open_to"), [
    (("otlp",), "/v1/logs"), (("hooks", "processes"), "/hooks/claude-code"), (("transcripts",), None),
])  # fmt: skip
async def test_only_what_is_asked_for_comes_in(started, home, names, open_to):
    write(home, "s1", user(1, "go"))
    runtime = await started(*names)
    assert bool(runtime.sessions()) == ("transcripts" in names)
    hook = {"hook_event_name": "SessionStart", "session_id": "s2"}
    statuses = {}
    async with aiohttp.ClientSession(f"http://{runtime.door.address}") as client:
        for path, body in (("/v1/logs", {}), ("/hooks/claude-code", hook)):
            async with client.post(path, json=body) as answer:
                statuses[path] = answer.status
    assert statuses == {path: 200 if path == open_to else 404 for path in statuses}


async def test_a_port_that_is_taken_leaves_transcripts(home, started, agents):
    first = await started("otlp")
    write(home, "s1", user(1, "go"))
    settings, clock = Settings(port=first.door.port, persist=False), SystemClock()
    second = Runtime(
        settings, clock, runtime_folder=str(home / "run2"), sources=Sources(settings, clock, pids=agents.pids)
    )
    with pytest.raises(Exception, match="taken"):
        await second.start()
    await until(lambda: [one.key for one in second.sessions()] == ["claude-code:s1"])
    await second.stop()


@pytest.mark.parametrize("name", ["print_tools", "old_e500"])
def test_a_restart_reads_journal_and_transcripts_and_counts_nothing_twice(tmp_path, name):
    program = Program(tmp_path)
    program.environment["AIMON_SOURCES"] = "otlp,hooks,transcripts"
    place(tmp_path, "claude-code", name)
    truth = expected(name)["totals"]

    def told(serving) -> dict:
        deadline = time.monotonic() + DEADLINE_S
        while not (document := serving.ask("/api/v1/sessions?all=1"))["sessions"] or not document["sessions"][0]["cwd"]:
            assert time.monotonic() < deadline
        return document

    with program.serving() as serving:
        serving.send(*(one for one in sent(name) if one.signal != "hooks"))
        first = told(serving)
        serving.end()
    with program.serving() as serving:
        second = told(serving)
        serving.end()
    for document in (first, second):
        totals = document["totals"]
        assert totals["llm_calls"] == truth["llm_calls"]
        assert {part: totals["tokens"][part] for part in ("input", "cache_read", "cache_write", "output")} == {
            part: truth["tokens"][part] for part in ("input", "cache_read", "cache_write", "output")
        }
        assert document["sessions"][0]["name"] == "shop-api"
    assert second["totals"]["cost_usd"] == first["totals"]["cost_usd"] == truth["cost_usd_reported"]
