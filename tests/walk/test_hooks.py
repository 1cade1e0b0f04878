"""An agent, its hook program and a running aimon: what a hook says is in the ledger, with the process that said it."""

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from aimon_core.clock import SystemClock
from aimon_core.config import Settings
from aimon_core.journal import Journal
from aimon_desktop import hook_program
from aimon_tui.runtime import Runtime

WAIT_S = 15.0
PYTHON = str(Path(sys.executable).resolve())
PROMPT = {
    "session_id": "s1",
    "hook_event_name": "UserPromptSubmit",
    "prompt": "sk-ant-api03-secret",
    "cwd": "/srv/shop",
}
KEY = "claude-code:s1"


class Witness:
    """A hand that remembers."""

    def __init__(self):
        self.moves = []

    def moved(self, transitions):
        self.moves += [transition.after for transition in transitions]

    def frame(self, changed):
        pass

    async def close(self):
        pass


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "run").mkdir(mode=0o700)
    return tmp_path


def runtime_in(folder, **settings):
    settings = Settings(port=0, state_dir=str(folder / "state"), **settings)
    return Runtime(settings, SystemClock(), runtime_folder=str(folder / "run"))


def agent(folder, *payloads):
    """A process that looks like Claude Code and runs a hook for each payload, as `aimon setup` writes them."""
    hook = f"[ -f '{hook_program.__file__}' ] && exec '{PYTHON}' -S -E '{hook_program.__file__}' claude-code || exit 0"
    code = (
        "import json, subprocess, sys\n"
        "for payload in json.loads(sys.argv[1]):\n"
        "    subprocess.run(['/bin/sh', '-c', sys.argv[2]], input=json.dumps(payload).encode(), check=True)\n"
        "sys.stdout.write('.')\n"
        "sys.stdout.flush()\n"
        "sys.stdin.read()\n"
    )
    return subprocess.Popen(
        ["/bin/bash", "-c", 'exec -a claude "$@"', "-", PYTHON, "-c", code, json.dumps(payloads), hook],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={"AIMON_RUNTIME_DIR": str(folder / "run"), "AIMON_STATE_DIR": str(folder / "state"), "AIMON_PORT": "1"},
    )


async def has_spoken(process):
    assert await asyncio.wait_for(asyncio.to_thread(process.stdout.read, 1), WAIT_S) == b"."


async def until(condition):
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def test_a_hook_brings_its_session_and_its_process(folder):
    runtime = runtime_in(folder)
    await runtime.start(frame_s=3600)
    with agent(folder, PROMPT) as process:
        await has_spoken(process)
        session = runtime.get(KEY)
        assert (session.state, session.cwd, session.pid) == ("working", "/srv/shop", process.pid)
        journal = Journal.read_only(runtime.state_dir / "journal.db")
        kept = [json.loads(one.body) for one in journal.deliveries()]
        journal.close()
        assert [one["aimon"][:2] for one in kept] == [[process.pid, psutil.Process(process.pid).create_time()]]
        assert "secret" not in json.dumps(kept)
        process.stdin.close()
    await runtime.stop()


async def test_a_restart_knows_the_process_again(folder):
    first = runtime_in(folder)
    await first.start(frame_s=3600)
    with agent(folder, PROMPT) as process:
        await has_spoken(process)
        process.stdin.close()
    await first.stop()
    second = runtime_in(folder)
    await second.start(frame_s=3600)
    await asyncio.wait_for(second.restored.wait(), WAIT_S)
    assert second.get(KEY).pid == process.pid
    await second.stop()


async def test_what_was_said_while_nobody_listened_is_heard_later(folder):
    with agent(folder, PROMPT, {**PROMPT, "hook_event_name": "Stop"}) as process:
        await has_spoken(process)
        began = psutil.Process(process.pid).create_time()
        runtime, witness = runtime_in(folder), Witness()
        runtime.hands.append(witness)
        await runtime.start(frame_s=3600)
        await until(lambda: not list((folder / "state" / "spool").iterdir()))
        session = runtime.get(KEY)
        assert (session.state, session.turns, session.pid) == ("completed", 1, process.pid)
        assert session.started_at_ns >= began * 1e9 - 1e9
        assert witness.moves == ["working", "completed"]
        process.stdin.close()
    await runtime.stop()


async def test_nobody_is_told_of_what_passed_long_ago(folder):
    spool = folder / "state" / "spool"
    (folder / "state").mkdir(mode=0o700)
    at_ns = time.time_ns() - 3600 * 10**9
    hook_program.spool(str(spool), at_ns, hook_program.request("claude-code", at_ns, json.dumps(PROMPT).encode()))
    runtime, witness = runtime_in(folder, persist=False), Witness()
    runtime.hands.append(witness)
    await runtime.start(frame_s=3600)
    await until(lambda: not list(spool.iterdir()))
    assert runtime.get(KEY).started_at_ns == at_ns
    assert witness.moves == []
    await runtime.stop()


async def test_a_runtime_that_stops_leaves_no_socket_and_one_that_has_none_still_runs(folder):
    first, second = runtime_in(folder), runtime_in(folder)
    await first.start(frame_s=3600)
    await second.start(frame_s=3600)
    assert (folder / "run" / "hooks.sock").is_socket()
    await second.stop()
    assert (folder / "run" / "hooks.sock").is_socket()
    await first.stop()
    assert not (folder / "run" / "hooks.sock").exists()
