"""Private tmux servers with terminals that really attach to them: nothing of the machine's own tmux is ever asked."""

import os
import select
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TypeVar

import psutil
import pytest

from aimon_desktop.terminals import Target

T = TypeVar("T")
WAIT_S = 10
FOREVER = ("sleep", "600")

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

_ORPHANED = 'exec 3<&0; "$0" "$@" <&3 3<&- >/dev/null & echo $!'
_IN_A_TERMINAL = "import pty, sys; pty.spawn(sys.argv[1:])"


def until(true: Callable[[], T]) -> T:
    """What a question answers as soon as it is true."""
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        if answer := true():
            return answer
        select.select([], [], [], 0.005)
    raise AssertionError("it never came true")


def target(pid: int) -> Target:
    return Target(pid, psutil.Process(pid).create_time())


class Started:
    """A program that was started and left alone."""

    def __init__(self, pid: int, keyboard: IO[bytes]) -> None:
        self.pid, self.keyboard = pid, keyboard
        self.process = psutil.Process(pid)

    def press(self, keys: bytes) -> None:
        self.keyboard.write(keys)
        self.keyboard.flush()

    def end(self) -> None:
        self.keyboard.close()
        with suppress(psutil.NoSuchProcess):
            self.process.kill()


class Desk:
    """A folder with tmux servers and terminals in it, all gone in the end.

    Whatever runs here is below none of ours: tests that run in a tmux must not be found in it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "TMUX_TMPDIR": str(folder),
            "TERM": "xterm",
            "SHELL": "/bin/sh",
            "LC_ALL": "C",
        }
        self._servers: list[Server] = []
        self._started: list[Started] = []
        self._noted: list[psutil.Process] = []

    def server(self, name: str = "main") -> "Server":
        self._servers.append(Server(self, name))
        return self._servers[-1]

    def start(self, *command: str, **environment: str) -> Started:
        """A program whose parent has gone; it can be typed to."""
        with subprocess.Popen(
            ["sh", "-c", _ORPHANED, *command], env=self.environment | environment, cwd=self.folder,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
        ) as shell:  # fmt: skip
            keyboard, shell.stdin = shell.stdin, None
            self._started.append(Started(int(shell.stdout.read()), keyboard))
        return self._started[-1]

    def terminal(self, *command: str) -> Started:
        """A program in a terminal of its own."""
        return self.start(sys.executable, "-c", _IN_A_TERMINAL, *command)

    def outside(self, **environment: str) -> int:
        """A process in no terminal at all."""
        return self.start(*FOREVER, **environment).pid

    def note(self, name: str) -> int:
        """The pid that a program of ours wrote to a file; it may outlive its server."""
        file = self.folder / name
        self._noted.append(psutil.Process(int(until(lambda: file.exists() and file.read_text().strip()))))
        return self._noted[-1].pid

    def close(self) -> None:
        for server in self._servers:
            server.close()
        for started in self._started:
            started.end()
        for process in self._noted:
            with suppress(psutil.NoSuchProcess):
                process.kill()


class Server:
    """One tmux server."""

    def __init__(self, desk: Desk, name: str) -> None:
        self.desk = desk
        self.path = desk.folder / name
        self.socket = str(self.path)
        self._terminals: dict[str, Started] = {}

    def __call__(self, *command: str) -> str:
        done = subprocess.run(
            ["tmux", "-f", "/dev/null", "-S", self.socket, *command], env=self.desk.environment, cwd=self.desk.folder,
            capture_output=True, text=True, timeout=WAIT_S,
        )  # fmt: skip
        assert done.returncode == 0, (command, done.stderr)
        return done.stdout.strip()

    def session(self, name: str, *command: str) -> "Pane":
        return self._pane("new-session", "-d", "-s", name, command=command)

    def window(self, session: str, *command: str) -> "Pane":
        return self._pane("new-window", "-d", "-t", f"{session}:", command=command)

    def split(self, pane: "Pane", *command: str) -> "Pane":
        return self._pane("split-window", "-d", "-t", pane.id, command=command)

    def _pane(self, *how: str, command: tuple[str, ...]) -> "Pane":
        pane, pid = self(*how, "-P", "-F", "#{pane_id} #{pane_pid}", *(command or FOREVER)).split()
        return Pane(self, pane, int(pid))

    @property
    def pid(self) -> int:
        return int(self("display-message", "-p", "#{pid}"))

    def attach(self, session: str) -> str:
        """The name of a new terminal that shows a session."""
        before = self.clients()
        terminal = self.desk.terminal("tmux", "-S", self.socket, "attach", "-t", session)
        tty = until(lambda: set(self.clients()) - set(before)).pop()
        self._terminals[tty] = terminal
        return tty

    def type(self, client: str) -> None:
        """Press a key in a terminal, which makes it the one used last."""
        self._terminals[client].press(b" ")

        def used() -> bool:
            told = self("list-clients", "-F", "#{client_tty} #{client_activity}").splitlines()
            moments = dict(line.split(" ") for line in told)
            return moments[client] == max(moments.values())

        until(used)

    def clients(self) -> dict[str, str]:
        """Terminal to the pane that it shows, once it shows one."""
        told = self("list-clients", "-F", "#{client_tty} #{pane_id}").splitlines()
        return dict(words for line in told if len(words := line.split()) == 2)

    def shows(self, client: str) -> str:
        """The pane that a terminal shows now; `display-message -p -c` tells of whichever session was used last."""
        return self.clients()[client]

    def popup(self, client: str, command: str) -> None:
        """Open a popup in a terminal; the command of tmux that does so lasts as long as the popup."""
        self.desk.start("tmux", "-S", self.socket, "display-popup", "-c", client, "-E", command)

    def close(self) -> None:
        subprocess.run(["tmux", "-S", self.socket, "kill-server"], capture_output=True, env=self.desk.environment)


class Pane:
    """A pane and the process in it."""

    def __init__(self, server: Server, pane: str, pid: int) -> None:
        self.server, self.id, self.pid = server, pane, pid

    @property
    def target(self) -> Target:
        """The process, once it is what it was started for: between fork and exec it is still tmux."""
        until(lambda: not psutil.Process(self.pid).name().startswith("tmux"))
        return target(self.pid)

    def child(self, name: str) -> int:
        """A process below, by its name."""

        def below() -> int:
            return next((one.pid for one in psutil.Process(self.pid).children(recursive=True) if one.name() == name), 0)

        return until(below)


@contextmanager
def desk() -> Iterator[Desk]:
    folder = tempfile.mkdtemp(prefix="aimon-")  # a socket's path may have 107 bytes, pytest's own folders have more
    one = Desk(Path(folder))
    try:
        yield one
    finally:
        one.close()
        shutil.rmtree(folder)
