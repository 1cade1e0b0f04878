"""X11: windows of any window manager that keeps to EWMH, by `wmctrl`."""

import re
from functools import partial

from aimon_desktop.terminals.outside import run
from aimon_desktop.terminals.step import Boundary, Desktop, Shown

_ROW = re.compile(r"(0x[0-9a-f]+) +-?\d+ +(\d+) +(.*)", re.ASCII)


def desktop(boundary: Boundary) -> Desktop:
    """That of a terminal."""
    keys = ("DISPLAY", "XAUTHORITY")
    ask = partial(run, "wmctrl", environ={key: boundary.environ[key] for key in keys if key in boundary.environ})

    def windows() -> list[Shown]:
        rows = [row for line in ask("-l", "-p").splitlines() if (row := _ROW.fullmatch(line))]
        return [Shown(int(row[2]), str(int(row[1], 16)), row[3]) for row in rows]

    return Desktop("window", windows, lambda number: ask("-i", "-a", hex(int(number))))
