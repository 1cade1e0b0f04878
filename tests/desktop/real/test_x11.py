"""Terminals on X11: the right window and the right tab, raised from another workspace."""

import json
import subprocess
import time

import pytest

from aimon_desktop.terminals import focus, in_front, locate, viewers
from tests.desktop.real.displays import x11
from tests.desktop.real.programs import needs
from tests.fakes.notifications import session_bus
from tests.fakes.tmux import needs_tmux, target, until

pytestmark = [pytest.mark.desktop, needs("Xvfb", "i3", "wmctrl")]

TERMINALS = {
    "xterm": ("xterm", "-e"),
    "alacritty": ("alacritty", "-e"),
    "kitty": ("kitty", "--config", "NONE"),
    "urxvt": ("urxvt", "-e"),
    "st": ("st", "-e"),
    "xfce4-terminal": ("xfce4-terminal", "--disable-server", "-x"),
}
CONTROLLED = ("kitty", "--config", "NONE", "-o", "allow_remote_control=yes", "-o")


@pytest.fixture(scope="module")
def display():
    with x11() as display:
        yield display


@pytest.fixture(scope="module")
def bus(tmp_path_factory):
    with session_bus(tmp_path_factory.mktemp("bus")) as address:
        yield {"DBUS_SESSION_BUS_ADDRESS": address}


class Kitty:
    """A kitty with remote control, and its windows."""

    def __init__(self, display, name):
        self.display = display
        self.first = display.open(name, *CONTROLLED, f"listen_on=unix:{display.folder}/{name}.kitty")
        self.socket = self.first.environ()["KITTY_LISTEN_ON"]

    def launch(self, kind, name):
        """Another window of it, as a tab or as one of the desktop."""
        self._ask("launch", f"--type={kind}", "--keep-focus", "sh", "-c", self.display.noting(name))
        return target(self.display.desk.note(name))

    def shows(self):
        """The processes in the windows that are in front in their tabs, and those in front in it."""
        tabs = [tab for window in json.loads(self._ask("ls")) for tab in window["tabs"] if tab["is_focused"]]
        return {window["pid"] for tab in tabs for window in tab["windows"] if window["is_focused"]}

    def _ask(self, *words):
        command = ["kitty", "@", "--to", self.socket, *words]
        environ = self.display.desk.environment | self.display.environment
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=30, check=True).stdout


@pytest.mark.parametrize("desktop", ["i3", "X11"])
@pytest.mark.parametrize("name", [pytest.param(name, marks=needs(name)) for name in TERMINALS])
async def test_the_window_of_a_terminal_is_raised(display, name, desktop):
    unset = ("env", "-u", "I3SOCK") if desktop == "X11" else ()
    one = display.open(f"{name}-{desktop}", *unset, *TERMINALS[name])
    display.leave()
    by_i3 = desktop == "i3" and name != "xfce4-terminal"  # i3 knows windows by WINDOWID, which that one does not set
    assert str((await locate(one.target))[-1]).startswith("i3 window" if by_i3 else "window")
    assert (await focus(one.target, display.desk.outside())).ok
    assert one.comes()


@needs("urxvt")
async def test_of_two_windows_of_one_urxvt_the_right_one_is_raised(display):
    socket = {"RXVT_SOCKET": f"{display.folder}/urxvt"}
    display.start("urxvtd", **socket)
    until((display.folder / "urxvt").is_socket)
    for one in [display.open(f"urxvt-{number}", "urxvtc", "-e", **socket) for number in (1, 2)]:
        display.leave()
        assert (await focus(one.target, display.desk.outside())).ok
        assert one.comes()


@needs("xterm", "xprop")
@pytest.mark.parametrize("desktop", ["i3", "X11"])
def test_the_desktop_says_whether_a_session_is_before_somebody(display, desktop):
    unset = ("env", "-u", "I3SOCK") if desktop == "X11" else ()
    one = display.open(f"seen-{desktop}", *unset, *TERMINALS["xterm"])
    long_ago_s = time.time() + 2 * viewers.LATELY_S
    assert until(lambda: viewers.watched(one.target, long_ago_s))
    assert in_front(one.target)
    display.leave()
    assert until(lambda: not viewers.watched(one.target, time.time()))
    assert not in_front(one.target)


@needs("kitty")
async def test_a_tab_of_kitty_is_selected_and_its_window_raised(display):
    kitty = Kitty(display, "tabs")
    tab = kitty.launch("tab", "second-tab")
    for session in (tab, kitty.first.target, tab):
        display.leave()
        outcome = await focus(session, display.desk.outside())
        assert outcome.ok
        assert kitty.first.comes()
        assert session.pid in kitty.shows()


@needs("kitty")
async def test_of_two_windows_of_one_kitty_the_right_one_is_raised(display):
    kitty = Kitty(display, "windows")
    display.workspace("second-window")
    before = display.windows()
    session = kitty.launch("os-window", "second-os-window")
    (window,) = until(lambda: display.windows() - before)
    for wanted, number in ((session, window), (kitty.first.target, kitty.first.window)):
        display.leave()
        assert (await focus(wanted, display.desk.outside())).ok
        assert until(lambda number=number: display.focused() == number)


