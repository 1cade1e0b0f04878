"""From an agent in a pane over the real door to a key of the dashboard that brings the pane to the front."""

import http.client
import json
import shlex
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.contract.house import ROOT
from tests.fakes.agent import SPEAKS
from tests.fakes.door import requests
from tests.fakes.program import AIMON, Program
from tests.fakes.tmux import desk as desk_of_its_own
from tests.fakes.tmux import needs_tmux, until

pytestmark = [
    pytest.mark.tmux,
    needs_tmux,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells who is at the other end"),
]

ASKS = {"hook_event_name": "PermissionRequest", "tool_name": "Bash", "tool_input": {"command": "make"}}

PREFIX = "\x02"
BINDINGS = (ROOT / "README.md").read_text("utf-8").partition("```tmux\n")[2].partition("```")[0]
"""The keys of tmux that the README proposes."""

POST = """
import http.client, json, sys
door = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
door.request("POST", f"/api/v1/sessions/claude-code:{sys.argv[2]}/focus")
answer = door.getresponse()
open(sys.argv[3], "w").write(json.dumps([answer.status, json.loads(answer.read())["line"]]))
"""


class Scene:
    """A tmux with a terminal, an aimon in one of its panes, and agents in others."""

    def __init__(self, desk) -> None:
        self.desk, self.program = desk, Program(desk.folder)
        self.main = desk.server()
        self.shell = self.main.session("shell")
        self.tty = self.main.attach("shell")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        environment = self.program.environment | {"AIMON_PORT": str(self.port), "TERM": "xterm-256color"}
        environment["PATH"] = f"{Path(AIMON).parent}:{environment['PATH']}"
        for name, value in environment.items():
            self.main("set-environment", "-g", name, value)
        (desk.folder / "keys").write_text(BINDINGS)
        self.main("source-file", str(desk.folder / "keys"))

    def until_open(self) -> None:
        """Until the dashboard's doors are open."""
        until(self.is_open)

    def is_open(self) -> bool:
        """Whether the door answers."""
        try:
            return self.ask("GET", "/health")[0] == 200
        except OSError:
            return False

    def agent(self, session_id: str, *, waits: bool = False):
        """A program called `claude` in a pane of its own that exports protobuf, and perhaps asks by a hook."""
        lines = [f"/v1/logs application/x-protobuf {requests(1, session_id, after_s=self.now_s - 5).hex()}"]
        if waits:
            asks = json.dumps(ASKS | {"session_id": session_id}).encode()
            lines.append(f"/hooks/claude-code application/json {asks.hex()}")
        script, told = self.desk.folder / "claude", self.desk.folder / f"{session_id}.told"
        script.write_text(f"{SPEAKS}\nimport time; time.sleep(600)")
        told.write_text("\n".join(lines) + "\n")
        return self.main.session(session_id, "sh", "-c", f"{sys.executable} {script} {self.port} < {told}")

    @property
    def now_s(self) -> int:
        """Seconds since the tests' own morning."""
        return int(time.time()) - 1_795_226_400

    def ask(self, method: str, path: str):
        """Status and document of an answer."""
        door = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        door.request(method, path)
        answer = door.getresponse()
        told = json.loads(answer.read())
        door.close()
        return answer.status, told

    def focus_over_http(self, session_id: str) -> tuple[int, str]:
        """Status and line of an answer to a program that was started from a key."""
        told = self.desk.folder / "told"
        self.main("run-shell", shlex.join([sys.executable, "-c", POST, str(self.port), session_id, str(told)]))
        return tuple(json.loads(told.read_text()))

    def known(self, session_id: str, state: str):
        """A session once its terminal is known, and it is in a state."""

        def known():
            status, told = self.ask("GET", f"/api/v1/sessions/claude-code:{session_id}")
            one = told["session"] if status == 200 else {}
            return one if one.get("terminal") and one["state"] == state else None

        return until(known)

    def aimons(self) -> list[int]:
        """The processes of this scene's aimon; one that has just ended has no command line any more."""
        found = []
        for one in psutil.Process(self.main.pid).children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                found += [one.pid] if AIMON in one.cmdline() else []
        return found

    def shows(self) -> str:
        return self.main.shows(self.tty)

    def press(self, keys: str) -> None:
        """Type into what the terminal shows, a popup included."""
        self.main._terminals[self.tty].press(keys.encode())


@pytest.fixture
def scene():
    with desk_of_its_own() as desk:
        yield Scene(desk)


def test_from_an_agent_in_a_pane_to_its_pane_in_front_and_back(scene):
    aimon = scene.main.window("shell", AIMON)
    scene.main("select-window", "-t", aimon.id)
    scene.until_open()
    one, two = scene.agent("s1"), scene.agent("s2", waits=True)
    assert scene.known("s1", "working")["terminal"] == {
        "chain": [f"tmux {one.id}"],
        "focusable": True,
        "confidence": "peer",
    }
    assert scene.known("s2", "waiting")["terminal"]["chain"] == [f"tmux {two.id}"]
    until(lambda: "1 waiting" in scene.main("capture-pane", "-p", "-t", aimon.id))  # a frame after the ledger

    for keys, pane in (("n", two), (f"{PREFIX}S", aimon), ("2", one), (f"{PREFIX}A", two)):
        scene.press(keys)
        until(lambda pane=pane: scene.shows() == pane.id)
    assert scene.focus_over_http("s1") == (200, f"Switched to tmux {one.id}.")
    assert scene.shows() == one.id

    scene.main("kill-session", "-t", "s1")
    status, line = scene.focus_over_http("s1")
    assert (status, line.startswith("Its process "), line.endswith(" has ended.")) == (409, True, True)


def test_a_popup_goes_to_the_pane_below_it_and_is_gone(scene):
    scene.press(f"{PREFIX}a")
    scene.until_open()
    pane = scene.agent("s1")
    scene.known("s1", "working")
    scene.press("f")
    until(lambda: scene.shows() == pane.id)
    until(lambda: not scene.is_open())
    until(lambda: not scene.aimons())
