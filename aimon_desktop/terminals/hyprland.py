"""Hyprland: windows by `hyprctl`."""

import json
import re
from functools import partial

from aimon_desktop.terminals.outside import run
from aimon_desktop.terminals.step import Boundary, Desktop, Shown


def desktop(boundary: Boundary) -> Desktop:
    """That of a terminal."""
    instance = str(boundary.checked("HYPRLAND_INSTANCE_SIGNATURE", r"\w+"))
    runtime = boundary.environ.get("XDG_RUNTIME_DIR")
    ask = partial(run, "hyprctl", "--instance", instance, environ={"XDG_RUNTIME_DIR": runtime} if runtime else {})

    def windows() -> list[Shown]:
        clients = json.loads(ask("-j", "clients"))
        addresses = [one for one in clients if re.fullmatch(r"0x[0-9a-f]+", one["address"])]
        # The window that has the focus is the one that had it last: the first of the history.
        return [Shown(one["pid"], one["address"], one["title"], one["focusHistoryID"] == 0) for one in addresses]

    return Desktop("hyprland window", windows, lambda address: ask("dispatch", "focuswindow", f"address:{address}"))
