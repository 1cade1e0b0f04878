"""GNU screen: its windows, shown in a terminal or nowhere."""

import shlex
import subprocess

import psutil
import pytest

from aimon_desktop.terminals import focus, locate
from tests.desktop.real.programs import needs
from tests.fakes.tmux import needs_tmux, target, until

pytestmark = [pytest.mark.desktop, needs("screen")]


class Screen:
    """A session of screen with two windows."""

    def __init__(self, desk):
        self.desk = desk
        self.environment = {"SCREENDIR": str(desk.folder / "screens")}
        self.placed = [f"{key}={value}" for key, value in self.environment.items()]
        (desk.folder / "screens").mkdir(mode=0o700)
        (desk.folder / "rc").write_text("startup_message off\n")
        desk.start(
            "screen", "-c", f"{desk.folder}/rc", "-DmS", "ai", "sh", "-c", self._noting("zero"), **self.environment
        )
        self.zero = target(desk.note("zero"))
        self.name = psutil.Process(self.zero.pid).environ()["STY"]
        self("screen", "sh", "-c", self._noting("one"))
        self.one = target(desk.note("one"))

    def __call__(self, *command):
        self._run("-X", *command)

    def shown(self):
        """The number of the window that is shown."""
        return self._run("-Q", "number").split()[0]

    def _run(self, *words):
        command, environ = ["screen", "-S", self.name, *words], self.desk.environment | self.environment
        done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=10)
        assert done.returncode == 0, done
        return done.stdout

    def _noting(self, name):
        return f"echo $$ > {self.desk.folder}/{name}; exec sleep 600"


@pytest.fixture
def screen(desk):
    screen = Screen(desk)
    yield screen
    screen("quit")


def attached(screen, *words):
    """A terminal that shows it, once it does."""
    screen.desk.terminal("env", *screen.placed, "screen", *words)
    until(lambda: "ttached)" in screen._run("-ls") and "(Detached)" not in screen._run("-ls"))


async def test_a_window_of_an_attached_screen_is_selected(desk, screen):
    attached(screen, "-x", screen.name)
    for session, number in ((screen.zero, "0"), (screen.one, "1"), (screen.zero, "0")):
        outcome = await focus(session, desk.outside())
        assert (outcome.ok, outcome.line) == (True, f"Selected screen {number}.")
        assert until(lambda number=number: screen.shown() == number)


async def test_a_detached_screen_gives_a_command_that_shows_its_window(desk, screen, monkeypatch):
    monkeypatch.setenv("SCREENDIR", screen.environment["SCREENDIR"])
    outcome = await focus(screen.zero, desk.outside())
    assert (outcome.ok, outcome.attaches) == (False, True)
    assert outcome.line == "No terminal is known to show screen 0."
    attached(screen, *shlex.split(outcome.command)[1:])
    assert until(lambda: screen.shown() == "0")


@pytest.mark.tmux
@needs_tmux
async def test_screen_in_tmux_is_two_hops(desk, screen):
    tmux = desk.server()
    tmux.session("first")
    pane = tmux.window("first", "env", *screen.placed, "screen", "-x", screen.name)  # fmt: skip
    tty = tmux.attach("first")
    until(lambda: "(Detached)" not in screen._run("-ls"))
    assert [str(hop) for hop in await locate(screen.one)] == ["screen 1", f"tmux {pane.id}"]
    assert (await focus(screen.zero, desk.outside())).ok
    assert (screen.shown(), tmux.shows(tty)) == ("0", pane.id)
