"""The whole way with the real program: two agents in two windows of one foot, aimon's door, and `aimon focus`."""

import http.client
import json
import socket
import sys
import time

import pytest

from tests.desktop.real.displays import wayland
from tests.desktop.real.programs import needs
from tests.fakes.agent import SPEAKS
from tests.fakes.door import requests
from tests.fakes.program import AIMON, Program
from tests.fakes.tmux import until

pytestmark = [pytest.mark.desktop, needs("sway", "foot", "footclient")]

MORNING_S = 1_795_226_400
"""When the tests' own sessions begin."""


class Aimon:
    """A real `aimon serve` on a screen, and agents that speak to it."""

    def __init__(self, display):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.display = display
        self.program = Program(display.folder)
        self.program.environment |= {"AIMON_PORT": str(self.port)} | display.environment
        display.start(AIMON, "serve", **self.program.environment)
        until(lambda: self.asked("/health"))

    def asked(self, path):
        """The document at a path, once the door answers."""
        door = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            door.request("GET", path)
            answer = door.getresponse()
            return json.loads(answer.read()) if answer.status == 200 else None
        except OSError:
            return None
        finally:
            door.close()

    def agent(self, session_id, *terminal):
        """A program in a window of its own that exports protobuf, once aimon knows its terminal."""
        script, told = self.display.folder / "claude", self.display.folder / f"{session_id}.told"
        script.write_text(f"{SPEAKS}\nimport time; time.sleep(600)")
        body = requests(1, session_id, after_s=int(time.time()) - MORNING_S - 5)
        told.write_text(f"/v1/logs application/x-protobuf {body.hex()}\n")
        shown = self.display.open(session_id, *terminal, running=f"{sys.executable} {script} {self.port} < {told}")
        until(lambda: self.knows(session_id))
        return shown

    def knows(self, session_id):
        """Whether a session's terminal is known."""
        told = self.asked(f"/api/v1/sessions/claude-code:{session_id}")
        return told is not None and told["session"]["terminal"]

    def focus(self, session_id, **environment):
        """What `aimon focus` says, and whether it went."""
        done = self.program.run("focus", f"claude-code:{session_id}", **environment)
        return done.returncode, done.stdout + done.stderr


@pytest.fixture
def aimon():
    with wayland() as display:
        yield Aimon(display)


def test_from_an_agent_over_the_door_to_its_own_window(aimon):
    place = aimon.display.folder / "foot.sock"
    aimon.display.start("foot", "-c", "/dev/null", f"--server={place}")
    until(place.exists)
    client = ("footclient", f"--server-socket={place}")
    agents = {name: aimon.agent(name, *client) for name in ("one", "two")}
    for name in ("one", "two", "one"):
        aimon.display.leave()
        assert aimon.focus(name) == (0, "Selected foot.\n")
        assert agents[name].comes()
    aimon.display.leave()
    status, said = aimon.focus("two", AIMON_TITLE_BEACON="false")
    assert (status, aimon.display.focused()) == (1, None)
    assert "several windows" in said
