"""Which window of which desktop shows a terminal: what the terminal gave its child says who is to be asked."""

import sys
from collections.abc import Callable, Iterable
from functools import partial

from aimon_core.errors import Unavailable
from aimon_desktop.terminals import beacon, hyprland, i3, kde, macos, niri, x11
from aimon_desktop.terminals.step import Boundary, Desktop, Shown, Step

_SEVERAL = "Its terminal has several windows, and which one it is in is not known."
_BY_VARIABLE: tuple[tuple[str, Callable[[Boundary], Desktop]], ...] = (
    ("SWAYSOCK", i3.desktop),
    ("HYPRLAND_INSTANCE_SIGNATURE", hyprland.desktop),
    ("NIRI_SOCKET", niri.desktop),
    ("I3SOCK", i3.desktop),
)


def window(boundary: Boundary) -> Step:
    """The window of a terminal, or one that says why it cannot be raised."""
    try:
        if sys.platform == "darwin":
            return macos.window(boundary)
        return _window(_desktop(boundary), boundary)
    except Unavailable as error:
        return Step("window", why_not=str(error))


def nearest(windows: Iterable[Shown], pids: Iterable[int], own: str | None = None) -> list[Shown]:
    """Of windows those of the nearest pid that has any; the own one alone, where it is among them."""
    known = list(windows)
    for pid in pids:
        if found := [one for one in known if one.pid == pid]:
            return [one for one in found if one.id == own] or found
    return []


def _window(desktop: Desktop, boundary: Boundary) -> Step:
    """Raises Unavailable where the desktop lists none."""
    found = nearest(_listed(desktop), boundary.pids, boundary.x11_window)
    if not found:
        raise Unavailable("Its window was not found.")
    if len(found) == 1:
        (one,) = found
        return Step(f"{desktop.name} {one.id}", partial(desktop.show, one.id), focused=one.focused)
    away = all(one.focused is False for one in found)
    show = partial(_show_by_title, desktop, boundary.tty) if beacon.works(boundary) else None
    return Step(desktop.name, show, why_not=_SEVERAL, focused=False if away else None, writes=show is not None)


def _show_by_title(desktop: Desktop, tty: str | None) -> None:
    """Raise the one of several windows that shows a terminal. Raises Unavailable."""
    desktop.show(beacon.window(tty or "", partial(_listed, desktop)).id)


def _listed(desktop: Desktop) -> list[Shown]:
    """Raises Unavailable."""
    try:
        return desktop.windows()
    except (LookupError, TypeError, ValueError, AttributeError):  # JSON of a version that nobody here has seen
        raise Unavailable("The desktop's list of windows cannot be read.") from None


def _desktop(boundary: Boundary) -> Desktop:
    environ = boundary.environ
    for variable, finder in _BY_VARIABLE:
        if environ.get(variable) and (finder is not i3.desktop or variable == "SWAYSOCK" or boundary.x11_window):
            return finder(boundary)
    if environ.get("WAYLAND_DISPLAY"):
        if "KDE" in environ.get("XDG_CURRENT_DESKTOP", ""):
            return kde.desktop(boundary)
        raise Unavailable("This Wayland desktop lets no program raise another one's window.")
    if environ.get("DISPLAY"):
        return x11.desktop(boundary)
    raise Unavailable("It is not known which desktop shows its terminal.")
