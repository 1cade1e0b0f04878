"""From a process to where it can be seen: hop by hop outwards, each hop from facts of the operating system.

A multiplexer parts a process from its terminal. The environment in a pane tells how things stood when its server was
started, so nothing in it is believed about what is further out: from a server the way goes on through the client that
looks at it, which has an environment, a terminal and parents of its own.
"""

import os
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TypeAlias

import psutil
from msgspec import Struct

from aimon_core import process
from aimon_core.errors import Unavailable
from aimon_desktop.terminals import boundaries, tmux, windows
from aimon_desktop.terminals.step import Step

Hop: TypeAlias = tmux.Hop | Step

DEPTH = 6
"""Hops followed: tmux in tmux over ssh is three."""

_TMUX = "tmux: server" if sys.platform == "linux" else "tmux"
"""What its server calls itself; on Linux a wrapper may well be called `tmux`."""


class Target(Struct, frozen=True):
    """A process that was seen before; the start time tells it from another one with its number."""

    pid: int
    started_at: float
    """Seconds since the epoch."""


def locate(target: Target) -> tuple[Hop, ...]:
    """Where a process can be seen, innermost hop first; nothing when no terminal is known.

    Raises Unavailable where the process is not the one that was seen, or its terminal cannot be asked.
    """
    if not process.alive(target.pid, target.started_at):
        raise Unavailable(_absence(target.pid))
    return around(target.pid)


def panes(pid: int) -> tuple[tmux.Hop, ...]:
    """The panes around a process that is certainly there, like this one; no desktop is asked for windows."""
    return tuple(hop for hop in around(pid, windows=False) if isinstance(hop, tmux.Hop))


def around(pid: int, *, windows: bool = True) -> tuple[Hop, ...]:
    """All hops around a process that is certainly there."""
    hops: list[Hop] = []
    looking: int | None = pid
    while looking is not None and len(hops) < DEPTH:
        found = _innermost(looking, windows=windows)
        hops += found
        looking = _outward(found[-1]) if found else None
    return tuple(hops)


def window_focus(hops: Iterable[Hop]) -> bool | None:
    """Whether keys go to the window that shows a process; None where no desktop tells."""
    told = [hop.focused for hop in hops if isinstance(hop, Step) and hop.focused is not None]
    return all(told) if told else None


def in_focus(hops: tuple[Hop, ...]) -> bool:
    """Whether keys certainly go to a process that is in no tmux: its window has the focus, and shows nothing else."""
    whole = bool(hops) and isinstance(hops[0], Step) and hops[0].whole
    return whole and window_focus(hops) is True


def _outward(hop: Hop) -> int | None:
    """The process through which a hop is seen."""
    if isinstance(hop, Step):
        return hop.outward
    return hop.clients[0].pid if hop.clients else None


def _absence(pid: int) -> str:
    found = process.facts(pid)
    if found is None:
        return f"Its process {pid} has ended."
    if found.uid != os.getuid():
        return f"Its process {pid} belongs to another user."
    return f"Its process has ended; {pid} is another program now."


def _innermost(pid: int, *, windows: bool) -> tuple[Hop, ...]:
    """The next hop, with its window where it is a terminal."""
    inside, edge, is_tmux = _up_to_boundary(pid)
    if edge is not None and not is_tmux:
        return _step(inside, edge, asked=windows)
    hop = _tmux(pid, inside, edge)
    return (hop,) if hop else ()


def _step(inside: list[int], edge: int, *, asked: bool) -> tuple[Hop, ...]:
    boundary = boundaries.beyond(inside, edge)
    if boundary is None:
        return ()
    step = boundaries.step(boundary)
    return (step, windows.window(boundary)) if asked and step.has_window else (step,)


def _tmux(pid: int, inside: list[int], server: int | None) -> tmux.Hop | None:
    socket, claimed = _claimed(pid)
    if server is None:  # its parents may have ended: then only the terminal can prove that it is in the server it names
        inside, server = [], claimed
    if server is None or not _is_our_tmux(server):
        return None
    hop = tmux.find(server, socket if claimed == server else None, inside, _tty_device(pid))
    return hop if hop.pane or inside else None


def _up_to_boundary(pid: int) -> tuple[list[int], int | None, bool]:
    """From one up to the nearest multiplexer, terminal or login above it; that; and whether it is tmux."""
    inside: list[int] = []
    with suppress(psutil.Error):
        own = psutil.Process(pid)
        for one in (own, *own.parents()):
            name = one.name()
            if inside and (name == _TMUX or boundaries.is_boundary(name)):
                return inside, one.pid, name == _TMUX
            inside.append(one.pid)
    return inside, None, False


def _claimed(pid: int) -> tuple[str | None, int | None]:
    """Socket and server that $TMUX names; they count only where something else says the same."""
    try:
        socket, server, _ = psutil.Process(pid).environ().get("TMUX", "").rsplit(",", 2)
        return (socket, int(server)) if server.isdecimal() else (None, None)
    except (psutil.Error, ValueError):  # another user's, or no such thing
        return None, None


def _is_our_tmux(pid: int) -> bool:
    try:
        server = psutil.Process(pid)
        return server.name() == _TMUX and server.uids().real == os.getuid()
    except psutil.Error:
        return False


def _tty_device(pid: int) -> int | None:
    """The device number of its terminal. psutil maps numbers to names once, and knows no terminal opened later."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[4]) or None
    except OSError:
        return None
