"""Which process above a hook is the agent: only one that the system confirms."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
import pytest

from aimon_core import ancestry
from aimon_core.agents import AGENTS
from aimon_core.process import since_boot

linux = pytest.mark.skipif(sys.platform != "linux", reason="start times in ticks are Linux's")


@pytest.mark.parametrize(
    ("agent", "command"),
    [
        ("claude-code", "claude"),
        ("claude-code", "/home/dev/.local/bin/claude --resume"),
        ("claude-code", "node /usr/lib/node_modules/@anthropic-ai/claude-code/cli.js -p hi"),
        ("codex", "/opt/vendor/codex/node_modules/@openai/codex/vendor/codex"),
        ("gemini-cli", "/usr/bin/node --max-old-space-size=8192 /usr/local/bin/gemini"),
        ("gemini-cli", "node /opt/node_modules/@google/gemini-cli/dist/index.js"),
        ("qwen-code", "node /opt/node_modules/@qwen-code/qwen-code/cli.js"),
        ("copilot", "node /opt/node_modules/@github/copilot/npm-loader.js"),
        ("opencode", "opencode"),
    ],
)
def test_an_agent_is_known_by_its_command(agent, command):
    assert ancestry.is_agent(AGENTS[agent], command)


@pytest.mark.parametrize(
    "command",
    [
        "",
        "bash",
        "vim claude",
        "node",
        "node --inspect",
        "python /home/claude/work.py",
        "/srv/claude/bin/serve",
        "grep codex",
    ],
)
def test_other_programs_are_none(command):
    assert not any(ancestry.is_agent(agent, command) for agent in AGENTS.values())


@pytest.fixture
def claude():
    """A process that looks like Claude Code."""
    command = ["/bin/bash", "-c", "exec -a claude sleep 60"]
    with subprocess.Popen(command) as process:
        until = time.monotonic() + 10
        while psutil.Process(process.pid).cmdline()[:1] != ["claude"]:
            assert time.monotonic() < until
        yield process.pid
        process.kill()


def ticks(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])


@linux
def test_the_nearest_process_that_is_the_agent_counts(claude):
    chain = ((os.getpid(), ticks(os.getpid())), (claude, ticks(claude)), (1, 0))
    started_at = psutil.Process(claude).create_time()
    assert ancestry.agent_process("claude-code", chain, time.time()) == (claude, started_at)
    assert abs(since_boot(ticks(claude)) - started_at) < 0.1
    assert ancestry.agent_process("codex", chain, time.time()) is None


@linux
def test_a_pid_that_began_at_another_time_is_another_process(claude):
    assert ancestry.agent_process("claude-code", ((claude, ticks(claude) - 500),), time.time()) is None


def test_without_a_start_the_process_must_have_run_when_the_hook_did(claude):
    chain = ((claude, None),)
    assert ancestry.agent_process("claude-code", chain, time.time()) is not None
    assert ancestry.agent_process("claude-code", chain, time.time() - 100) is None


def test_another_users_process_does_not_count(claude, monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 4711)
    assert ancestry.agent_process("claude-code", ((claude, None),), time.time()) is None


def test_a_process_that_is_gone_does_not_count():
    with subprocess.Popen(["true"]) as process:
        process.wait()
    assert ancestry.agent_process("claude-code", ((process.pid, None),), time.time()) is None


def test_parents_are_listed_innermost_first():
    assert [pid for pid, _ in ancestry.parents(os.getpid())][:2] == [os.getpid(), os.getppid()]


@pytest.fixture
def family(tmp_path):
    """An agent, an agent in a shell below it, and one that it started and that left it for good; pids by name."""
    names = ("claude", "codex", "gemini")
    for name, then in zip(names, ("./codex.sh & setsid -f ./gemini.sh; wait", "sleep 60", "sleep 60"), strict=True):
        (tmp_path / f"{name}.sh").write_text(
            f"#!/bin/bash\nexec -a {name} bash -c 'echo $$ > {name}.new; mv {name}.new {name}; {then}; true'\n"
        )
        (tmp_path / f"{name}.sh").chmod(0o700)
    with subprocess.Popen(["./claude.sh"], cwd=tmp_path, start_new_session=True) as process:
        until = time.monotonic() + 10
        while not all((tmp_path / name).exists() for name in names):
            assert time.monotonic() < until
        pids = {name: int((tmp_path / name).read_text()) for name in names}
        yield pids
        os.killpg(process.pid, signal.SIGKILL)
        os.killpg(pids["gemini"], signal.SIGKILL)


def above(pid):
    """The agents above a process that this test has started; it may itself run below one."""
    identity, ours = (pid, psutil.Process(pid).create_time()), {one.pid for one in psutil.Process().parents()}
    return [one for one, _ in ancestry.agents_above(*identity) if one not in ours]


def test_the_agents_above_a_process_are_found_through_shells(family):
    assert above(family["codex"]) == [family["claude"]]
    assert above(family["claude"]) == []


def test_what_was_started_and_left_alone_has_nobody_above_it(family):
    assert above(family["gemini"]) == []


def test_another_process_of_the_same_pid_has_no_answer(family):
    assert ancestry.agents_above(family["codex"], time.time() - 1000) == ()
    assert ancestry.agents_above(2**22 + 1, time.time()) == ()


@pytest.mark.tmux
@pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not on the PATH")
def test_what_runs_in_a_pane_is_nobodys_even_where_an_agent_started_tmux(tmp_path):
    name = f"aimon-{os.getpid()}"
    pane = f"exec -a codex bash -c 'echo $$ > {tmp_path}/new; mv {tmp_path}/new {tmp_path}/pid; sleep 60; true'"
    (tmp_path / "pane.sh").write_text(pane)
    opens = f"tmux -L {name} -f /dev/null new-session -d bash {tmp_path}/pane.sh; true"
    environment = {"PATH": os.environ["PATH"], "TMUX_TMPDIR": tempfile.gettempdir(), "LANG": "C.UTF-8"}
    try:
        subprocess.run(["bash", "-c", 'exec -a claude bash -c "$0"', opens], env=environment, check=True, timeout=10)
        until = time.monotonic() + 10
        while not (tmp_path / "pid").exists():
            assert time.monotonic() < until
        assert above(int((tmp_path / "pid").read_text())) == []
    finally:
        subprocess.run(["tmux", "-L", name, "kill-server"], env=environment, check=True, timeout=10)
