"""Pictures of every state that a person would look at; `pytest tests/tui --snapshot-update` draws them anew.

A picture that changed is looked at before it is taken in: the report of a failing run shows both side by side.
"""

from typing import Any

import pytest
from msgspec import Struct

from receiver.told import Telling, Told
from tests.fakes.fleet import HOME, StillDoor, ago, blind, fleet, limited, waiting
from tests.fakes.judged import judged
from tests.tui.absence import pass_a_morning
from tests.tui.screen import COLOURLESS, MEDIUM, SMALL, TAKEN, TRUECOLOR, WIDE, Played, paste

pytestmark = pytest.mark.usefixtures("at_once")


class Shot(Struct, frozen=True):
    """What is on the screen, and what was done before looking at it."""

    size: tuple[int, int]
    theme: str = "aimon-dark"
    sessions: Any = None
    keys: tuple[str, ...] = ()
    typed: str = ""
    later_s: float = 0.0
    problem: str | None = None
    demo: bool = False
    ascii: bool = False
    away: bool = False
    """Somebody was away for a while, and is back."""


NOBODY: tuple = ()
FILTER = ("slash",)

SHOTS = {
    "wide-dark": Shot(WIDE),
    "wide-light": Shot(WIDE, "aimon-light"),
    "wide-ansi": Shot(WIDE, "aimon-ansi"),
    "wide-ascii": Shot(WIDE, "aimon-ansi", ascii=True),
    "medium-dark": Shot(MEDIUM),
    "medium-tokens-dark": Shot(MEDIUM, keys=("tab",)),
    "medium-cost-dark": Shot(MEDIUM, keys=("tab", "tab")),
    "medium-session-dark": Shot(MEDIUM, keys=("tab", "tab", "tab")),
    "medium-light": Shot(MEDIUM, "aimon-light"),
    "medium-tokens-light": Shot(MEDIUM, "aimon-light", keys=("tab",)),
    "medium-cost-light": Shot(MEDIUM, "aimon-light", keys=("tab", "tab")),
    "medium-session-light": Shot(MEDIUM, "aimon-light", keys=("tab", "tab", "tab")),
    "small-dark": Shot(SMALL),
    "small-light": Shot(SMALL, "aimon-light"),
    "empty-wide": Shot(WIDE, sessions=NOBODY),
    "empty-medium": Shot(MEDIUM, sessions=NOBODY),
    "empty-small": Shot(SMALL, sessions=NOBODY),
    "empty-port-taken": Shot(MEDIUM, sessions=NOBODY, problem=TAKEN),
    "one": Shot(WIDE, sessions=(waiting(),)),
    "many": Shot(WIDE, sessions=fleet(200), keys=("pagedown", "pagedown", "pagedown")),
    "selected-elsewhere": Shot(WIDE, keys=("j", "j", "j"), later_s=3),
    "held": Shot(MEDIUM, keys=("j",)),
    "filter-open": Shot(WIDE, keys=FILTER, typed="state:working cost>0.5"),
    "filter-empty": Shot(MEDIUM, keys=FILTER),
    "filter-small": Shot(SMALL, keys=FILTER, typed="codex"),
    "nothing-found": Shot(MEDIUM, keys=FILTER, typed="agent:goose"),
    "paused": Shot(WIDE, keys=("space",), later_s=12),
    "help-medium": Shot(MEDIUM, "aimon-light", keys=("question_mark",)),
    "help-wide": Shot(WIDE, keys=("question_mark",)),
    "help-small": Shot(SMALL, keys=("question_mark",)),
    "palette": Shot(MEDIUM, keys=("ctrl+p",)),
    "copied": Shot(MEDIUM, keys=("y",)),
    "blind": Shot(WIDE, sessions=(blind(),)),
    "blind-session": Shot(MEDIUM, sessions=(blind(), waiting()), keys=("j", "tab", "tab", "tab")),
    "port-taken": Shot(WIDE, problem=TAKEN),
    "port-taken-medium": Shot(MEDIUM, problem=TAKEN),
    "page-wide-dark": Shot(WIDE, keys=("enter",)),
    "page-wide-light": Shot(WIDE, "aimon-light", keys=("enter", "e")),
    "page-wide-ansi": Shot(WIDE, "aimon-ansi", keys=("enter",)),
    "page-wide-ascii": Shot(WIDE, "aimon-ansi", ascii=True, keys=("enter",)),
    "page-medium": Shot(MEDIUM, keys=("enter", "e")),
    "page-small": Shot(SMALL, keys=("enter",)),
    "page-zoomed": Shot(WIDE, keys=("enter", "e", "plus", "plus", "plus")),
    "page-folded": Shot(WIDE, keys=("enter", "g", "right", "G", *"kkkkkkkk", "left", "left")),
    "page-model-call": Shot(WIDE, keys=("enter", "m")),
    "page-turn": Shot(WIDE, keys=("enter", "g", "j", "j")),
    "page-subagent": Shot(MEDIUM, keys=("enter", "e", "e", "left", "k", "k", "k", "k")),
    "page-empty": Shot(WIDE, keys=("j", "enter")),
    "limits-wide": Shot(WIDE, sessions=(limited(),)),
    "limits-medium": Shot(MEDIUM, sessions=(limited(),), keys=("tab", "tab", "tab")),
    "limits-page": Shot(WIDE, sessions=(limited(),), keys=("enter",)),
    "details": Shot(WIDE, keys=("enter", "e", "d")),
    "why-wide": Shot(WIDE, keys=("w",)),
    "why-small": Shot(SMALL, "aimon-light", keys=("w",)),
    "grouped-wide-dark": Shot(WIDE, keys=("o", "o")),
    "grouped-medium-light": Shot(MEDIUM, "aimon-light", keys=("o",)),
    "grouped-small-dark": Shot(SMALL, keys=("o", "o")),
    "away-wide-dark": Shot(WIDE, away=True),
    "away-wide-light": Shot(WIDE, "aimon-light", away=True),
    "away-medium-dark": Shot(MEDIUM, away=True),
    "away-medium-light": Shot(MEDIUM, "aimon-light", away=True),
    "away-small-dark": Shot(SMALL, away=True),
    "away-small-light": Shot(SMALL, "aimon-light", away=True),
    "away-medium-ascii": Shot(MEDIUM, "aimon-ansi", ascii=True, away=True),
    "judged-wide-dark": Shot(WIDE, sessions=judged()),
    "judged-wide-light": Shot(WIDE, "aimon-light", sessions=judged()),
    "judged-wide-ansi": Shot(WIDE, "aimon-ansi", sessions=judged()),
    "judged-medium": Shot(MEDIUM, sessions=judged()),
    "judged-page-dark": Shot(WIDE, sessions=judged(), keys=("enter",)),
    "judged-page-light": Shot(WIDE, "aimon-light", sessions=judged(), keys=("enter",)),
    "judged-page-medium": Shot(MEDIUM, "aimon-light", sessions=judged(), keys=("enter",)),
    "judged-page-small": Shot(SMALL, sessions=judged(), keys=("enter",)),
    "judged-page-ascii": Shot(MEDIUM, "aimon-ansi", ascii=True, sessions=judged(), keys=("enter",)),
    "demo": Shot(WIDE, demo=True),
    "demo-small": Shot(SMALL, demo=True),
}


