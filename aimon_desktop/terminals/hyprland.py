"""Hyprland: windows by `hyprctl`."""

import json
import re
from functools import partial

from aimon_desktop.terminals.outside import run
from aimon_desktop.terminals.step import Boundary, Step, only_window


def window(boundary: Boundary) -> Step:
    """The window of a terminal. Raises Unavailable."""
    instance = str(boundary.checked("HYPRLAND_INSTANCE_SIGNATURE", r"\w+"))
    runtime = boundary.environ.get("XDG_RUNTIME_DIR")
    ask = partial(run, "hyprctl", "--instance", instance, environ={"XDG_RUNTIME_DIR": runtime} if runtime else {})
    clients = json.loads(ask("-j", "clients"))
    windows = [(one["pid"], one["address"]) for one in clients if re.fullmatch(r"0x[0-9a-f]+", one["address"])]
    address = only_window(windows, boundary.pids)
    return Step(f"hyprland window {address}", partial(ask, "dispatch", "focuswindow", f"address:{address}"))
