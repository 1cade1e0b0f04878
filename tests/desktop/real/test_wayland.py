"""Terminals on sway: one process with several windows, and the right one of them."""

import pytest

from aimon_desktop.terminals import focus, locate
from tests.desktop.real.displays import wayland
from tests.desktop.real.programs import needs

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


@pytest.mark.parametrize("name", [pytest.param(name, marks=needs(name)) for name in TERMINALS])
async def test_the_window_of_a_terminal_is_raised(display, name):
    one = display.open(name, *TERMINALS[name])
    display.leave()
    print(await locate(one.target))
    outcome = await focus(one.target, display.desk.outside())
    assert one.comes()
    assert outcome.ok, outcome
