"""Terminals on sway: the right window, though one process may have several of them."""

import time

import pytest

from aimon_core import process
from aimon_desktop.terminals import focus, in_front, locate, viewers
from tests.desktop.real.displays import wayland
from tests.desktop.real.programs import needs
from tests.fakes.tmux import until

pytestmark = [pytest.mark.desktop, needs("sway")]

TERMINALS = {
    "foot": ("foot", "-c", "/dev/null"),
    "alacritty": ("alacritty", "-e"),
    "kitty": ("kitty", "--config", "NONE"),
}


@pytest.fixture(scope="module")
def display():
    with wayland() as display:
        yield display


@pytest.fixture
def clients(display, request):
    """Two windows of one foot server."""
    place = str(display.folder / f"foot-{time.monotonic_ns()}")
    display.start("foot", "-c", "/dev/null", f"--server={place}")
    until(lambda: display.desk.folder.joinpath(place).exists())
    client = ("footclient", f"--server-socket={place}")
    return [display.open(f"{request.node.name}-{number}", *client) for number in (1, 2)]


@pytest.mark.parametrize("name", [pytest.param(name, marks=needs(name)) for name in TERMINALS])
async def test_the_window_of_a_terminal_is_raised(display, name):
    one = display.open(name, *TERMINALS[name])
    display.leave()
    outcome = await focus(one.target, display.desk.outside())
    assert outcome.ok
    assert one.comes()


@needs("foot", "footclient")
async def test_of_two_windows_of_one_process_each_is_told_by_its_title(display, clients):
    one, other = clients
    assert process.facts(one.target.pid).parent == process.facts(other.target.pid).parent
    titles = [display.title(client.window) for client in clients]
    for client in (one, other, one):
        display.leave()
        outcome = await focus(client.target, display.desk.outside())
        assert (outcome.ok, outcome.line) == (True, "Selected foot.")
        assert client.comes()
    assert until(lambda: [display.title(client.window) for client in clients] == titles)


@needs("foot", "footclient")
async def test_with_the_beacon_switched_off_no_window_is_guessed(display, clients):
    display.leave()
    outcome = await focus(clients[0].target, display.desk.outside(), beacon=False)
    why = "Its terminal has several windows, and which one it is in is not known."
    assert (outcome.ok, outcome.line, display.focused()) == (False, why, None)


@needs("foot", "footclient")
async def test_to_be_looked_for_changes_no_title(display, clients):
    titles = [display.title(client.window) for client in clients]
    assert [str(hop) for hop in await locate(clients[0].target)] == ["foot", "sway window"]
    assert [display.title(client.window) for client in clients] == titles


@needs("foot", "tmux")
def test_a_pane_in_a_window_that_has_the_focus_is_before_somebody(display, desk):
    """Though tmux was never told of the focus, and no key came for long."""
    tmux = desk.server()
    tmux.session("ai")
    pane, other = tmux.window("ai"), tmux.window("ai")
    tmux("select-window", "-t", pane.id)
    display.open("tmux", *TERMINALS["foot"], running=f"tmux -S {tmux.socket} attach -t ai")
    until(tmux.clients)
    long_ago_s = time.time() + 2 * viewers.LATELY_S
    assert [viewers.watched(one.target, long_ago_s) for one in (pane, other)] == [True, False]
    display.leave()
    assert not viewers.watched(pane.target, time.time())


@needs("foot")
def test_the_desktop_says_whether_a_session_is_before_somebody(display):
    one = display.open("seen", *TERMINALS["foot"])
    long_ago_s = time.time() + 2 * viewers.LATELY_S
    assert viewers.watched(one.target, long_ago_s)
    assert in_front(one.target)
    display.leave()
    assert not viewers.watched(one.target, time.time())
    assert not in_front(one.target)
