"""tmux: in which pane a process runs, who looks at it, and how to bring it before somebody.

Everything that goes into a command was read from the system or from tmux itself and has the shape of an id; names and
titles, which programs in a pane can write, are never asked for.
"""

import re
import shlex
from collections.abc import Collection, Iterable
from itertools import chain
from pathlib import Path

import psutil
from msgspec import Struct

from aimon_core.errors import Unavailable
from aimon_desktop.terminals.outside import is_ours, run

_TTY = r"/dev/(?:pts/\d+|ttys\d+)"
# Blanks between the fields: in the C locale tmux prints a tab as `_`.
_PANES = "#{pid} #{session_id} #{window_id} #{pane_id} #{?window_active,#{pane_active},0} #{pane_pid} #{pane_tty}"
_PANE = re.compile(rf"(\d+) (\$\d+) (@\d+) (%\d+) ([01]) (\d+) ({_TTY})")
_CLIENTS = "#{client_activity} #{client_pid} #{session_id} #{client_control_mode} #{client_tty}"
_CLIENT = re.compile(rf"(\d+) (\d+) (\$\d+) 0 ({_TTY})")
"""Clients in control mode are programs: nobody sees what they are shown."""


class Server(Struct, frozen=True):
    """A tmux server of ours."""

    pid: int
    socket: str


class Client(Struct, frozen=True):
    """A terminal that shows a session."""

    pid: int
    tty: str
    session: str


class Window(Struct, frozen=True):
    """Where the pane's window is: a session can borrow it from another."""

    session: str
    window: str
    active: bool
    """Whether whoever looks at the session sees the pane and types into it."""


class Hop(Struct, frozen=True):
    """A pane and who looks at it."""

    server: Server
    pane: str | None
    """E.g. `%3`; None for a popup or a background job, which belongs to a server and has no pane."""
    windows: tuple[Window, ...]
    clients: tuple[Client, ...]
    """Terminals that show one of its sessions, the one used last first; none when all are detached."""

    def __str__(self) -> str:
        return f"tmux {self.pane or 'popup'}"

    def seen_from(self, session: str | None) -> Window:
        """The window as a session has it; as whoever used it last, or anybody, has it where that session has not."""
        sessions = [session, *(client.session for client in self.clients)]
        ranks = {name: rank for rank, name in reversed(list(enumerate(sessions)))}
        return min(self.windows, key=lambda window: ranks.get(window.session, len(sessions)))


def find(server_pid: int, claimed: str | None, pids: Collection[int], tty_device: int | None) -> Hop:
    """Where in a server a process runs, by the pids from it upwards, else by its terminal; claimed is $TMUX's socket.

    Raises Unavailable where the server cannot be asked.
    """
    server, rows = _ask(server_pid, claimed)
    own = [row for row in rows if int(row[6]) in pids]
    if not own and tty_device is not None:
        own = [row for row in rows if _device(row[7]) == tty_device]
    windows = tuple(Window(row[2], row[3], row[5] == "1") for row in own)
    sessions = {window.session for window in windows}
    clients = [client for client in _clients(server) if not own or client.session in sessions]
    return Hop(server, own[0][4] if own else None, windows, tuple(clients))


def switch(client: Client, hop: Hop) -> None:
    """Show the pane in a terminal that shows another one."""
    seen = hop.seen_from(client.session)
    _tmux(hop, "switch-client", "-c", client.tty, "-t", f"{seen.session}:{seen.window}.{hop.pane}")


def select(hop: Hop) -> None:
    """Make the pane the one that its session shows."""
    seen = hop.seen_from(None)
    _tmux(hop, "select-window", "-t", f"{seen.session}:{seen.window}", ";", "select-pane", "-t", str(hop.pane))


def open_window(server: Server, client: Client, hop: Hop) -> None:
    """Show the session of another server in a new window of the one that a client looks at."""
    attach = ("env", "-u", "TMUX", "-u", "TMUX_PANE", *_attach(hop))
    literal = (f"{word[:-1]}\\;" if word.endswith(";") else word for word in attach)  # a last `;` would end the command
    run("tmux", "-S", server.socket, "new-window", "-t", f"{client.session}:", *literal)


def attach_command(hop: Hop) -> str:
    """The command that shows the pane's session in a terminal, for a shell."""
    return shlex.join(_attach(hop)) if hop.windows else ""


def _attach(hop: Hop) -> tuple[str, ...]:
    return "tmux", "-S", hop.server.socket, "attach", "-t", hop.seen_from(None).session


def _tmux(hop: Hop, *command: str) -> None:
    run("tmux", "-S", hop.server.socket, *command)


def _ask(pid: int, claimed: str | None) -> tuple[Server, list[re.Match[str]]]:
    """A server by its pid, and its panes: whichever of its sockets leads to it and not to another one."""
    problem = Unavailable("The socket of its tmux is gone.", f"This makes it anew: kill -USR1 {pid}")
    for path in dict.fromkeys(chain([claimed] if claimed else [], _listening(pid))):
        if not is_ours(path):
            continue
        try:
            rows = _matches(_PANE, run("tmux", "-S", path, "list-panes", "-a", "-F", _PANES))
        except Unavailable as error:
            problem = error
            continue
        if rows and int(rows[0][1]) == pid:
            return Server(pid, path), rows
    raise problem


def _clients(server: Server) -> list[Client]:
    rows = _matches(_CLIENT, run("tmux", "-S", server.socket, "list-clients", "-F", _CLIENTS))
    rows.sort(key=lambda row: int(row[1]), reverse=True)
    return [Client(int(row[2]), row[4], row[3]) for row in rows]


def _matches(shape: re.Pattern[str], text: str) -> list[re.Match[str]]:
    return [row for line in text.splitlines() if (row := shape.fullmatch(line))]


def _listening(pid: int) -> Iterable[str]:
    """The paths of a process's Unix sockets."""
    try:
        return sorted({str(one.laddr) for one in psutil.Process(pid).net_connections("unix")} - {""})
    except psutil.Error:
        return ()


def _device(tty: str) -> int | None:
    try:
        return Path(tty).stat().st_rdev
    except OSError:
        return None
