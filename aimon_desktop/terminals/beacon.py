"""The title beacon: which of several windows of one process shows a terminal, by a title that it has for a moment.

Apart from the desktops because it writes to somebody else's terminal: only when a person asks to go there, only where
nothing else tells the windows apart, and never where `title_beacon` is off.
"""

import os
import re
import secrets
import threading
from collections.abc import Callable

from aimon_core.clock import SystemClock
from aimon_core.errors import Unavailable
from aimon_desktop.terminals.step import Boundary, Shown

LIMIT_S = 1.0
"""A title is seen after 11-37 ms."""
_PAUSE_S = 0.01
_TTY = re.compile(r"/dev/(?:pts/\d+|ttys\d+)", re.ASCII)
_RESTORE = frozenset(
    {"alacritty", "foot", "gnome-terminal-server", "kitty", "ptyxis", "terminator", "tilix", "xfce4-terminal", "xterm"}
)
"""Terminals that keep titles on a stack (XTWINOPS 22 and 23), so that the one before comes back:
https://invisible-island.net/xterm/ctlseqs/ctlseqs.html. Others would be left with ours."""
_BEGIN, _END = "\x1b[22;2t\x1b]2;{}\x1b\\", "\x1b[23;2t"


def works(boundary: Boundary) -> bool:
    """Whether a terminal can be told so, and its own tty is known."""
    return boundary.name in _RESTORE and _TTY.fullmatch(boundary.tty or "") is not None


def window(tty: str, windows: Callable[[], list[Shown]]) -> Shown:
    """The window that shows a terminal of ours. Raises Unavailable; takes 30 ms, a second where none shows it."""
    name = f"aimon-{secrets.token_hex(6)}"
    try:
        _write(tty, _BEGIN.format(name))
        try:
            found = _appears(name, windows)
        finally:
            _write(tty, _END)
    except OSError as error:
        raise Unavailable(f"Its terminal cannot be written to: {error.strerror}.") from error
    if found is None:
        raise Unavailable("None of its terminal's windows shows it: it may be in a tab behind another one.")
    return found


def _appears(name: str, windows: Callable[[], list[Shown]]) -> Shown | None:
    clock, pause = SystemClock(), threading.Event()
    end_s = clock.monotonic() + LIMIT_S
    while clock.monotonic() < end_s:
        if found := [one for one in windows() if name in one.title]:
            return found[0]
        pause.wait(_PAUSE_S)
    return None


def _write(tty: str, text: str) -> None:
    """One write, which nothing comes between, and none that waits."""
    file = os.open(tty, os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.write(file, text.encode())
    finally:
        os.close(file)
