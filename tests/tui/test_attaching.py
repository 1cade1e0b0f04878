"""`f` to what no terminal shows: aimon's own terminal shows it until it is left, and aimon after that."""

import pytest

from aimon_desktop.terminals import Outcome
from tests.fakes.tmux import desk as desk_of_its_own
from tests.fakes.tmux import needs_tmux, until
from tests.tui.screen import SHOP, WIDE, Played
from tests.tui.test_focusing import press
from tests.tui.test_pty import TRUECOLOR, Terminal

pytestmark = [pytest.mark.tmux, needs_tmux]

LEAVE = b"\x02d"
"""Ctrl-b d."""


@pytest.fixture
def tmux():
    with desk_of_its_own() as desk:
        tmux = desk.server()
        tmux.session("work", "sh", "-c", "echo here-it-is; exec sleep 600")
        yield tmux


@pytest.fixture
def aimon(tmp_path):
    """What starts aimon in a terminal of its own, given the command that shows its sessions."""
    started = []

    def start(command):
        started.append(Terminal("attach", tmp_path, TRUECOLOR | {"SHOWS": command}, WIDE))
        started[-1].until(b"shop")
        return started[-1]

    yield start
    for one in started:
        one.close()


def test_a_detached_session_is_shown_here_until_it_is_left(tmux, aimon):
    terminal = aimon(f"tmux -S {tmux.socket} attach -t work")
    for _ in range(2):
        terminal.press(b"f", b"here-it-is")
        assert len(tmux.clients()) == 1
        terminal.press(LEAVE, b"shop")
        assert until(lambda: not tmux.clients())
    terminal.leave()


@pytest.mark.parametrize("command", ["false", "/nowhere/tmux attach"])
def test_what_cannot_be_shown_so_is_said_with_the_command(aimon, command):
    terminal = aimon(command)
    terminal.press(b"f", b"Cannot")
    terminal.leave()


async def test_a_screen_that_has_no_terminal_says_so_too(at_once):
    app = Played()
    app.still.missing[SHOP] = Outcome(ok=False, line="No terminal shows it.", command="tmux attach", attaches=True)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await press(app, pilot, "f")
        (toast,) = app._notifications
        assert toast.message.endswith("no terminal shows it. y copies a command that shows it.")
