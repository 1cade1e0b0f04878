"""Brings a session's terminal before whoever asks: finds the pane of its process, and the shortest way to show it.

Only facts of the operating system lead there: a pid with its start time, parents, sockets, terminals. Nothing that an
agent or its telemetry says becomes part of a command (S16).
"""

import asyncio
import os
from contextlib import suppress

from msgspec import Struct

from aimon_core.errors import AimonError
from aimon_desktop.terminals import chain, tmux
from aimon_desktop.terminals.chain import Hop, Target
from aimon_desktop.terminals.step import Step

__all__ = ["Hop", "Outcome", "Target", "focus", "focus_now", "focusable", "in_front", "locate"]


class Outcome(Struct, frozen=True):
    """What came of it."""

    ok: bool
    line: str
    """What happened, or why nothing did."""
    command: str = ""
    """What a person can do instead, for a shell; empty where there is nothing."""
    attaches: bool = False
    """Whether that command shows it in the terminal that it is given in."""


async def focus(target: Target, viewer: int | None = None, *, beacon: bool = True) -> Outcome:
    """Show a process's pane to whoever looks at the viewer (a pid of ours, this process by default). Never raises.

    `beacon` is whether its terminal may be given a title for a moment, where nothing else tells its windows apart.
    """
    return await asyncio.to_thread(focus_now, target, viewer, beacon=beacon)


async def locate(target: Target) -> tuple[Hop, ...]:
    """Where a process can be seen, innermost hop first. Raises Unavailable with the reason where that is not known."""
    return await asyncio.to_thread(chain.locate, target)


def focus_now(target: Target, viewer: int | None = None, *, beacon: bool = True) -> Outcome:
    """The same as `focus` for a program without a loop: takes some 40 ms, a second for each program that hangs."""
    hops: tuple[Hop, ...] = ()
    try:
        hops = chain.locate(target)
        here = chain.panes(viewer or os.getpid())
        return _show(hops if beacon else _unwritten(hops), here)
    except AimonError as error:
        return _missed(str(error), hops[0] if hops else None)


def in_front(target: Target, viewer: int | None = None) -> bool:
    """Whether whoever looks at the viewer has the process's pane before him already. Raises Unavailable."""
    hops = chain.locate(target)
    if not hops or isinstance(hops[0], Step):
        return chain.in_focus(hops)
    client = _client_of(hops[0], chain.panes(viewer or os.getpid()))
    return client is not None and any(window.active and window.session == client.session for window in hops[0].windows)


def focusable(hops: tuple[Hop, ...], *, beacon: bool = True) -> bool:
    """Whether the way leads anywhere: to a pane, or else to a tab or a window; `beacon` as for `focus`."""
    if hops and isinstance(hops[0], tmux.Hop):
        return hops[0].pane is not None
    return any(hop.show for hop in (hops if beacon else _unwritten(hops)) if isinstance(hop, Step))


def _show(hops: tuple[Hop, ...], here: tuple[Hop, ...]) -> Outcome:
    """Outwards, until a pane is before the viewer or its window is in front."""
    if not hops:
        return _missed("It runs in no terminal that aimon knows.")
    if isinstance(hops[0], tmux.Hop) and hops[0].pane is None:
        return _missed("It runs in a popup or a background job of tmux: there is no pane to go to.")
    done, problems = "", list[Step]()
    for hop in hops:
        if isinstance(hop, Step):
            done, problems = _forward(hop, hops[0], done, problems)
            continue
        if hop.pane is None:
            break  # the client that shows the last pane is in a popup, which is in front of all panes
        client = _client_of(hop, here)
        if client and (client in hop.clients or not hop.clients):
            tmux.switch(client, hop)
            _come_forward(client, hop.server)
            return Outcome(ok=True, line=f"Switched to {hops[0]}.")
        tmux.select(hop)
        if not hop.clients:
            return _attach(hop, here)
        done = f"Selected {hops[0]} in the terminal {hop.clients[0].tty}."
    line = " ".join(filter(None, (done, *(step.why_not for step in problems))))
    instead = next((step for step in problems if step.command), Step(""))
    return Outcome(ok=bool(done), line=line, command=instead.command, attaches=instead.attaches and not done)


def _come_forward(client: tmux.Client, server: tmux.Server) -> None:
    """Raise the terminal of a server's client: a notice may have been clicked in front of another one."""
    for hop in _unwritten(chain.around(client.pid)):
        with suppress(AimonError):  # where a key was pressed it is in front, whatever goes wrong
            if isinstance(hop, Step) and hop.show is not None:
                hop.show()
            elif isinstance(hop, tmux.Hop) and hop.pane is not None and hop.server != server:
                tmux.select(hop)


def _unwritten(hops: tuple[Hop, ...]) -> tuple[Hop, ...]:
    """The hops without those that would write to a terminal."""
    return tuple(Step(hop.name, why_not=hop.why_not) if isinstance(hop, Step) and hop.writes else hop for hop in hops)


def _forward(step: Step, first: Hop, done: str, problems: list[Step]) -> tuple[str, list[Step]]:
    """Bring a step forward; what goes wrong further out undoes nothing."""
    if step.show is None:
        return done, [*problems, step] if step.why_not else problems
    try:
        step.show()
    except AimonError as error:
        return done, [*problems, Step(step.name, why_not=str(error), command=step.command)]
    return done or f"Selected {first}.", problems


def _client_of(hop: tmux.Hop, here: tuple[Hop, ...]) -> tmux.Client | None:
    """The viewer's own client of the server that a hop belongs to."""
    panes = (own for own in here if isinstance(own, tmux.Hop))
    return next((own.clients[0] for own in panes if own.server == hop.server and own.clients), None)


def _attach(hop: tmux.Hop, here: tuple[Hop, ...]) -> Outcome:
    """Show a session that no terminal shows: in a window of the viewer's tmux, else by the viewer's own hand."""
    panes = [own for own in here if isinstance(own, tmux.Hop)]
    within = any(own.server == hop.server for own in panes)  # a server shown in itself shows itself for ever
    if within or not panes or panes[0] != here[0] or not panes[0].clients:
        return _missed(f"{hop} is in a session that no terminal shows.", hop, attaches=not panes)
    tmux.open_window(panes[0].server, panes[0].clients[0], hop)
    return Outcome(ok=True, line=f"Opened {hop} of another tmux in a new window.")


def _missed(why: str, hop: Hop | None = None, *, attaches: bool = False) -> Outcome:
    command = tmux.attach_command(hop) if isinstance(hop, tmux.Hop) else ""
    return Outcome(ok=False, line=why, command=command, attaches=attaches and command != "")
