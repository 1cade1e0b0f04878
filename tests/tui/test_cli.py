"""The command line: help, settings, exit codes, and what goes to which stream."""

import json
import sys
from datetime import UTC, datetime

import click
import pytest
from click.testing import CliRunner

from aimon_tui import cli, console
from aimon_tui.console import program
from aimon_tui.console.sessions import table
from tests.fakes.captures import ROOT, expected
from tests.fakes.told import NOW_NS, told

CAPTURES = ROOT / "claude-code"


@pytest.fixture
def run(tmp_path, monkeypatch):
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("AIMON_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.delenv("AIMON_PORT", raising=False)
    monkeypatch.delenv("OTLP_PORT", raising=False)

    def run(*arguments: str):
        return CliRunner().invoke(program, arguments, prog_name="aimon")

    return run


def commands(group: click.Group = program, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Every command as the words that call it."""
    found = []
    with click.Context(group) as context:
        for name in group.list_commands(context):
            command = group.get_command(context, name)
            deeper = isinstance(command, click.Group)
            found += commands(command, (*path, name)) if deeper else [(*path, name)]
    return found


@pytest.mark.parametrize("words", [(), *commands()], ids=" ".join)
def test_every_command_has_help_with_an_example(run, words):
    done = run(*words, "--help")
    assert done.exit_code == 0
    assert f"Example:  aimon {' '.join(words)}".rstrip() in done.output
    assert "\b" not in done.output


def test_the_help_names_every_command_in_a_line_that_fits(run):
    listed = run("--help").output.partition("Commands:")[2]
    assert [line.split()[0] for line in listed.strip().splitlines()] == list(console._COMMANDS)
    assert "..." not in listed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("serv",), "No such command 'serv'"),
        (("serve", "--prot", "1"), "No such option"),
        (("replay",), "Missing argument"),
        (("replay", "nowhere", "--json"), "nowhere is no recording"),
        (("--port", "70000", "config", "show"), "--port: port = 70000 is not understood"),
        (("config", "show", "--config", "."), "cannot be read"),
        (("stream", "--full", "--format", "eww"), "Leave --full or --format out."),
        (("status", "--format", "polybar"), "'polybar' is not one of"),
    ],
)
def test_what_is_not_understood_exits_with_2_and_words_on_stderr(run, words, said):
    done = run(*words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_settings_are_shown_with_their_sources(run, tmp_path, monkeypatch):
    (tmp_path / "config" / "aimon").mkdir(parents=True)
    file = tmp_path / "config" / "aimon" / "config.toml"
    file.write_text('theme = "nord"\nallow_host = ["a", "b"]\n')
    monkeypatch.setenv("AIMON_PERSIST", "false")
    done = run("--port", "1", "config", "show", "--port", "2", "--ascii")
    rows = {line.split()[0]: line.split(maxsplit=1)[1] for line in done.stdout.splitlines()}
    assert rows["theme"].split() == ['"nord"', str(file)]
    assert rows["persist"].split() == ["false", "AIMON_PERSIST"]
    assert rows["port"].split() == ["2", "--port"]
    assert rows["ascii"].split() == ["true", "--ascii"]
    assert rows["state_dir"].split() == ["—", "default"]
    assert rows["allow_host"].startswith('["a", "b"]')


def test_another_file_can_be_named(run, tmp_path):
    (tmp_path / "mine.toml").write_text("prot = 1")
    done = run("config", "show", "--config", str(tmp_path / "mine.toml"))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"{tmp_path}/mine.toml: there is no setting 'prot'. Did you mean 'port'?\n"


def test_a_replay_gives_the_figures_of_the_capture(run):
    name = "print_subagents2"
    document = json.loads(run("replay", str(CAPTURES / name), "--json").stdout)
    totals, truth = document["totals"], expected(name)["totals"]
    assert (totals["llm_calls"], totals["cost_usd"]) == (truth["llm_calls"], truth["cost_usd_reported"])
    assert {part: totals["tokens"][part] for part in ("input", "cache_read", "cache_write", "output")} == {
        part: truth["tokens"][part] for part in ("input", "cache_read", "cache_write", "output")
    }


def test_several_recordings_meet_in_one_ledger(run):
    folders = [str(CAPTURES / name) for name in ("print_hello", "tui_permission")]
    document = json.loads(run("replay", *folders, "--json").stdout)
    assert len(document["sessions"]) == 2
    singly = [json.loads(run("replay", folder, "--json").stdout)["totals"]["llm_calls"] for folder in folders]
    assert document["totals"]["llm_calls"] == sum(singly)


def test_the_list_says_waiting_for_what_and_never_zero_for_unknown():
    from aimon_core.session import Cost, Tokens

    rows = [
        told("a", "waiting", age_s=42, waiting_for="permission", tokens=Tokens(input=12_345), model="opus"),
        told("b", "idle", name="x\x1b[31m\u202e", cost=Cost(None, basis="unknown")),
    ]
    now = datetime.fromtimestamp(NOW_NS / 1e9, UTC)
    text = table({"sessions": rows}, now)
    assert text.splitlines()[1].split() == "waiting for permission 0:42 claude-code shop opus 12.3k $0.01".split()
    assert "unpriced" in text
    assert not set(text) & {"\x1b", "\u202e"}
    assert table({"sessions": []}, now) == "No sessions."


@pytest.mark.parametrize(
    ("arguments", "loads"), [(["status"], False), (["status", "--short"], False), (["status", "--help"], True)]
)
def test_the_plain_status_line_never_loads_the_other_commands(monkeypatch, tmp_path, arguments, loads):
    monkeypatch.setenv("AIMON_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["aimon", *arguments])
    called = []
    monkeypatch.setattr(program, "main", lambda prog_name: called.append(prog_name) or sys.exit(0))
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert (ended.value.code, called) == ((0, ["aimon"]) if loads else (1, []))


def test_status_with_options_of_the_program_asks_the_same_file(run):
    done = run("--port", "1", "status", "--short")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "No aimon is running" in done.stderr