async def telling(_key, _span):
    """What a log and a hook say of a tool call."""
    attributes = (
        ("tool_name", "Bash"), ("success", "false"), ("duration_ms", "2200"), ("error", "exit 1"),
        ("tool_use_id", "toolu_1"), ("tool_input.command", "npm test -- --watch=false --runInBand --coverage " * 3),
        ("session.id", "abaa2f48-4cec-45ef-9cda-68d1543b3cb6"), ("service.version", "2.1.329"),
    )  # fmt: skip
    at = (Telling("hook", "PreToolUse", ago(38), attributes), Telling("log", "claude_code.tool_result", ago(36), ()))
    return Told(at)


@pytest.mark.parametrize("name", SHOTS)
def test_the_screen_looks_as_it_did(snap_compare, monkeypatch, name):
    monkeypatch.setenv("HOME", HOME)  # a folder of one's own is drawn as ~
    shot = SHOTS[name]
    app = Played(
        shot.sessions,
        theme=shot.theme,
        ascii=shot.ascii,
        demo=shot.demo,
        tells=telling,
        door=StillDoor(shot.problem, rate=0 if shot.sessions == NOBODY else 14),
        environment=COLOURLESS if shot.theme == "aimon-ansi" else TRUECOLOR,
    )

    async def play(pilot):
        await pilot.pause()
        await pilot.press(*shot.keys)
        if shot.away:
            await pass_a_morning(app, pilot)
        if shot.typed:
            await paste(pilot, shot.typed)
        if shot.later_s:
            app.step(shot.later_s)
        await pilot.pause()

    assert snap_compare(app, run_before=play, terminal_size=shot.size)
