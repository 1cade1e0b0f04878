"""Who looks at a pane of tmux now, and a word for those who look elsewhere.

Apart from going there because nobody is moved: a notification asks whether it is needed, and may take this way.
Blocking: for threads, never for the loop.
"""

import os
import re
from pathlib import Path

import psutil
from msgspec import Struct

from aimon_core.clean import clean
from aimon_core.errors import Unavailable
from aimon_core.process import terminal
from aimon_desktop.terminals import chain, tmux
from aimon_desktop.terminals.chain import Target
from aimon_desktop.terminals.outside import run

LATELY_S = 60.0
"""For how long after a key somebody is taken to look, where nobody tells whether the terminal has the focus."""
_SHOWN_MS = "5000"
_VIEWERS = "#{client_control_mode} #{client_activity} #{focus-events} #{pane_id} #{client_tty} #{client_flags}"
_VIEWER = re.compile(r"0 (\d+) (on|off|[01]) (%\d+) (/dev/(?:pts/\d+|ttys\d+)) ([\w,!-]*)")


class Viewer(Struct, frozen=True):
    """A terminal that shows a pane."""

    tty: str
    pane: str
    focused: bool
    """Whether it has the focus, or tmux was never told that it has not."""
    told: bool
    """Whether tmux asks to be told."""
    used_at: int
    """When a key was pressed there last, in seconds since the epoch."""

    def looks(self, now_s: float) -> bool:
        """Whether somebody looks there, as far as tmux can know."""
        return self.focused and (self.told or now_s - self.used_at < LATELY_S)


def watched(target: Target, now_s: float) -> bool:
    """Whether somebody looks at a process's pane now. Raises Unavailable where that cannot be asked."""
    hops = chain.locate(target)
    focus = chain.window_focus(hops)
    if focus is False:
        return False
    panes = [hop for hop in hops if isinstance(hop, tmux.Hop)]
    if not panes:
        return chain.in_focus(hops) or _used_lately(target.pid, now_s)
    shown = [hop for hop in panes if hop.pane is not None]
    return panes[0] in shown and all(_is_watched(hop, now_s, in_focus=focus is True) for hop in shown)


def _is_watched(hop: tmux.Hop, now_s: float, *, in_focus: bool) -> bool:
    """Whether a terminal shows a pane to somebody; `in_focus`: the one used last has the focus for certain."""
    last = hop.clients[0].tty if in_focus and hop.clients else None
    return any(one.pane == hop.pane and (one.tty == last or one.looks(now_s)) for one in viewers(hop.server))


def announce(text: str, target: Target | None, viewer: int | None = None) -> None:
    """Show a line in every terminal of our tmux and of a process's own that shows another pane than that process's.

    Our tmux is the one that the viewer (a pid of ours, this process by default) runs in. Raises Unavailable where no
    terminal is shown anything.
    """
    hops = _known(target)
    own = {(hop.server, hop.pane) for hop in hops}
    told = 0
    for server in {hop.server for hop in (*hops, *chain.panes(viewer or os.getpid()))}:
        for one in viewers(server):
            if (server, one.pane) not in own:
                command = ("display-message", "-c", one.tty, "-d", _SHOWN_MS, "--", literal(text))
                run("tmux", "-u", "-S", server.socket, *command)  # without -u the C locale makes `_` of each `·`
                told += 1
    if not told:
        raise Unavailable("No terminal shows a tmux.")


def viewers(server: tmux.Server) -> list[Viewer]:
    """The terminals of a server, programs in control mode left out. Raises Unavailable."""
    lines = run("tmux", "-S", server.socket, "list-clients", "-F", _VIEWERS).splitlines()
    return [_viewer(row) for line in lines if (row := _VIEWER.fullmatch(line))]


def literal(text: str) -> str:
    """A text that tmux shows as it is (S18): neither a format, nor a time, nor the end of a command."""
    return clean(text).replace("#", "##").replace("%", "%%").rstrip("; ")


def _used_lately(pid: int, now_s: float) -> bool:
    """Whether a key was pressed in a process's terminal: the system notes when it was read from, as `w` shows."""
    try:
        tty = terminal(psutil.Process(pid))
        return tty is not None and now_s - Path(tty).stat().st_atime < LATELY_S
    except (psutil.Error, OSError):
        return False


def _viewer(row: re.Match[str]) -> Viewer:
    used_at, told, pane, tty, flags = row.groups()
    return Viewer(tty, pane, "focused" in flags.split(","), told in {"on", "1"}, int(used_at))


def _known(target: Target | None) -> list[tmux.Hop]:
    try:
        return [hop for hop in chain.locate(target) if isinstance(hop, tmux.Hop)] if target else []
    except Unavailable:
        return []
