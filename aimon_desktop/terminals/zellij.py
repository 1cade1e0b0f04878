"""Zellij: in which of its panes a process runs, and which terminal shows it.

`focus-pane-id` is younger than its other actions; an older one says that it does not know it.
"""

import shlex
from contextlib import suppress
from functools import partial

import psutil

from aimon_core.process import terminal
from aimon_desktop.terminals.outside import run
from aimon_desktop.terminals.step import Boundary, Step, ours

NAMES = ("zellij",)


def step(boundary: Boundary) -> Step:
    """The pane of a process, and the client through which it is seen."""
    session, pane = boundary.checked("ZELLIJ_SESSION_NAME", r"\w[\w.-]*"), boundary.checked("ZELLIJ_PANE_ID", r"\d+")
    if session is None or pane is None:
        return Step("zellij", why_not="Which pane of zellij it runs in is not known.")
    name, client = f"zellij {pane}", _client(boundary.pids[0])
    if client is None:
        command = shlex.join(("zellij", "attach", session))
        return Step(name, why_not=f"No terminal is known to show {name}.", command=command, attaches=True)
    show = partial(run, "zellij", "--session", session, "action", "focus-pane-id", f"terminal_{pane}")
    return Step(name, show, outward=client)


def _client(server: int) -> int | None:
    """The only process of ours that shows a Zellij; which session one of several shows, none of them tells."""
    with suppress(psutil.Error):
        clients = [one.pid for one in ours("zellij") if terminal(one) and one.pid != server]
        return clients[0] if len(clients) == 1 else None
    return None
