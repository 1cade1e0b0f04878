"""Notices as real programs show them: dunst, clicked; foot and kitty, by their own control sequences."""

import asyncio
import json
import os
import subprocess

import psutil
import pytest

from aimon_core.process import terminal
from aimon_desktop.notifications import Notice
from aimon_desktop.notifications.desktop import Desktop
from aimon_desktop.notifications.notify_send import NotifySend
from aimon_desktop.notifications.terminal import Terminal
from aimon_desktop.terminals import focus
from tests.desktop.real.displays import wayland, x11
from tests.desktop.real.programs import needs
from tests.fakes.notifications import notification_server, session_bus
from tests.fakes.tmux import until

pytestmark = [pytest.mark.desktop, needs("dbus-daemon")]

WAITS = Notice("k", "Claude Code · <shop>", "Waits for <b>your</b> permission.", urgent=True)
DONE = Notice("d", "Codex · site", "Done.", urgent=False)


@pytest.fixture
def bus(tmp_path, monkeypatch):
    with session_bus(tmp_path) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield {"DBUS_SESSION_BUS_ADDRESS": address}


class Dunst:
    """A notification server on a screen of its own, and the hand that clicks."""

    def __init__(self, display, bus):
        self.display = display
        self.environment = display.desk.environment | display.environment | bus
        (display.folder / "dunstrc").write_text("[global]\nfont = Monospace 8\nmarkup = full\n")
        display.start("dunst", "-config", f"{display.folder}/dunstrc", **bus)
        until(lambda: self._run("count").returncode == 0)

    def __call__(self, *words):
        done = self._run(*words)
        assert done.returncode == 0, done
        return done.stdout

    def _run(self, *words):
        return subprocess.run(["dunstctl", *words], env=self.environment, capture_output=True, text=True, timeout=10)

    def shown(self):
        """How many notices are there; dunst draws them in its own time."""
        return int(self("count", "displayed"))

    def seen(self):
        """Titles and bodies of those that have gone, the last one first."""
        (told,) = json.loads(self("history"))["data"]
        return [(one["summary"]["data"], one["body"]["data"]) for one in told]


@pytest.fixture
def dunst(bus):
    with x11() as display:
        yield Dunst(display, bus)


async def click(dunst, clicked):
    """Choose what the notice offers first; the key of the session that it leads to."""
    until(lambda: dunst.shown() == 1)
    dunst("action")
    return await asyncio.wait_for(clicked.get(), 10)


@needs("Xvfb", "i3", "dunst", "dunstctl", "xterm")
async def test_a_click_on_a_notice_of_dunst_leads_to_its_session(dunst):
    clicked = asyncio.Queue()
    channel = Desktop(clicked.put_nowait)
    await channel.tell(DONE)
    assert await click(dunst, clicked) == "d"
    await channel.withdraw("d")
    await channel.tell(WAITS)
    await channel.tell(WAITS)
    session = dunst.display.open("xterm", "xterm", "-e")
    dunst.display.leave()
    assert await click(dunst, clicked) == "k"
    assert (await focus(session.target, dunst.display.desk.outside())).ok
    assert session.comes()
    await channel.close()


@needs("Xvfb", "i3", "dunst", "dunstctl")
async def test_s23_dunst_shows_the_words_and_no_markup_and_takes_back_what_was_answered(dunst):
    channel = Desktop(lambda key: None)
    await channel.tell(WAITS)
    until(lambda: dunst.shown() == 1)
    await channel.withdraw("k")
    until(lambda: dunst.shown() == 0)
    body = "Waits for &lt;b&gt;your&lt;/b&gt; permission."
    assert dunst.seen()[0] == ("Claude Code · <shop>", body)
    await channel.close()


@needs("Xvfb", "i3", "dunst", "dunstctl", "notify-send")
async def test_s23_notify_send_shows_the_same_words(dunst):
    await NotifySend().tell(Notice("k", "-x · y", "<b>", urgent=False))
    until(lambda: dunst.shown() == 1)
    dunst("close-all")
    assert dunst.seen()[0] == ("-x · y", "&lt;b&gt;")


def channel_of(one) -> Terminal:
    """What an aimon in a window's terminal tells by."""
    tty = terminal(psutil.Process(one.target.pid))

    def write(text):
        file = os.open(tty, os.O_WRONLY | os.O_NOCTTY)
        os.write(file, text.encode())
        os.close(file)

    return Terminal(write, one.environ(), bell=False)


@needs("sway", "foot")
async def test_foot_shows_a_notice_by_osc_777():
    with wayland() as display:
        told = display.folder / "told"
        show = display.folder / "show"
        show.write_text(f'#!/bin/sh\nprintf "%s|%s" "$1" "$2" > {told}\n')
        show.chmod(0o700)
        one = display.open("foot", "foot", "-c", "/dev/null", "-o", f"notify={show} ${{title}} ${{body}}",
                           "-o", "notify-focus-inhibit=no")  # fmt: skip
        await channel_of(one).tell(DONE)
        assert until(lambda: told.exists() and told.read_text()) == "Codex · site|Done."


@needs("Xvfb", "i3", "kitty")
async def test_kitty_shows_a_notice_by_osc_99(bus):
    with x11() as display:
        async with notification_server(bus["DBUS_SESSION_BUS_ADDRESS"]) as server:
            one = await asyncio.to_thread(display.open, "kitty", "kitty", "--config", "NONE", **bus)
            await channel_of(one).tell(DONE)
            await server.until(lambda: server.texts)
            assert server.texts == [("Codex · site", "Done.")]
