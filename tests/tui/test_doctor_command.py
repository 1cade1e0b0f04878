"""`aimon doctor`: lines, JSON and exit codes."""

import json

import pytest
from click.testing import CliRunner

from aimon_core import process
from aimon_desktop.setup import place as places
from aimon_tui.console import program
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
