"""Agents are found among processes that the tests start themselves: by name, by script, each once."""

import subprocess
import time
from pathlib import Path

import pytest

from aimon_core import scan
from aimon_core.scan import Scan, agent_of, open_files
from tests.fakes.agents import Agents


@pytest.fixture
def agents(tmp_path):
    made = Agents(tmp_path)
    yield made
    made.end()


@pytest.mark.parametrize(("command", "agent"), [
    (["claude"], ("claude-code", False)),
    (["/usr/local/bin/claude", "--resume", "x"], ("claude-code", False)),
    (["node", "/usr/bin/gemini"], ("gemini-cli", True)),
    (["node", "--no-warnings", "/usr/lib/node_modules/@google/gemini-cli/dist/index.js"], ("gemini-cli", True)),
    (["/usr/bin/node", "/x/node_modules/@openai/codex/bin/codex.js"], ("codex", True)),
    (["node", "/x/@anthropic-ai/claude-code/cli.js", "-p", "hello"], ("claude-code", True)),
    (["codex", "app-server"], None),
    (["claude", "mcp", "serve"], None),
    (["claude", "--version"], None),
    (["node", "/usr/bin/gemini", "mcp"], None),
    (["vim", "claude"], None),
    (["node", "server.js", "claude"], None),
    (["grep", "-r", "codex"], None),
    ([], None),
])  # fmt: skip
def test_a_command_line_is_an_agents_or_not(command, agent):
    assert agent_of(command[0].rpartition("/")[2] if command else "kthread", command) == agent


def test_what_holds_a_command_of_codex_is_codexs_own_program_and_no_session():
    """The kernel calls it `codex`, since that is the file, under the name that its work has."""
    assert agent_of("codex", ["codex-linux-sandbox", "--command-cwd", "/home/dev/shop-api", "--", "sleep", "8"]) is None


def test_running_agents_are_found_and_go(agents, tmp_path):
    first = agents.native("claude", cwd=tmp_path)
    agents.native("unrelated")
    looking = Scan(agents.pids)
    (found,) = looking.look()
    assert (found.agent, found.pid, found.started_at, found.cwd) == (
        "claude-code", first.pid, first.create_time(), str(tmp_path)
    )  # fmt: skip
    second = agents.native("codex")
    assert [one.agent for one in looking.look()] == ["claude-code", "codex"]
    agents.reap(first)
    assert [one.pid for one in looking.look()] == [second.pid]


def test_a_zombie_is_gone(agents):
    process = agents.native("claude")
    looking = Scan(lambda: [process.pid])
    assert len(looking.look()) == 1
    process.kill()
    deadline = time.monotonic() + 10
    while looking.look():
        assert time.monotonic() < deadline


def test_a_launcher_and_its_child_are_one_agent(agents):
    launcher = agents.script("lib/gemini", launches=True)
    deadline = time.monotonic() + 10
    while not launcher.children():
        assert time.monotonic() < deadline
    looking = Scan(lambda: [launcher.pid, launcher.children()[0].pid])
    while len(found := looking.look()) != 1 or found[0].pid == launcher.pid:
        assert time.monotonic() < deadline
    assert found[0].agent == "gemini-cli"


@pytest.mark.parametrize(("forked_s", "child_counts"), [(60.0, False), (0.0, True)])
def test_a_child_that_is_about_to_become_another_program_is_no_agent(agents, monkeypatch, forked_s, child_counts):
    monkeypatch.setattr(scan, "FORKED_S", forked_s)
    parent = agents.script("lib/gemini", forks=True)
    deadline = time.monotonic() + 10
    while not parent.children():
        assert time.monotonic() < deadline
    (found,) = Scan(agents.pids).look()
    assert (found.pid != parent.pid) is child_counts


def test_a_pid_that_is_given_away_is_another_process(agents):
    process = agents.native("claude")
    looking = Scan(agents.pids)
    (found,) = looking.look()
    looking._agents[process.pid] = scan.Running("claude-code", process.pid, found.started_at - 9, None, None)
    (again,) = looking.look()
    assert again.started_at == found.started_at


def test_what_is_no_agent_is_not_looked_at_each_time(agents, monkeypatch):
    other = agents.native("unrelated")
    monkeypatch.setattr(scan, "YOUNG_S", -1.0)
    looking, looked = Scan(agents.pids), []
    looking.look()
    monkeypatch.setattr(scan, "_examined", lambda pid: looked.append(pid) or (None, 0.0))
    looking.look()
    assert looked == []
    looking._others[other.pid] = 0.0
    looking.look()
    assert looked == [other.pid]


def test_a_shell_that_becomes_an_agent_is_seen(agents, tmp_path):
    agents.native("claude").kill()
    shell = agents._run(["sh", "-c", f"read line; exec {tmp_path}/bin/claude 60"], tmp_path, stdin=subprocess.PIPE)
    looking = Scan(lambda: [shell.pid])
    assert looking.look() == []
    agents._started[-1].stdin.close()
    deadline = time.monotonic() + 10
    while [one.agent for one in looking.look()] != ["claude-code"]:
        assert time.monotonic() < deadline


def test_open_files_are_told(agents, tmp_path):
    file = tmp_path / "rollout.jsonl"
    process = agents.holding("codex", file)
    assert "rollout.jsonl" in [Path(name).name for name in open_files(process.pid)]
    agents.reap(process)
    assert open_files(process.pid) == []
