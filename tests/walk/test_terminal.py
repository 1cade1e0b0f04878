"""The program in a real terminal: started, looked at, left; and what it leaves behind."""

import json
import signal
import socket
from pathlib import Path

import psutil
import pytest

from tests.fakes.captures import sent
from tests.fakes.pane import needs_tmux, pane
from tests.fakes.program import AIMON, Program
from tests.fakes.transcripts import asked_tool, user

pytestmark = [needs_tmux, pytest.mark.tmux]


@pytest.fixture
def program(tmp_path) -> Program:
    return Program(tmp_path)


def folders(program: Program) -> list[Path]:
    return [path for path in (program.folder / "tmp").iterdir() if path.name.startswith("aimon")]


@pytest.fixture
def environment(program) -> dict[str, str]:
    (program.folder / "tmp").mkdir()
    return program.environment | {"TMPDIR": str(program.folder / "tmp"), "TERM": "xterm-256color", "PS1": "left> "}


def test_the_demo_shows_a_fleet_and_leaves_nothing(program, environment):
    with pane(program.folder, environment, f"{AIMON} demo; echo ended $?") as terminal:
        assert "DEMO" in terminal.until("! waiting")
        assert len(folders(program)) == 1
        terminal.type("?")
        terminal.until("● works")
        terminal.type("Escape")
        terminal.until("● works", gone=True)  # at once, esc and q would be alt+q
        terminal.type("q")
        assert "sessions" not in terminal.until("ended 0")
    assert folders(program) == []
    assert not (program.folder / "state").exists()
    assert not list(program.runtime.iterdir())


def test_the_dashboard_restores_what_was_acknowledged(program, environment):
    with program.serving() as serving:
        serving.send(*sent("tui_permission")[:-3])
        serving.end()
    with pane(program.folder, environment, f"{AIMON} --port 0; echo ended $?", (80, 24)) as terminal:
        terminal.until("shop-api")
        terminal.type("q")
        terminal.until("ended 0")


def test_without_any_setting_the_dashboard_shows_what_is_written(program, environment):
    transcript = program.folder / ".claude" / "projects" / "-home-dev-shop-api" / "s1.jsonl"
    transcript.parent.mkdir(parents=True)
    transcript.write_text(json.dumps(user(1, "go")) + "\n")
    environment["AIMON_SOURCES"] = "otlp,hooks,transcripts"
    with pane(program.folder, environment, f"{AIMON} --port 0; echo ended $?") as terminal:
        terminal.until("shop-api")
        with transcript.open("a") as out:
            out.write(json.dumps(asked_tool(2, command="npm test")) + "\n")
        terminal.until("Bash: npm test")
        terminal.type("q")
        terminal.until("ended 0")


def test_an_agent_is_connected_from_the_screen_and_taken_back(program, environment):
    settings = program.folder / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text(before := '{\n  "model": "opus"\n}\n')
    with pane(program.folder, environment, f"{AIMON} --port 0; echo ended $?") as terminal:
        terminal.until("connect the agents found on this machine")
        terminal.until("○ not connected")
        terminal.type("S")
        terminal.until("+++ ~/.claude/settings.json")
        terminal.type("Enter")
        terminal.until("Claude Code is set up")
        endpoint = json.loads(settings.read_text())["env"]["OTEL_EXPORTER_OTLP_ENDPOINT"]
        assert endpoint.removeprefix("http://") in terminal.until("1 of 1 connected")
        terminal.type("u")
        terminal.until("is what it was")
        assert settings.read_text() == before
        terminal.type("Escape")
        assert "○ not connected" in terminal.until("they send to", gone=True)
        terminal.type("q")
        terminal.until("ended 0")


def test_a_taken_port_is_named_on_the_screen(program, environment):
    with socket.create_server(("127.0.0.1", 0)) as owner:
        port = owner.getsockname()[1]
        with pane(program.folder, environment, f"{AIMON} --port {port}; echo ended $?") as terminal:
            terminal.until(f"× :{port} taken")
            terminal.until("(pid ")
            terminal.type("q")
            terminal.until("ended 0")


def test_a_terminal_that_is_closed_ends_the_demo_and_its_folders(program, environment):
    with pane(program.folder, environment, f"exec {AIMON} demo") as terminal:
        terminal.until("working")
        (demo,) = [
            process
            for process in psutil.process_iter(["cmdline", "environ"])
            if (process.info["environ"] or {}).get("HOME") == str(program.folder) and "demo" in process.info["cmdline"]
        ]
        demo.send_signal(signal.SIGHUP)
        demo.wait(20)
    assert folders(program) == []
