"""`aimon doctor`: lines, JSON and exit codes."""

import json

import pytest
from click.testing import CliRunner

from aimon_core import process
from aimon_desktop.setup import place as places
from aimon_tui.console import program
from tests.fakes.captures import Sent
from tests.fakes.program import Program
from tests.tui.test_setup_command import folder  # noqa: F401 - a fixture

FINE, BROKEN = 0, 1


def run(*arguments: str):
    return CliRunner().invoke(program, ["doctor", *arguments], prog_name="aimon")


@pytest.fixture(autouse=True)
def _nobody_listens(monkeypatch, folder):  # noqa: F811 - the fixture
    (folder / "run").mkdir(mode=0o700)
    monkeypatch.setattr(process, "port_owner", lambda port, host: None)


def test_a_line_a_check_and_what_to_do_below_it():
    done = run()
    assert done.exit_code == FINE
    assert (
        "○ claude-code  Claude Code is not connected.\n               Connect it: aimon setup claude-code\n"
        in done.stdout
    )
    assert "✓ runtime " in done.stdout
    assert "\x1b" not in done.stdout
    assert "o claude-code" in run("--ascii").stdout


def test_what_is_broken_is_an_exit_code_and_can_be_mended(folder, monkeypatch):  # noqa: F811 - the fixture
    CliRunner().invoke(program, ["setup", "--yes"])
    assert run().exit_code == FINE
    monkeypatch.setattr(places, "hook_program", lambda: b"a newer one")
    done = run("--json")
    told = json.loads(done.stdout)
    assert (done.exit_code, told["ok"]) == (BROKEN, False)
    assert {one["name"] for one in told["checks"] if one["mark"] == "broken"} == {"claude-code", "hooks"}
    assert run("--fix").exit_code == FINE
    assert json.loads(run("--json").stdout)["ok"] is True


def test_what_cannot_be_mended_stays_broken(folder):  # noqa: F811 - the fixture
    (folder / ".claude/settings.json").write_text("{")
    done = run("--fix")
    assert done.exit_code == BROKEN
    assert "× claude-code" in done.stdout
    assert "line 1" in done.stdout


def test_a_sample_is_json_on_stdout_and_words_beside_it(tmp_path):
    program = Program(tmp_path)
    payload = {"hook_event_name": "MoonRose", "session_id": "s1", "prompt": "fix the login of Mrs. Miller"}
    request = Sent(0.0, "/hooks/claude-code", "application/json", json.dumps(payload).encode())
    with program.serving() as serving:
        done = program.run("doctor", "--sample")
        assert (done.returncode, done.stdout, done.stderr) == (1, "", "Nothing came in that aimon cannot read.\n")
        assert serving.send(request) == [200]
        for arguments in ((), ("claude-code",)):
            done = program.run("doctor", "--sample", *arguments)
            (drift,) = json.loads(done.stdout)["drift"]
            assert done.returncode == 0
            assert drift["names"][0]["sample"]["prompt"] == "text(28)"
            assert "Miller" not in done.stdout
            assert "Attach it to an issue" in done.stderr
        assert program.run("doctor", "--sample", "codex").returncode == 1
        assert "Claude Code says what aimon cannot read" in program.run("doctor").stdout
        assert program.run("doctor", "--sample", "cloud-code").returncode == 2


def test_a_sample_needs_a_running_aimon(tmp_path):
    done = Program(tmp_path).run("doctor", "--sample", "--port", "9")
    assert (done.returncode, done.stdout) == (1, "")
    assert "No aimon answers at 127.0.0.1:9." in done.stderr
