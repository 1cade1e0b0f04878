"""X11: windows of any window manager that keeps to EWMH, by `wmctrl`."""

import re
from functools import partial

from aimon_desktop.terminals.outside import run
from aimon_desktop.terminals.step import Boundary, Step, only_window

_ROW = re.compile(r"(0x[0-9a-f]+) +-?\d+ +(\d+) ", re.ASCII)


def window(boundary: Boundary) -> Step:
    """The window of a terminal. Raises Unavailable."""
    keys = ("DISPLAY", "XAUTHORITY")
    ask = partial(run, "wmctrl", environ={key: boundary.environ[key] for key in keys if key in boundary.environ})
    rows = [row for line in ask("-l", "-p").splitlines() if (row := _ROW.match(line))]
    windows = [(int(row[2]), str(int(row[1], 16))) for row in rows]
    number = hex(int(only_window(windows, boundary.pids, boundary.x11_window)))
    return Step(f"window {number}", partial(ask, "-i", "-a", number))
