"""ssh: a login from elsewhere, whose window is on the machine it came from; one from this machine is followed here."""

import getpass
import re
import shlex
from contextlib import suppress

import psutil

from aimon_desktop.terminals.step import Boundary, Step, ours

NAMES = ("sshd", "sshd-session")
_ADDRESS = r"[0-9a-fA-F.:]+(?:%\w+)?"
_HERE = ("127.0.0.1", "::1")


def step(boundary: Boundary) -> Step:
    """The login in which a process runs."""
    shape = re.compile(rf"({_ADDRESS}) (\d+) ({_ADDRESS}) (\d+)", re.ASCII)
    told = shape.fullmatch(boundary.environ.get("SSH_CONNECTION", ""))
    if told is None:
        return Step("ssh", why_not="It runs in a login over ssh from a place that is not known.")
    theirs, port, ours, door = told.groups()
    if theirs in _HERE and (client := _client(int(port))) is not None:
        return Step("ssh", outward=client)
    command = shlex.join(("ssh", "-t", "-p", door, f"{getpass.getuser()}@{ours}"))
    return Step(
        f"ssh from {theirs}", why_not=f"It is seen over ssh from {theirs}, where its window is.", command=command
    )


def _client(port: int) -> int | None:
    """Our ssh whose connection starts at a port of this machine."""
    with suppress(psutil.Error):
        for process in ours("ssh"):
            if any(one.laddr.port == port for one in process.net_connections("tcp")):
                return process.pid
    return None
