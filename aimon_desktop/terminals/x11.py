"""X11: windows of any window manager that keeps to EWMH, by `wmctrl`; `xprop`, if there, tells the focus.

https://specifications.freedesktop.org/wm-spec/latest/
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import partial

from aimon_core.errors import Unavailable
from aimon_desktop.terminals.outside import run
from aimon_desktop.terminals.step import Boundary, Desktop, Shown

_ROW = re.compile(r"(0x[0-9a-f]+) +-?\d+ +(\d+) +(.*)", re.ASCII)


def desktop(boundary: Boundary) -> Desktop:
    """That of a terminal."""
    keys = ("DISPLAY", "XAUTHORITY")
    place = {key: boundary.environ[key] for key in keys if key in boundary.environ}
    ask = partial(run, "wmctrl", environ=place)

    def windows() -> list[Shown]:
        active = _active(place)
        rows = [row for line in ask("-l", "-p").splitlines() if (row := _ROW.fullmatch(line))]
        return [
            Shown(int(row[2]), str(int(row[1], 16)), row[3], None if active is None else int(row[1], 16) == active)
            for row in rows
        ]

    return Desktop("window", windows, lambda number: ask("-i", "-a", hex(int(number))))


def _active(place: Mapping[str, str]) -> int | None:
    """The window that has the focus, 0 for none; None where that cannot be asked."""
    with suppress(Unavailable):
        told = re.search(r"# (0x[0-9a-f]+)", run("xprop", "-root", "_NET_ACTIVE_WINDOW", environ=place))
        return int(told[1], 16) if told else None
    return None
