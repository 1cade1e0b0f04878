"""niri: windows by `niri msg`."""

import json
from functools import partial

from aimon_desktop.terminals.outside import run
from aimon_desktop.terminals.step import Boundary, Desktop, Shown


def desktop(boundary: Boundary) -> Desktop:
    """That of a terminal."""
    ask = partial(run, "niri", "msg", environ={"NIRI_SOCKET": str(boundary.checked("NIRI_SOCKET", r"/.+"))})

    def windows() -> list[Shown]:
        listed = [one for one in json.loads(ask("--json", "windows")) if one["pid"] is not None]
        return [Shown(one["pid"], str(int(one["id"])), one["title"] or "", one["is_focused"]) for one in listed]

    return Desktop("niri window", windows, partial(ask, "action", "focus-window", "--id"))
