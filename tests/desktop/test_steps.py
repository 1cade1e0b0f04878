"""Hops beyond tmux: what each terminal and desktop is told, by programs that only write down how they were called."""

import json
import os
import socket
import struct
import threading

import psutil
import pytest

from aimon_core import process
from aimon_core.errors import Unavailable
from aimon_desktop import terminals
from aimon_desktop.terminals import boundaries, focus, locate, screen, windows, zellij
from aimon_desktop.terminals.step import Boundary, Shown, Step
from tests.desktop.test_chain import PYTHON
from tests.fakes.tmux import desk as desk_of_its_own
from tests.fakes.tmux import target, until


def leaf(number, **facts):
    return {"type": "con", "id": number, "name": None, "focused": False} | facts


SWAY = {"type": "root", "nodes": [leaf(7, pid=90), leaf(8, pid=41)]}
UUID = "{01234567-89ab-cdef-0123-456789abcdef}"


@pytest.fixture
def told(tmp_path, monkeypatch):
    """Stand-ins on the PATH: what they print is given, how they were called is kept."""
    log = tmp_path / "log"

    def install(name, prints=""):
        (tmp_path / f"{name}.out").write_text(prints)
        (tmp_path / name).write_text(f'#!/bin/sh\necho "{name} $*" >> {log}\ncat {tmp_path}/{name}.out\n')
        (tmp_path / name).chmod(0o700)
        return lambda: log.read_text().splitlines()

    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    return install


@pytest.fixture
def serve(tmp_path):
    """A Unix socket that answers one connection after another, and what came over it."""
    sockets, heard = [], []

    def start(*answers):
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(tmp_path / "s"))
        listening.listen()
        sockets.append(listening)

        def answer():
            for one in answers:
                connection, _ = listening.accept()
                with connection:
                    heard.append(connection.recv(4096))
                    connection.sendall(one)

        threading.Thread(target=answer, daemon=True).start()
        return str(tmp_path / "s"), heard

    yield start
    for one in sockets:
        one.close()


def boundary(name, tty="/dev/pts/9", **environ):
    return Boundary(name, (41, 40), environ, tty)


def ipc(kind, document):
    body = json.dumps(document).encode()
    return b"i3-ipc" + struct.pack("=II", len(body), kind) + body


@pytest.mark.parametrize(
    ("edge", "program", "call"),
    [
        (boundary("wezterm-gui", WEZTERM_PANE="3"), "wezterm", "cli activate-pane --pane-id 3"),
        (boundary("screen", STY="41.ai", WINDOW="2"), "screen", "-S 41.ai -X select 2"),
        (boundary("zellij", ZELLIJ_SESSION_NAME="ai", ZELLIJ_PANE_ID="4"), "zellij",
         "--session ai action focus-pane-id terminal_4"),
        (boundary("konsole", KONSOLE_DBUS_SERVICE=":1.5", KONSOLE_DBUS_SESSION="/Sessions/2",
                  KONSOLE_DBUS_WINDOW="/Windows/1"), "dbus-send",
         "--session --print-reply --dest=:1.5 /Windows/1 org.kde.konsole.Window.setCurrentSession int32:2"),
    ],
)  # fmt: skip
def test_a_terminal_is_told_ids_and_nothing_else(edge, program, call, told, monkeypatch):
    for module in (screen, zellij):
        monkeypatch.setattr(module, "_client", lambda _: 99)
    calls = told(program)
    boundaries.step(edge).show()
    assert calls() == [f"{program} {call}"]


