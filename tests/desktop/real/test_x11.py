"""Terminals on X11: the right window and the right tab, raised from another workspace."""

import pytest

from aimon_desktop.terminals import focus, locate
from tests.desktop.real.displays import x11
from tests.desktop.real.programs import needs

pytestmark = [pytest.mark.desktop, needs("Xvfb", "i3", "wmctrl")]

TERMINALS = {
    "xterm": ("xterm", "-e"),
    "alacritty": ("alacritty", "-e"),
    "kitty": ("kitty", "--config", "NONE"),
    "konsole": ("konsole", "--separate", "-e"),
}


@pytest.fixture(scope="module")
def display():
    with x11() as display:
        yield display


@pytest.mark.parametrize("desktop", ["i3", "X11"])
@pytest.mark.parametrize("name", [pytest.param(name, marks=needs(name)) for name in TERMINALS])
async def test_the_window_of_a_terminal_is_raised(display, name, desktop):
    unset = ("env", "-u", "I3SOCK") if desktop == "X11" else ()
    one = display.open(f"{name}-{desktop}", *unset, *TERMINALS[name])
    display.leave()
    print(await locate(one.target))
    outcome = await focus(one.target, display.desk.outside())
    assert one.comes()
    assert outcome.ok, outcome
