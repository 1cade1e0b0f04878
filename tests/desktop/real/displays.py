"""Screens of our own: an X server with i3, and sway without one. Nothing of the machine's own desktop is asked."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest

from aimon_desktop.terminals import Target
from tests.fakes.tmux import WAIT_S, Desk, desk, target, until

_I3 = "# i3 config file (v4)\nfont pango:monospace 8\nfocus_on_window_activation focus\nipc-socket {socket}\n"
_SWAY = "xwayland disable\noutput HEADLESS-1 resolution 1200x800\n"
_HEADLESS = {"WLR_BACKENDS": "headless", "WLR_LIBINPUT_NO_DEVICES": "1", "WLR_RENDERER": "pixman"}
_NOBODY = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
"""sway refuses to run where it could become root."""


class Display:
    """A screen, and who says which of its windows has the focus."""

    def __init__(self, desk: Desk, tool: str, **environment: str) -> None:
        self.desk, self._tool = desk, tool
        self.folder = desk.folder
        self.environment = environment

    def start(self, *command: str, **environment: str) -> None:
        """A program on this screen."""
        self.desk.start(*command, **self.environment | environment)

    def open(self, name: str, *terminal: str, running: str = "", **environment: str) -> "Shown":
        """A session of that name in a new window on a workspace of its own, by a terminal's command."""
        self.workspace(name)
        before = self.windows()
        self.start(*terminal, "sh", "-c", self.noting(name, running), **environment)
        (window,) = until(lambda: self.windows() - before)
        return Shown(self, window, target(self.desk.note(name)))

    def noting(self, name: str, running: str = "") -> str:
        """What a shell does to be a session of that name."""
        return f"echo $$ > {self.folder}/{name}; exec {running or 'sleep 600'}"

    def leave(self) -> None:
        """Look at a workspace without windows."""
        self.workspace("elsewhere")
        assert self.focused() is None

    def workspace(self, name: str) -> None:
        self._ask("workspace", name)

    def windows(self) -> set[int]:
        return {node["id"] for node in self._leaves()}

    def focused(self) -> int | None:
        """The window that keys go to."""
        return next((node["id"] for node in self._leaves() if node["focused"]), None)

    def title(self, window: int) -> str:
        return next(node["name"] for node in self._leaves() if node["id"] == window)

    def _leaves(self) -> list[dict[str, Any]]:
        """Windows; an empty workspace is none."""
        found, nodes = [], [json.loads(self._ask("-t", "get_tree"))]
        while nodes:
            node = nodes.pop()
            nodes += node["nodes"] + node["floating_nodes"]
            if node.get("window") or node.get("app_id") or node.get("pid"):
                found.append(node)
        return [node for node in found if node["type"] in {"con", "floating_con"}]

    def _ask(self, *words: str) -> str:
        command = [self._tool, *words]
        environ = self.desk.environment | self.environment
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=WAIT_S, check=True).stdout


class Shown:
    """A session in a window."""

    def __init__(self, display: Display, window: int, target: Target) -> None:
        self.display, self.window, self.target = display, window, target

    def environ(self) -> dict[str, str]:
        """What its terminal gave it."""
        return psutil.Process(self.target.pid).environ()

    def comes(self) -> bool:
        """Whether its window gets the focus; X11 takes its time."""
        return until(lambda: self.display.focused() == self.window)


@contextmanager
def x11() -> Iterator[Display]:
    """An X server with i3."""
    with desk() as here:
        socket, environment = f"{here.folder}/i3", {"LC_ALL": "C.UTF-8", "LIBGL_ALWAYS_SOFTWARE": "1"}
        start = f"exec Xvfb -displayfd 3 -screen 0 1000x700x24 -nolisten tcp 3> {here.folder}/number"
        here.start("sh", "-c", start)
        number = here.folder / "number"
        environment |= {"DISPLAY": ":" + until(lambda: number.exists() and number.read_text().strip())}
        (here.folder / "i3.conf").write_text(_I3.format(socket=socket))
        here.start("i3", "-c", f"{here.folder}/i3.conf", **environment)
        until((here.folder / "i3").exists)
        display = Display(here, "i3-msg", **environment, I3SOCK=socket, XDG_RUNTIME_DIR=str(here.folder))
        yield display


@contextmanager
def wayland() -> Iterator[Display]:
    """sway, headless."""
    with desk() as here:
        environment = {"LC_ALL": "C.UTF-8", "LIBGL_ALWAYS_SOFTWARE": "1", "XDG_RUNTIME_DIR": str(here.folder)}
        (here.folder / "sway.conf").write_text(_SWAY)
        refused = _NOBODY if os.getuid() == 0 else ()
        if subprocess.run([*refused, "true"], capture_output=True).returncode:
            pytest.skip("sway refuses to run as root, and here root may not become nobody")
        here.start(*refused, "sway", "--unsupported-gpu", "-c", f"{here.folder}/sway.conf", **environment, **_HEADLESS)
        (socket,) = until(lambda: list(here.folder.glob("sway-ipc.*.sock")))
        name = until(lambda: [one.name for one in here.folder.glob("wayland-*") if one.suffix != ".lock"])[0]
        yield Display(here, "swaymsg", **environment, SWAYSOCK=str(socket), WAYLAND_DISPLAY=name)
