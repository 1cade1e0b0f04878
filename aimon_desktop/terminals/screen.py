"""GNU screen: which of its windows a process is in, and which terminal shows that session.

Its server tells no client's pid, so the client is looked for among the processes called screen.
"""

import shlex
from contextlib import suppress
from functools import partial

import psutil

from aimon_core.process import terminal
from aimon_desktop.terminals.outside import run
from aimon_desktop.terminals.step import Boundary, Step, ours

NAMES = ("screen", "SCREEN")


def step(boundary: Boundary) -> Step:
    """The window of a process, and the client through which it is seen."""
    session, window = boundary.checked("STY", r"\d+\.[\w.-]+"), boundary.checked("WINDOW", r"\d+")
    if session is None or window is None or int(session.partition(".")[0]) != boundary.pids[0]:
        return Step("screen", why_not="Which window of screen it runs in is not known.")
    name, client = f"screen {window}", _client(session)
    if client is None:
        command = shlex.join(("screen", "-x", session, "-p", window))
        return Step(name, why_not=f"No terminal is known to show {name}.", command=command, attaches=True)
    place = {"SCREENDIR": boundary.environ["SCREENDIR"]} if "SCREENDIR" in boundary.environ else {}
    show = partial(run, "screen", "-S", session, "-X", "select", window, environ=place)
    return Step(name, show, outward=client)


def _client(session: str) -> int | None:
    """The process that shows a session: the one that names it, or the one that has made it."""
    pid, _, name = session.partition(".")
    named: list[int] = []
    makers: list[int] = []
    with suppress(psutil.Error):
        for process in ours("screen"):
            if terminal(process) is not None:
                words = {session, pid, name} & set(process.cmdline()[1:])
                (named if words else makers).append(process.pid)
    found = named or makers
    return found[0] if len(found) == 1 else None
