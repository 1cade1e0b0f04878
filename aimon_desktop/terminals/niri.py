"""niri: windows by `niri msg`."""

import json
from functools import partial

from aimon_desktop.terminals.outside import run
from aimon_desktop.terminals.step import Boundary, Step, only_window


def window(boundary: Boundary) -> Step:
    """The window of a terminal. Raises Unavailable."""
    ask = partial(run, "niri", "msg", environ={"NIRI_SOCKET": str(boundary.checked("NIRI_SOCKET", r"/.+"))})
    windows = [(one.get("pid"), str(int(one["id"]))) for one in json.loads(ask("--json", "windows"))]
    number = only_window(windows, boundary.pids)
    return Step(f"niri window {number}", partial(ask, "action", "focus-window", "--id", number))
