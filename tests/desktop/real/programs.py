"""Which programs of other people these tests run, and which of them this machine lacks."""

import shutil

import pytest

PROGRAMS = {
    "tmux": "tmux", "screen": "screen", "kitty": "kitty", "xterm": "xterm", "alacritty": "alacritty",
    "urxvt": "rxvt-unicode", "st": "stterm", "xfce4-terminal": "xfce4-terminal", "konsole": "konsole",
    "gnome-terminal": "gnome-terminal", "foot": "foot", "footclient": "foot", "Xvfb": "xvfb", "i3": "i3-wm",
    "wmctrl": "wmctrl", "xprop": "x11-utils", "sway": "sway", "dbus-daemon": "dbus-daemon", "dbus-send": "dbus-bin",
    "dunst": "dunst", "dunstctl": "dunst", "notify-send": "libnotify-bin", "ssh": "openssh-client",
    "sshd": "openssh-server", "ssh-keygen": "openssh-client",
}  # fmt: skip
"""By program, its package in Debian."""


def found(name: str) -> str | None:
    """Where a program is; sshd is on the path of root only."""
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin")


def missing() -> dict[str, str]:
    """The programs that are not here, and the packages they would come with."""
    return {name: package for name, package in PROGRAMS.items() if found(name) is None}


def needs(*names: str) -> pytest.MarkDecorator:
    """Skips what needs a program that is not here, and says which."""
    lacking = [name for name in names if name in missing()]
    return pytest.mark.skipif(bool(lacking), reason=f"not installed: {', '.join(lacking)}")