@pytest.mark.parametrize(
    ("edge", "program", "prints", "call"),
    [
        (boundary("foot", HYPRLAND_INSTANCE_SIGNATURE="ab_1"), "hyprctl",
         '[{"pid": 41, "address": "0x5f", "title": "sh", "focusHistoryID": 1}]',
         "--instance ab_1 dispatch focuswindow address:0x5f"),
        (boundary("foot", NIRI_SOCKET="/run/n"), "niri",
         '[{"pid": null, "id": 1}, {"pid": 41, "id": 6, "title": null, "is_focused": true}]',
         "msg action focus-window --id 6"),
        (boundary("xterm", DISPLAY=":9", WINDOWID="18"), "wmctrl",
         "0x00000011  0 41  host a\n0x00000012 -1 41  host b\n0x00000013  0 1  host 41\n", "-i -a 0x12"),
        (boundary("code", DISPLAY=":9", I3SOCK="/i", WINDOWID="17"), "wmctrl",
         "0x00000015  0 40  host a\n", "-i -a 0x15"),
        (boundary("foot", WAYLAND_DISPLAY="w", XDG_CURRENT_DESKTOP="KDE"), "kdotool", UUID, f"windowactivate {UUID}"),
    ],
)  # fmt: skip
def test_a_desktop_raises_the_window_of_the_terminal(edge, program, prints, call, told):
    calls = told(program, prints)
    windows.window(edge).show()
    assert calls()[-1] == f"{program} {call}"


@pytest.mark.parametrize(
    ("active", "focused"),
    [("window id # 0x12", True), ("window id # 0x0", False), ("window id # 0x13", False), ("no such atom", None)],
)
def test_which_window_has_the_focus_is_known_on_x11_where_xprop_is(active, focused, told):
    told("wmctrl", "0x00000012  0 41  host a\n")
    told("xprop", f"_NET_ACTIVE_WINDOW(WINDOW): {active}\n")
    assert windows.window(boundary("xterm", DISPLAY=":9", WINDOWID="18")).focused is focused


def test_on_macos_the_tab_with_the_terminal_is_selected(told):
    calls = told("osascript")
    boundaries.step(boundary("iTerm2", tty="/dev/ttys004")).show()
    assert calls()[-1] == "end run /dev/ttys004"


def test_sway_is_asked_for_the_tree_and_told_a_number(serve):
    path, heard = serve(ipc(4, SWAY), ipc(0, [{"success": True}]), ipc(0, [{"success": False}]))
    window = windows.window(boundary("foot", SWAYSOCK=path))
    window.show()
    assert (str(window), heard[1][14:]) == ("sway window 8", b"[con_id=8] focus")
    with pytest.raises(Unavailable, match="no window 8"):
        window.show()


def test_i3_tells_no_pid_and_is_asked_by_the_x11_window(serve):
    tree = {"type": "root", "nodes": [leaf(5, window=17), leaf(6, window=18)]}
    path, _ = serve(ipc(4, tree))
    assert str(windows.window(boundary("xterm", I3SOCK=path, WINDOWID="18"))) == "i3 window 6"


def test_kitty_selects_its_window_or_says_that_it_is_gone(serve):
    path, heard = serve(b'\x1bP@kitty-cmd{"ok": true}\x1b\\', b'\x1bP@kitty-cmd{"ok": false}\x1b\\', b"rubbish")
    step = boundaries.step(boundary("kitty", KITTY_WINDOW_ID="4", KITTY_LISTEN_ON=f"unix:{path}"))
    step.show()
    assert json.loads(heard[0][12:-2])["payload"] == {"match": "id:4"}
    for problem in ("no window 4", "cannot be asked"):
        with pytest.raises(Unavailable, match=problem):
            step.show()


@pytest.mark.parametrize("name", ["kitty", "wezterm-gui", "konsole", "screen", "zellij", "code", "sshd"])
def test_s15_what_has_not_the_shape_of_an_id_is_not_used(name):
    keys = "KITTY_WINDOW_ID KITTY_LISTEN_ON WEZTERM_PANE STY WINDOW ZELLIJ_SESSION_NAME ZELLIJ_PANE_ID SSH_CONNECTION"
    step = boundaries.step(boundary(name, **dict.fromkeys(keys.split(), "1; exec x")))
    assert step.show is None
    assert step.why_not.endswith(".")
    assert not step.command


def test_a_login_from_elsewhere_has_a_command_to_copy(monkeypatch):
    monkeypatch.setenv("LOGNAME", "me")
    step = boundaries.step(boundary("sshd", SSH_CONNECTION="10.0.0.5 40000 10.0.0.9 22"))
    assert (step.show, step.command) == (None, "ssh -t -p 22 me@10.0.0.9")


