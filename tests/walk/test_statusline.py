"""Claude Code's status line from `aimon setup` to the API: what it says is told, outlives a restart, is undone."""

import json
import subprocess
import time

import pytest

from tests.fakes.captures import ROOT, Sent
from tests.fakes.program import WAIT_S, Program

LINES = (ROOT / "claude-code-statusline.jsonl").read_bytes().splitlines()
SESSION = json.loads(LINES[3])["session_id"]
PROMPT = Sent(
    0,
    "/hooks/claude-code",
    "application/json",
    json.dumps({"session_id": SESSION, "hook_event_name": "UserPromptSubmit", "cwd": "/srv/shop"}).encode(),
)
OWN = "wc -c; exit 3"
SETTINGS = f'{{\n\t"statusLine": {{"type":"command",  "command": "{OWN}", "padding": 0}}\n}}'


@pytest.fixture
def program(tmp_path) -> Program:
    return Program(tmp_path)


def drawn(program: Program, payload: bytes) -> subprocess.CompletedProcess[bytes]:
    """What Claude Code does when it draws its status line."""
    command = json.loads((program.folder / ".claude/settings.json").read_text())["statusLine"]["command"]
    return subprocess.run(
        ["/bin/sh", "-c", command], input=payload, env=program.environment, capture_output=True, timeout=WAIT_S
    )


def told(serving) -> dict:
    return serving.ask(f"/api/v1/sessions/claude-code:{SESSION}")["session"]


def until(condition) -> None:
    deadline = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_what_the_status_line_says_is_told_and_outlives_a_restart_and_undo_is_whole(program):
    settings = program.folder / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text(SETTINGS)
    assert program.run("setup", "claude-code", "--yes").returncode == 0
    with program.serving() as serving:
        serving.send(PROMPT)
        before = told(serving)
        done = drawn(program, LINES[3])
        assert (done.returncode, done.stdout.split()) == (3, [str(len(LINES[3])).encode()])
        until(lambda: told(serving)["limits"])
        after = told(serving)
        assert after["limits"]["five_hour"] == {"used_percent": 41.0, "resets_at": "2026-11-21T12:26:51.000Z"}
        assert (after["context"], after["model"]) == ({"used": 2620, "limit": 1_000_000}, "claude-sonnet-5-5")
        assert after["cache_expires_at"] == "2026-11-21T11:26:52.000Z"
        same = ("state", "since", "last_activity_at", "cost_usd", "tokens", "evidence", "blind_spots")
        assert {name: after[name] for name in same} == {name: before[name] for name in same}
        serving.end()
    with program.serving() as serving:
        until(lambda: serving.ask("/api/v1/sessions?all=1")["sessions"])
        until(lambda: told(serving)["limits"])
        assert told(serving) == after
        serving.end()
    assert drawn(program, LINES[0]).returncode == 3  # nobody listens
    assert program.run("setup", "--undo").returncode == 0
    assert settings.read_text() == SETTINGS
    assert not (program.folder / ".local/share/aimon").exists()
