"""WezTerm: its panes, by its own command. It does not raise its window, which the desktop is asked for."""

from functools import partial

from aimon_desktop.terminals.outside import run
from aimon_desktop.terminals.step import Boundary, Step

NAMES = ("wezterm-gui", "wezterm-mux-server")


def step(boundary: Boundary) -> Step:
    """The pane of WezTerm in which a process runs."""
    pane, socket = boundary.checked("WEZTERM_PANE", r"\d+"), boundary.checked("WEZTERM_UNIX_SOCKET", r"/.+")
    has_window = boundary.name == "wezterm-gui"
    if pane is None:
        return Step("wezterm", why_not="Which pane of WezTerm it runs in is not known.", has_window=has_window)
    place = {"WEZTERM_UNIX_SOCKET": socket} if socket else {}
    show = partial(run, "wezterm", "cli", "activate-pane", "--pane-id", pane, environ=place)
    return Step(f"wezterm {pane}", show, has_window=has_window)
