"""What stands between a process and the desktop: the nearest multiplexer, terminal or login above it, by its name."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import psutil

from aimon_core.process import terminal
from aimon_desktop.terminals import kitty, konsole, macos, screen, ssh, wezterm, zellij
from aimon_desktop.terminals.step import Boundary, Step

_DESKTOP = frozenset({
    "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "HYPRLAND_INSTANCE_SIGNATURE", "I3SOCK", "NIRI_SOCKET", "SWAYSOCK",
    "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_CURRENT_DESKTOP", "XDG_RUNTIME_DIR", "__CFBundleIdentifier",
})  # fmt: skip
"""What says where the desktop is: the same for a terminal and for all that is in it."""

_STEPS: dict[str, Callable[[Boundary], Step]] = {
    name: module.step
    for module in (kitty, konsole, macos, screen, ssh, wezterm, zellij)
    for name in module.NAMES
}  # fmt: skip

_PLAIN = {
    "alacritty": "alacritty", "foot": "foot", "ghostty": "ghostty", "gnome-terminal-server": "gnome-terminal",
    "ptyxis": "ptyxis", "rio": "rio", "st": "st", "stterm": "st", "terminator": "terminator", "tilix": "tilix",
    "urxvt": "urxvt", "urxvtd": "urxvt", "warp": "warp", "xfce4-terminal": "xfce4-terminal", "xterm": "xterm",
}  # fmt: skip
"""Terminals that have a window and let nobody choose among their tabs."""

_WITHOUT_TABS = frozenset({"alacritty", "foot", "st", "stterm", "urxvt", "urxvtd", "xterm"})

_EDITORS = {
    "Code Helper": "VS Code", "Code Helper (Plugin)": "VS Code", "code": "VS Code",
    "code-insiders": "VS Code Insiders", "code-oss": "Code - OSS", "codium": "VSCodium", "cursor": "Cursor",
    "windsurf": "Windsurf",
}  # fmt: skip
"""VS Code and what was made of it."""


def is_boundary(name: str) -> bool:
    """Whether a process of this name parts those below it from what is above."""
    return name in _STEPS or name in _PLAIN or name in _EDITORS


def beyond(inside: Sequence[int], pid: int) -> Boundary | None:
    """A boundary, by itself and by what is below it, innermost first; None where one is over, or not ours to read."""
    with suppress(psutil.Error):
        process, below = psutil.Process(pid), [psutil.Process(one) for one in reversed(inside)]
        pids = (pid, *(one.pid for one in process.parents()))
        # Helpers right below it have no terminal: Ptyxis' agent, iTerm2's server.
        tty = next(filter(None, map(terminal, below)), None)
        return Boundary(process.name(), pids, _given(process, below[0]), tty)
    return None


def _given(process: psutil.Process, below: psutil.Process) -> Mapping[str, str]:
    """What a process gave its child; where that may not be read, as of a setgid `screen`, the desktop."""
    try:
        return below.environ()
    except psutil.AccessDenied:
        return {key: value for key, value in process.environ().items() if key in _DESKTOP}


def step(boundary: Boundary) -> Step:
    """The hop that a boundary is."""
    if boundary.name in _STEPS:
        return _STEPS[boundary.name](boundary)
    if editor := _EDITORS.get(boundary.name):
        return Step(editor, why_not=f"Which terminal of {editor} it is, only {editor} knows.", has_window=True)
    return Step(_PLAIN[boundary.name], has_window=True, whole=boundary.name in _WITHOUT_TABS)
