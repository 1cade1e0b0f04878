"""KDE on Wayland: windows by `kdotool`, since KWin lets nobody else ask for them."""

import re
from functools import partial

from aimon_desktop.terminals.outside import run
from aimon_desktop.terminals.step import Boundary, Step, only_window


def window(boundary: Boundary) -> Step:
    """The window of a terminal. Raises Unavailable."""
    pid = boundary.pids[0]
    ids = re.findall(r"^\{?[0-9a-f-]{36}\}?$", run("kdotool", "search", "--pid", str(pid)), re.MULTILINE)
    found = only_window([(pid, one) for one in ids], boundary.pids)
    return Step("kde window", partial(run, "kdotool", "windowactivate", found))
