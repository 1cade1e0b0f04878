"""`aimon setup`: what is shown, asked and written, and with which exit code."""

import json
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from aimon_desktop.setup import opencode
from aimon_desktop.setup import place as places
from aimon_tui.console import program
from aimon_tui.console import setup as console
from tests.fakes.homes import PLUGIN, PROGRAM, tree

SETTINGS = ".claude/settings.json"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A home with Claude Code in it."""
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("AIMON_RUNTIME_DIR", str(tmp_path / "run"))
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME", "AIMON_PORT", "OTLP_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(places, "hook_program", lambda: PROGRAM)
    monkeypatch.setattr(opencode, "plugin", lambda: PLUGIN)
    (tmp_path / ".claude").mkdir()
    (tmp_path / SETTINGS).write_text('{\n  "model": "opus"\n}\n')
    return tmp_path


def run(*arguments: str, **given):
    return CliRunner().invoke(program, ["setup", *arguments], prog_name="aimon", **given)


def on_terminal(monkeypatch):
    monkeypatch.setattr(console, "sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))


def test_without_a_terminal_it_shows_and_writes_nothing(folder):
    before = tree(folder)
    done = run()
    assert done.exit_code == 1
    assert done.stdout.startswith("--- ~/.claude/settings.json\n+++ ~/.claude/settings.json\n")
    assert '+    "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318",' in done.stdout
    assert "\x1b" not in done.stdout
    assert done.stderr == (
        "Claude Code  ○ not connected\n"
        "  Copies hook_program.py and statusline_program.py to ~/data/aimon, which agents call.\n"
        "Nothing was written. --yes writes it.\n"
    )
    assert tree(folder) == before


def test_yes_writes_and_a_second_time_there_is_nothing_to_do(folder):
    assert run("--yes", "--port", "5318").exit_code == 0
    told = json.loads((folder / SETTINGS).read_text())
    assert (told["model"], told["env"]["OTEL_EXPORTER_OTLP_ENDPOINT"]) == ("opus", "http://127.0.0.1:5318")
    again = run("--port", "5318")
    assert (again.exit_code, again.stdout, again.stderr) == (0, "", "Claude Code  ✓ connected\n")
    assert run("--port", "5318", "--ascii").stderr == "Claude Code  + connected\n"


@pytest.mark.parametrize(("answer", "exit_code"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
def test_on_a_terminal_it_asks_and_no_is_the_usual_answer(folder, monkeypatch, answer, exit_code):
    on_terminal(monkeypatch)
    done = run(input=answer)
    assert "Write this? [y/N]" in done.stderr
    assert done.exit_code == exit_code
    assert ("hooks" in json.loads((folder / SETTINGS).read_text())) is (exit_code == 0)


def test_undo_finds_what_was_set_up_and_gives_it_back(folder):
    before = tree(folder)
    run("--yes")
    (folder / "config").mkdir()
    done = run("--undo")
    assert (done.exit_code, done.stderr) == (0, "Claude Code: ~/.claude/settings.json is what it was.\n")
    assert tree(folder).items() >= before.items()
    assert "~" not in run("--undo").stderr
    assert run("--undo").stderr == "Nothing is set up.\n"
    assert run("codex", "--undo").stderr == "Codex: There is nothing of aimon's to undo.\n"


def test_show_prints_what_to_put_in_elsewhere_and_writes_nothing(folder):
    before = tree(folder)
    done = run("codex", "--show")
    assert done.exit_code == 0
    assert done.stdout.startswith("# ~/.codex/config.toml\n[otel]\n")
    assert "# ~/.codex/hooks.json\n{" in done.stdout
    assert "/hooks" in done.stderr
    assert tree(folder) == before


def test_one_broken_file_does_not_hold_up_the_others(folder):
    (folder / ".gemini").mkdir()
    (folder / SETTINGS).write_text('{\n  "a": 1,\n}\n')
    done = run("--yes")
    assert done.exit_code == 1
    assert "settings.json, line 3: " in done.stderr
    assert (folder / SETTINGS).read_text() == '{\n  "a": 1,\n}\n'
    assert "hooks" in json.loads((folder / ".gemini/settings.json").read_text())


def test_what_a_person_set_otherwise_is_said(folder):
    (folder / SETTINGS).write_text('{"env": {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://x\\u001b[31m.example"}}')
    done = run("--yes")
    assert "Left as you set it, telemetry: env.OTEL_EXPORTER_OTLP_ENDPOINT is https://x.example." in done.stderr
    assert "--force" in done.stderr
    assert run("--yes", "--force").exit_code == 0
    assert "127.0.0.1:4318" in (folder / SETTINGS).read_text()


def test_a_read_only_file_is_a_line_and_an_exit_code(folder):
    (folder / SETTINGS).chmod(0o444)
    done = run("--yes")
    assert done.exit_code == 1
    assert "is read-only. Something else writes it; `aimon setup --show` prints what to put in." in done.stderr


def test_nobody_there_and_nobody_known(folder):
    (folder / SETTINGS).unlink()
    (folder / ".claude").rmdir()
    assert [run(word).exit_code for word in ("--yes", "--show")] == [1, 1]
    assert "No agent was found on this machine." in run().stderr
    assert run("claud").exit_code == 2


def test_the_difference_has_colours_where_they_are_seen(folder):
    assert "\x1b[32m+" in run(color=True).stdout


def test_the_service_is_set_up_by_its_name(folder, monkeypatch):
    done = run("service")
    assert done.exit_code == 1
    assert "+++ ~/config/systemd/user/aimon.service" in done.stdout
    assert "aimon as a service  ○ not connected" in done.stderr
