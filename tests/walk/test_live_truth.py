"""Captures at their true times: the state on the screen is the one that the client itself writes down, all the time."""

from pathlib import Path
from typing import NamedTuple

import pytest

from aimon_core.events import (
    Event,
    PermissionAnswered,
    PermissionAsked,
    PromptSubmitted,
    SessionEnded,
    SubagentEnded,
    ToolFinished,
    TurnEnded,
)
from tests.fakes.captures import ROOT
from tests.fakes.playback import FRAME_S, Told, looks, told

LIVE = sorted(folder for folder in (ROOT / "claude-live").iterdir() if folder.is_dir())
WAITING = [ROOT / "claude-code" / name for name in ("tui_permission", "tui_auto_check_dialog")]

SHOWS = {"working": "busy", "waiting": "waiting"}
"""What a state is in the client's own words; every other one is idle."""

AROUND_S = 0.4
"""Around a change the two may differ: a file is written, a hook starts, a batch of telemetry is sent."""

SEEN_S = 0.25

WAITS = {"tui_permission": 4, "tui_auto_check_dialog": 1, "permission": 3, "subagents": 1, "subagent_denied": 1}
WAITS |= {"compact_clear": 0, "queued": 1}
"""How often each waits for a person."""


def agreement(folder: Path, channels: str = "hooks logs traces") -> float:
    """The share of looks in which the state is what the client says, those around its changes left out."""
    words = told(folder)
    same = []
    for look in looks(folder, words[-1].unix, channels):
        word = said(words, look.unix)
        if word is not None and not any(abs(change.unix - look.unix) < AROUND_S for change in words):
            row = look.rows.get(word.session_id or "")
            same.append(SHOWS.get(row.state if row else "idle", "idle") == word.status)
    assert len(same) > 150
    return sum(same) / len(same)


def said(words: list[Told], unix: float) -> Told | None:
    """What the client last said before a moment."""
    return next((word for word in reversed(words) if word.unix <= unix), None)


@pytest.mark.parametrize("folder", LIVE, ids=lambda folder: folder.name)
def test_busy_and_idle_are_what_the_client_says(folder: Path) -> None:
    assert agreement(folder) >= 0.97


@pytest.mark.parametrize("name", ["subagents", "subagent_denied", "compact_clear", "queued"])
def test_hooks_alone_are_enough_where_nobody_presses_escape(name: str) -> None:
    assert agreement(ROOT / "claude-live" / name, "hooks") >= 0.97


def test_escape_fires_no_hook_and_is_seen_by_telemetry() -> None:
    folder = ROOT / "claude-live" / "permission"
    assert agreement(folder, "hooks") < 0.97 <= agreement(folder)


class Open(NamedTuple):
    """A wait that a hook told of and nothing has ended."""

    session_id: str
    agent_id: str | None
    name: str
    asked_ns: int


def ends(event: Event, wait: Open) -> bool:
    """Whether an event tells that a wait is over."""
    if (event.session_id, event.agent_id) != (wait.session_id, wait.agent_id) or event.at_ns < wait.asked_ns:
        return False
    if isinstance(event, ToolFinished | PermissionAnswered):
        return event.name == wait.name or not wait.name
    return isinstance(event, SubagentEnded | PromptSubmitted | TurnEnded | SessionEnded)


@pytest.mark.parametrize("folder", WAITING + LIVE, ids=lambda folder: folder.name)
def test_a_wait_is_seen_at_once_and_gone_at_once(folder: Path) -> None:
    """It stands on the screen from 250 ms after its hook arrived until 250 ms after anything told that it is over."""
    waits: list[Open] = []
    changed: dict[str, float] = {}
    count = 0
    for look in looks(folder):
        for event in look.heard:
            before = len(waits)
            if isinstance(event, PermissionAsked) and not any(wait.session_id == event.session_id for wait in waits):
                waits.append(Open(event.session_id, event.agent_id, event.name, event.at_ns))
                count += 1
            waits = [wait for wait in waits if not ends(event, wait)]
            if len(waits) != before:
                changed[event.session_id] = look.unix
        for session_id, row in look.rows.items():
            if look.unix - changed.get(session_id, 0) >= SEEN_S - FRAME_S:
                open_ = any(wait.session_id == session_id for wait in waits)
                assert (row.state == "waiting") is open_, (look.unix, row.state, row.waiting_on)
    assert count == WAITS[folder.name]
