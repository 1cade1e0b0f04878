"""desktop-notifier as macOS would have it: by a stand-in that keeps what it was told."""

import asyncio
import sys
from enum import Enum
from types import ModuleType

import pytest

from aimon_core.errors import Unavailable
from aimon_desktop.notifications import Notice, centre
from aimon_desktop.notifications.centre import Centre

WAITS = Notice("k", "Claude Code · shop", "Waits for your permission.", urgent=True)
DONE = Notice("d", "Codex · site", "Done.", urgent=False)


class Urgency(Enum):
    Critical, Normal = "critical", "normal"


class Capability(Enum):
    TITLE = 1


class Notifier:
    """What the library promises: https://desktop-notifier.readthedocs.io/en/stable/api/."""

    capabilities, allowed, asked = frozenset(Capability), True, True
    silent = False
    last: "Notifier"

    def __init__(self, app_name, app_icon):
        self.app_name, self.shown = app_name, {}
        Notifier.last = self

    async def get_capabilities(self):
        if self.silent:
            await asyncio.Event().wait()
        return self.capabilities

    async def has_authorisation(self):
        return self.allowed

    async def request_authorisation(self):
        return self.asked

    async def send(self, title, message, *, urgency, on_clicked):
        name = f"n{len(self.shown) + 1}"
        self.shown[name] = (title, message, urgency.value, on_clicked)
        return name

    async def clear(self, name):
        del self.shown[name]

    async def clear_all(self):
        self.shown.clear()


@pytest.fixture
def library(monkeypatch):
    module = ModuleType("desktop_notifier")
    module.DesktopNotifier = type("Ours", (Notifier,), {})
    module.Urgency, module.Capability = Urgency, Capability
    monkeypatch.setitem(sys.modules, "desktop_notifier", module)
    return module


@pytest.fixture
def clicked():
    return []


@pytest.fixture
def channel(library, clicked):
    return Centre(clicked.append)


def shown():
    return [said[:3] for said in Notifier.last.shown.values()]


async def test_a_session_has_one_notice_which_is_the_last_one(channel):
    await channel.tell(DONE)
    await channel.tell(WAITS)
    await channel.tell(WAITS)
    assert shown() == [
        ("Codex · site", "Done.", "normal"),
        ("Claude Code · shop", "Waits for your permission.", "critical"),
    ]
    assert Notifier.last.app_name == "aimon"


async def test_a_click_leads_to_the_session_of_the_notice(channel, clicked):
    await channel.tell(DONE)
    await channel.tell(WAITS)
    Notifier.last.shown["n2"][3]()
    assert clicked == ["k"]


async def test_what_was_answered_is_taken_back_and_all_of_it_in_the_end(channel):
    await channel.tell(DONE)
    await channel.tell(WAITS)
    await channel.withdraw("k")
    await channel.withdraw("k")
    assert shown() == [("Codex · site", "Done.", "normal")]
    await channel.close()
    assert shown() == []
    await channel.close()


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ({"capabilities": frozenset()}, "in no app bundle"),
        ({"allowed": False, "asked": False}, "told to show no notifications"),
        ({"silent": True}, "did not answer"),
    ],
)
async def test_a_centre_that_shows_nothing_is_a_reason(channel, library, monkeypatch, state, reason):
    monkeypatch.setattr(centre, "LIMIT_S", 0.02)
    for name, value in state.items():
        setattr(library.DesktopNotifier, name, value)
    with pytest.raises(Unavailable, match=reason):
        await channel.tell(WAITS)


async def test_a_notice_that_cannot_be_taken_back_holds_nobody_up(channel, library, monkeypatch):
    monkeypatch.setattr(centre, "LIMIT_S", 0.02)
    await channel.tell(WAITS)
    monkeypatch.setattr(library.DesktopNotifier, "clear", lambda self, name: asyncio.Event().wait(), raising=False)
    await channel.withdraw("k")
    await channel.tell(DONE)
    monkeypatch.undo()
    Notifier.last.shown.clear()  # by hand
    await channel.withdraw("d")


async def test_who_says_yes_when_asked_is_told(channel, library):
    library.DesktopNotifier.allowed = False
    await channel.tell(DONE)
    assert shown() == [("Codex · site", "Done.", "normal")]


async def test_without_the_library_the_way_to_it_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "desktop_notifier", None)
    with pytest.raises(Unavailable, match=r"pip install 'aimon-tui\[desktop\]'"):
        await Centre(print).tell(WAITS)
