"""KDE on Wayland: windows by `kdotool`, since KWin lets nobody else ask for them."""

import re
from functools import partial

from aimon_desktop.terminals.outside import run
from aimon_desktop.terminals.step import Boundary, Desktop, Shown

_ID = re.compile(r"\{?[0-9a-f-]{36}\}?")


def desktop(boundary: Boundary) -> Desktop:
    """That of a terminal."""
    pid = boundary.pids[0]

    def windows() -> list[Shown]:
        ids = [one for one in run("kdotool", "search", "--pid", str(pid)).splitlines() if _ID.fullmatch(one)]
        return [Shown(pid, one, run("kdotool", "getwindowname", one) if len(ids) > 1 else "") for one in ids]

    return Desktop("kde window", windows, partial(run, "kdotool", "windowactivate"))
