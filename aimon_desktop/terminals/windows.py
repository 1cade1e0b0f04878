"""Which desktop shows a terminal, and so who is asked for its window: what the terminal gave its child says so."""

import sys
from collections.abc import Callable

from aimon_core.errors import Unavailable
from aimon_desktop.terminals import hyprland, i3, kde, macos, niri, x11
from aimon_desktop.terminals.step import Boundary, Step

_BY_VARIABLE: tuple[tuple[str, Callable[[Boundary], Step]], ...] = (
    ("SWAYSOCK", i3.window),
    ("HYPRLAND_INSTANCE_SIGNATURE", hyprland.window),
    ("NIRI_SOCKET", niri.window),
    ("I3SOCK", i3.window),
)


def window(boundary: Boundary) -> Step:
    """The window of a terminal, or one that says why it cannot be raised."""
    try:
        return _finder(boundary)(boundary)
    except Unavailable as error:
        return Step("window", why_not=str(error))
    except (LookupError, TypeError, ValueError, AttributeError):  # JSON of a version that nobody here has seen
        return Step("window", why_not="The desktop's list of windows cannot be read.")


def _finder(boundary: Boundary) -> Callable[[Boundary], Step]:
    if sys.platform == "darwin":
        return macos.window
    environ = boundary.environ
    for variable, finder in _BY_VARIABLE:
        if environ.get(variable) and (finder is not i3.window or variable == "SWAYSOCK" or boundary.x11_window):
            return finder
    if environ.get("WAYLAND_DISPLAY"):
        if "KDE" in environ.get("XDG_CURRENT_DESKTOP", ""):
            return kde.window
        raise Unavailable("This Wayland desktop lets no program raise another one's window.")
    if environ.get("DISPLAY"):
        return x11.window
    raise Unavailable("It is not known which desktop shows its terminal.")