def test_screen_that_nobody_shows_has_a_command_to_copy(monkeypatch):
    monkeypatch.setattr(screen, "_client", lambda _: None)
    assert boundaries.step(boundary("screen", STY="41.ai", WINDOW="2")).command == "screen -x 41.ai -p 2"


def test_the_nearest_process_with_a_window_has_it_and_of_several_none_is_guessed():
    a, b, c = (Shown(pid, name) for pid, name in ((40, "a"), (41, "b"), (41, "c")))
    assert windows.nearest([a, b], (41, 40)) == [b]
    assert windows.nearest([a, b, c], (41, 40)) == [b, c]
    assert windows.nearest([a, b, c], (41, 40), "c") == [c]
    assert windows.nearest([a, b, c], (40, 41), "c") == [a]
    assert windows.nearest([a], (41,)) == []


@pytest.mark.parametrize("environ", [{}, {"WAYLAND_DISPLAY": "w"}, {"SWAYSOCK": "/gone"}, {"NIRI_SOCKET": "/n"}])
def test_a_desktop_that_cannot_be_asked_says_why(environ, told):
    told("niri", '{"not": "a list"}')
    window = windows.window(boundary("foot", **environ))
    assert window.show is None
    assert window.why_not.endswith(".")


async def test_from_a_process_to_its_window_the_innermost_first(told):
    with desk_of_its_own() as desk:
        calls = told("wezterm")
        (desk.folder / "wezterm-gui").symlink_to(PYTHON)
        script = f"import subprocess; subprocess.run(['sh', '-c', 'echo $$ > {desk.folder}/pid; exec sleep 600'])"
        gui = desk.start(f"{desk.folder}/wezterm-gui", "-c", script, WEZTERM_PANE="3", DISPLAY=":9")
        told("wmctrl", f"0x00000012  0 {gui.pid}  host a\n")
        session = target(desk.note("pid"))
        assert [str(hop) for hop in await locate(session)] == ["wezterm 3", "window 18"]
        outcome = await focus(session, desk.outside())
        assert (outcome.ok, outcome.line) == (True, "Selected wezterm 3.")
        assert calls()[-2:] == ["wezterm cli activate-pane --pane-id 3", "wmctrl -i -a 0x12"]


def test_what_fails_further_out_is_said_and_undoes_nothing():
    tab, window = Step("kitty 4", lambda: None), Step("window", why_not="Its window was not found.")
    assert terminals._show((tab, window), ()) == terminals.Outcome(True, "Selected kitty 4. Its window was not found.")
    assert not terminals._show((window,), ()).ok


def test_helpers_below_a_terminal_have_none_and_the_first_that_has_one_tells_it(tmp_path):
    """As Ptyxis has its agent and iTerm2 its server between itself and the shells."""
    with desk_of_its_own() as desk:
        inner = f"import pty; pty.spawn(['sh', '-c', 'echo $$ > {desk.folder}/pid; exec sleep 600'])"
        outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {inner!r}])"
        ptyxis = desk.start(str(PYTHON), "-c", outer)
        shell = desk.note("pid")
        agent = until(lambda: [one.pid for one in ptyxis.process.children()])[0]
        found = boundaries.beyond([shell, agent], ptyxis.pid)
        assert found.tty == process.terminal(psutil.Process(shell)) is not None


def test_a_child_that_may_not_be_read_tells_nothing_and_the_desktop_is_known_all_the_same(monkeypatch):
    """A setgid `screen` right below a terminal."""
    with desk_of_its_own() as desk:
        edge, child = desk.outside(DISPLAY=":9", WINDOWID="7"), desk.outside(WINDOWID="8")
        environ = psutil.Process.environ
        assert boundaries.beyond([child], edge).environ["WINDOWID"] == "8"
        refused = psutil.AccessDenied(child)

        def read(one):
            if one.pid == child:
                raise refused
            return environ(one)

        monkeypatch.setattr(psutil.Process, "environ", read)
        assert boundaries.beyond([child], edge).environ == {"DISPLAY": ":9"}
