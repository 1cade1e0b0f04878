"""Notifications over a real D-Bus: clicked, replaced, taken back; and whatever a desktop may fail to do."""

import asyncio
import subprocess
import sys

import pytest

from aimon_core.errors import Unavailable
from aimon_desktop.notifications import Notice, desktop
from aimon_desktop.notifications.desktop import Desktop
from tests.fakes.notifications import needs_bus, notification_server, session_bus

pytestmark = needs_bus

WAITS = Notice("k", "Claude Code · shop", "Waits for your permission.", urgent=True)
DONE = Notice("d", "Codex · site", "Done.", urgent=False)


@pytest.fixture
def bus(tmp_path, monkeypatch):
    with session_bus(tmp_path) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        yield address


@pytest.fixture
async def server(bus):
    async with notification_server(bus) as server:
        yield server


@pytest.fixture
async def channel(bus):
    """The channel, and whom its clicks lead to."""
    clicked = asyncio.Queue()
    channel = Desktop(clicked.put_nowait)
    channel.clicked = clicked
    yield channel
    await channel.close()


async def test_a_notice_says_who_and_what_and_how_urgent(channel, server):
    await channel.tell(WAITS)
    await channel.tell(DONE)
    waits, done = server.shown.values()
    assert waits[:5] == ["aimon", 0, "", "Claude Code · shop", "Waits for your permission."]
    assert waits[5] == ["default", "Go to terminal", "focus", "Go to terminal"]
    assert [said[6]["urgency"].value for said in (waits, done)] == [2, 1]


async def test_a_session_has_one_notice_however_often_it_is_told_of(channel, server):
    await channel.tell(WAITS)
    await channel.tell(Notice("k", "Claude Code · shop", "Done.", urgent=False))
    assert server.texts == [("Claude Code · shop", "Done.")]


@pytest.mark.parametrize("action", ["default", "focus"])
async def test_a_click_leads_to_the_session_of_the_notice(channel, server, action):
    await channel.tell(DONE)
    await channel.tell(WAITS)
    server.signal("ActionInvoked", 99, action)  # another program's notice
    server.signal("ActionInvoked", 2, action)
    assert await asyncio.wait_for(channel.clicked.get(), 10) == "k"
    assert channel.clicked.empty()


async def test_a_notice_that_is_taken_back_is_closed_and_one_that_is_gone_is_left_alone(channel, server):
    await channel.tell(WAITS)
    await channel.withdraw("k")
    await channel.withdraw("k")
    assert (server.shown, server.closed) == ({}, [1])
    await channel.tell(DONE)
    server.signal("NotificationClosed", 2, 2)
    server.signal("ActionInvoked", 2, "default")
    await channel.tell(WAITS)  # an answer comes after the signals
    await channel.withdraw("d")
    assert (server.closed, channel.clicked.empty()) == ([1], True)


async def test_nobody_is_left_to_hear_a_click_when_all_is_over(channel, server):
    await channel.tell(WAITS)
    await channel.tell(DONE)
    await channel.close()
    await server.until(lambda: not server.shown)
    assert server.closed == [1, 2]
    await channel.close()


async def test_s23_the_body_is_no_markup(channel, server):
    await channel.tell(Notice("k", "t", "<a href='file:///x'>&</a>", urgent=False))
    assert server.texts == [("t", "&lt;a href=&#x27;file:///x&#x27;&gt;&amp;&lt;/a&gt;")]


async def test_a_server_without_actions_is_given_none(channel, server):
    server.capabilities = ["body"]
    await channel.tell(WAITS)
    assert server.shown[1][5] == []


async def test_without_a_server_the_reason_is_told_and_the_next_one_is_used(channel, bus):
    with pytest.raises(Unavailable, match=r"shows no notifications: org\.freedesktop\.DBus\.Error\.ServiceUnknown"):
        await channel.tell(WAITS)
    async with notification_server(bus) as server:
        await channel.tell(WAITS)
        assert len(server.shown) == 1


async def test_a_server_that_talks_nonsense_is_none(channel, server):
    server.capabilities = None
    with pytest.raises(Unavailable, match="no notifications: nonsense"):
        await channel.tell(WAITS)
    server.capabilities = ["actions"]
    await channel.tell(WAITS)
    server.signal("ActionInvoked", 1, 7)
    server.signal("ActionInvoked", 1, "default")
    assert await asyncio.wait_for(channel.clicked.get(), 10) == "k"
    assert channel.clicked.empty()


async def test_a_server_that_does_not_answer_costs_its_second_and_nothing_after(channel, server, monkeypatch):
    monkeypatch.setattr(desktop, "LIMIT_S", 0.05)
    server.silent = True
    with pytest.raises(Unavailable, match="did not answer"):
        await channel.tell(WAITS)
    server.silent = False
    monkeypatch.undo()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", channel_address(server))
    await channel.tell(WAITS)
    assert len(server.shown) == 1


def channel_address(server) -> str:
    ((_, options),) = server._bus._bus_address
    return f"unix:path={options['path']}"


async def test_a_bus_that_ends_is_told_and_not_waited_for(tmp_path, monkeypatch):
    channel = Desktop(lambda key: None)
    with session_bus(tmp_path) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        async with notification_server(address):
            await channel.tell(WAITS)
    await channel.withdraw("k")
    with pytest.raises(Unavailable, match="cannot be reached"):
        await channel.tell(WAITS)
    await channel.close()


@pytest.mark.parametrize(
    ("address", "said"), [("unix:path=/nowhere/bus", "cannot be reached"), ("nonsense", "cannot be reached")]
)
async def test_a_bus_that_is_not_there_is_a_reason(monkeypatch, address, said):
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    with pytest.raises(Unavailable, match=said):
        await Desktop(lambda key: None).tell(WAITS)


async def test_the_usual_place_of_the_bus_is_looked_at(bus, tmp_path, monkeypatch):
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    channel = Desktop(lambda key: None)
    async with notification_server(bus) as server:
        await channel.tell(WAITS)
        assert len(server.shown) == 1
        await channel.close()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "none"))
    with pytest.raises(Unavailable, match="no session bus"):
        await channel.tell(WAITS)


async def test_without_the_library_the_way_to_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "dbus_fast.aio", None)
    with pytest.raises(Unavailable, match=r"pip install 'aimon-tui\[desktop\]'"):
        await Desktop(lambda key: None).tell(WAITS)


def test_the_library_is_loaded_when_somebody_is_told_and_not_before():
    code = "import sys, aimon_tui.outlets, aimon_tui.notifying; sys.exit('dbus_fast' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