@needs("konsole", "dbus-send", "dbus-daemon")
async def test_a_tab_of_konsole_is_selected_and_its_window_raised(display, bus):
    konsole = display.open("konsole", "konsole", "-e", **bus)
    environ = konsole.environ()

    def ask(member, *words):
        to = (f"--dest={environ['KONSOLE_DBUS_SERVICE']}", environ["KONSOLE_DBUS_WINDOW"])
        command = ["dbus-send", "--session", "--print-reply", *to, f"org.kde.konsole.Window.{member}", *words]
        return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=30, check=True).stdout

    own = environ["KONSOLE_DBUS_SESSION"].rpartition("/")[2]
    ask("newSession")
    assert until(lambda: ask("currentSession").split()[-1] != own)
    display.leave()
    assert (await focus(konsole.target, display.desk.outside())).ok
    assert ask("currentSession").split()[-1] == own
    assert konsole.comes()


@needs("kitty", "tmux")
async def test_kitty_in_tmux_in_kitty_is_three_hops_and_none_is_taken_for_another(display, desk):
    """The inner one has a window of its own, though the environment in it tells of the outer one and of tmux."""
    tmux = desk.server()
    tmux.session("ai")
    outer = display.open("outer", *CONTROLLED, f"listen_on=unix:{display.folder}/outer.kitty",
                         running=f"tmux -S {tmux.socket} attach -t ai")  # fmt: skip
    until(tmux.clients)
    display.workspace("inner")
    before = display.windows()
    environ = [f"{key}={value}" for key, value in (outer.environ() | {"LC_ALL": "C.UTF-8"}).items()]
    inner_kitty = ("env", *environ, *CONTROLLED, f"listen_on=unix:{display.folder}/inner.kitty")
    pane = tmux.window("ai", *inner_kitty, "sh", "-c", display.noting("inner"))
    inner = target(display.desk.note("inner"))
    (window,) = until(lambda: display.windows() - before)
    kitty, own = await locate(inner)
    assert (kitty.name, own.focused) == ("kitty 1", True)
    hops = await locate(pane.target)
    assert [str(hop).partition(" ")[0] for hop in hops] == ["tmux", "kitty", "i3"]
    for session, shown in ((inner, window), (pane.target, outer.window)):
        display.leave()
        assert (await focus(session, display.desk.outside())).ok
        assert until(lambda shown=shown: display.focused() == shown)
    assert pane.id in tmux.clients().values()


@needs_tmux
@needs("kitty", "tmux")
async def test_a_pane_in_a_tmux_that_was_born_elsewhere_leads_to_the_terminal_that_shows_it(display, desk):
    tmux = desk.server()
    stale = ("env", "KITTY_WINDOW_ID=77", f"KITTY_LISTEN_ON=unix:{desk.folder}/gone", "WINDOWID=1", "I3SOCK=/gone")
    tmux.session("ai", *stale, "sleep", "600")
    pane = tmux.window("ai", *stale, "sleep", "600")
    shown = display.open("born", *TERMINALS["kitty"], running=f"tmux -S {tmux.socket} attach -t ai")
    until(tmux.clients)
    display.leave()
    assert (await focus(pane.target, display.desk.outside())).ok
    assert shown.comes()
    assert list(tmux.clients().values()) == [pane.id]


@needs_tmux
@needs("xterm", "tmux")
async def test_a_click_elsewhere_raises_the_terminal_of_who_is_switched(display, desk):
    tmux = desk.server()
    aimon, pane = tmux.session("aimon"), tmux.session("work")
    shown = display.open("switched", *TERMINALS["xterm"], running=f"tmux -S {tmux.socket} attach -t aimon")
    (tty,) = until(tmux.clients)
    display.leave()
    outcome = await focus(pane.target, aimon.pid)
    assert (outcome.line, tmux.shows(tty)) == (f"Switched to tmux {pane.id}.", pane.id)
    assert shown.comes()


@needs("gnome-terminal", "dbus-daemon", "dbus-send")
@pytest.mark.parametrize("desktop", ["i3", "X11"])
async def test_of_two_windows_of_gnome_terminal_each_is_told_by_its_title(display, bus, desktop):
    """One process has them all, none of them says which it is, and what they are told comes over the bus."""
    environ = bus | {"GSETTINGS_BACKEND": "memory", "NO_AT_BRIDGE": "1"} | ({} if desktop == "i3" else {"I3SOCK": ""})
    name = f"org.aimon.{desktop}"
    display.start("/usr/libexec/gnome-terminal-server", "--app-id", name, **environ)
    asked = ("--print-reply", "--dest=org.freedesktop.DBus", "/", "org.freedesktop.DBus.NameHasOwner", f"string:{name}")
    owner = ["dbus-send", f"--bus={bus['DBUS_SESSION_BUS_ADDRESS']}", *asked]
    until(lambda: b"true" in subprocess.run(owner, capture_output=True).stdout)
    terminal = ("gnome-terminal", "--app-id", name, "--window", "--")
    windows = [display.open(f"gnome-{desktop}-{number}", *terminal, **environ) for number in (1, 2)]
    for one in (*windows, windows[0]):
        display.leave()
        assert (await focus(one.target, display.desk.outside())).ok
        assert one.comes()
