"""The aimon that others show is killed under load: one of them has its doors within two seconds, and its books."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from aimon_desktop import hook_program
from tests.fakes.program import AIMON, Program
from tests.fakes.sender import Sender
from tests.fakes.tmux import desk as desk_of_its_own
from tests.fakes.tmux import needs_tmux, until

pytestmark = [pytest.mark.tmux, needs_tmux, pytest.mark.slow]

PROMPT = {"session_id": "hooked", "hook_event_name": "UserPromptSubmit", "prompt": "hello", "cwd": "/srv/shop"}


class Scene:
    """An `aimon serve`, and screens that look at it, each in a tmux session."""

    def __init__(self, desk) -> None:
        self.desk, self.program, self.main = desk, Program(desk.folder), desk.server()
        with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
            self.port, self.grpc_port = one.getsockname()[1], two.getsockname()[1]
        self.environment = self.program.environment | {
            "AIMON_PORT": str(self.port), "AIMON_GRPC_PORT": str(self.grpc_port), "TERM": "xterm-256color",
        }  # fmt: skip
        self.main.session("shell")
        for name, value in self.environment.items():
            self.main("set-environment", "-g", name, value)

    def screen(self):
        """Another screen, once it shows the running aimon; wide, or many dollars would push `via` out of its header."""
        pane = self.main._pane("new-session", "-d", "-x", "160", "-y", "40", command=(AIMON,))
        try:
            until(lambda: f"via 127.0.0.1:{self.port}" in self.text(pane))
        except AssertionError:
            raise AssertionError(ascii(self.text(pane))) from None
        return pane

    def text(self, pane) -> str:
        return self.main("capture-pane", "-p", "-t", pane.id)

    def processes(self, pane) -> list[int]:
        """Those of a pane: tmux may start a shell before the program."""
        return [pane.pid, *(one.pid for one in psutil.Process(pane.pid).children(recursive=True))]

    def ask(self, path: str):
        """The document of an answer; None where nobody answers."""
        door = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            door.request("GET", path)
            return json.loads(door.getresponse().read())
        except (OSError, http.client.HTTPException):
            return None
        finally:
            door.close()

    def owner(self) -> int | None:
        return (self.ask("/health") or {}).get("pid")

    def hook(self) -> None:
        """What an agent's hook does, which must not fail whoever listens."""
        command = [sys.executable, "-S", "-E", hook_program.__file__, "claude-code"]
        subprocess.run(command, input=json.dumps(PROMPT).encode(), env=self.environment, check=True, timeout=10)

    def told_on_the_socket(self) -> bool:
        """Whether whoever reads events.sock is told of the sessions."""
        with socket.socket(socket.AF_UNIX) as ear:
            ear.settimeout(5)
            try:
                ear.connect(str(Path(self.program.runtime) / "aimon" / "events.sock"))
                return "s1" in [one["session_id"] for one in json.loads(ear.makefile().readline())["sessions"]]
            except (OSError, ValueError):
                return False

    def calls(self) -> int:
        document = self.ask("/api/v1/sessions?all=1") or {"sessions": []}
        return sum(one["llm_calls"] for one in document["sessions"])


@pytest.fixture
def scene():
    with desk_of_its_own() as desk:
        yield Scene(desk)


def opens(port: int) -> bool:
    with socket.socket() as door:
        return door.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_one_screen_takes_over_and_nothing_is_lost_or_told_twice(scene, how):
    with subprocess.Popen([AIMON, "serve"], env=scene.environment, stdout=subprocess.DEVNULL) as first:
        until(lambda: scene.owner() == first.pid)
        sender = Sender(scene.port)
        try:
            screens = [scene.screen() for _ in range(3)]
            for screen in screens:
                until(lambda screen=screen: "opus" in scene.text(screen))
            until(lambda: sender.acknowledged > 50)
            first.send_signal(how)
            scene.hook() if how == signal.SIGKILL else first.wait(10)
            heir = until(lambda: (pid := scene.owner()) != first.pid and pid)
            owning = next(screen for screen in screens if heir in scene.processes(screen))
            until(lambda: sum("took over" in scene.text(screen) for screen in screens) == 1)
            assert f"took over 127.0.0.1:{scene.port}" in scene.text(owning)
            many = sender.acknowledged + 20
            until(lambda: sender.acknowledged > many)
        finally:
            sent = sender.end()
            first.kill()
    assert sender.failures > 0 or how == signal.SIGTERM, "a clean hand-over may be over before the next request"
    until(lambda: scene.calls() >= sent)
    assert scene.calls() == sent
    tokens = scene.ask("/api/v1/sessions/claude-code:s1")["session"]["tokens"]
    assert (tokens["input"], tokens["output"]) == (3 * sent, 2 * sent)
    if how == signal.SIGKILL:
        until(lambda: "session" in scene.ask("/api/v1/sessions/claude-code:hooked"))
    until(lambda: opens(scene.grpc_port))
    assert (Path(scene.program.runtime) / "aimon" / "hooks.sock").exists()
    until(scene.told_on_the_socket)
    until(lambda: json.loads(scene.program.run("status", "--format", "eww").stdout or "{}").get("working"))
    screens.remove(owning)
    assert all(f"via 127.0.0.1:{scene.port}" in scene.text(screen).splitlines()[0] for screen in screens)
    os.kill(heir, signal.SIGKILL)  # and again: those that attached to the heir are its heirs
    second = until(lambda: (pid := scene.owner()) != heir and pid)
    assert any(second in scene.processes(screen) for screen in screens)
    until(lambda: scene.calls() >= sent)
    assert scene.calls() == sent


def test_a_second_service_refuses(scene):
    with subprocess.Popen([AIMON, "serve"], env=scene.environment, stdout=subprocess.DEVNULL) as first:
        try:
            until(lambda: scene.owner() == first.pid)
            told = subprocess.run([AIMON, "serve"], env=scene.environment, capture_output=True, text=True, timeout=20)
            assert told.returncode != 0
            assert f"Port {scene.port} is taken by" in told.stderr
            assert scene.owner() == first.pid
        finally:
            first.kill()
