"""The line that each status bar understands, made from what `status.json` says.

Apart from `short` because a prompt that wants the plain line need not load JSON shapes for others; the standard library
and `clean` only, since a bar may ask as often as a prompt. No line says what a session works on.
"""

import json
import shlex
from collections.abc import Callable
from typing import Any

from aimon_core.clean import clean
from aimon_desktop.outputs import short

Content = dict[str, Any]
"""What `short.document` makes."""

OFF: Content = {"counts": {}, "today_usd": 0.0, "sessions": []}
"""Nobody is there: what a bar shows when aimon has ended."""

_ITEM = ("key", "agent", "name", "state", "waiting_for")
_TOLD = {"name": "project"}
"""What of an item the stream calls otherwise."""
_NAME = 60
_UNMARKED = str.maketrans("<>&", "()+")
"""Waybar reads markup, unless it is told to escape it: nothing in a name is markup either way."""
_LEVELS = {"waiting": "Warning", "failed": "Critical", "working": "Info", "completed": "Good"}


def waybar(content: Content) -> str:
    """`return-type: json`: https://github.com/Alexays/Waybar/wiki/Module:-Custom."""
    state = need(content)
    tooltip = "\n".join(f"{told['name']}: {short.word(told['state'])}" for told in _rows(content))
    shown = {"text": counts(content), "alt": state, "tooltip": tooltip.translate(_UNMARKED), "class": [state]}
    return json.dumps(shown)


def eww(content: Content) -> str:
    """The whole picture for `deflisten`: a line replaces the one before.

    `focus` is what a click may give to a shell: agents name their sessions as they like.
    """
    sessions = [
        told
        | {
            "glyph": short.glyph(told["state"]),
            "word": short.word(told["state"]),
            "focus": f"aimon focus {shlex.quote(told['key'])}",
        }
        for told in _rows(content)
    ]
    figures = {state: content["counts"].get(state, 0) for state in short.STATES}
    whole = {"state": need(content), "text": counts(content), **figures, "today_usd": content["today_usd"]}
    return json.dumps(whole | {"sessions": sessions})


def i3status_rust(content: Content) -> str:
    """`json = true`: https://docs.rs/i3status-rs, block `custom`."""
    text = short.sentence(content, short=True) if content["sessions"] else ""
    level = _LEVELS.get(need(content), "Idle")
    return json.dumps({"icon": "", "state": level, "text": text, "short_text": counts(content)})


def starship(content: Content) -> str:
    """For a prompt: who is there, and nothing when nobody is."""
    return counts(content)


def listed(message: dict[str, Any]) -> Content:
    """The same content from a `session_list` of `/api/v1/stream`."""
    items = message["sessions"]
    return {
        "counts": {state: sum(item["state"] == state for item in items) for state in short.STATES},
        "today_usd": message["totals"]["today_usd"],
        "sessions": [{name: item[_TOLD.get(name, name)] for name in _ITEM} for item in items],
    }


def need(content: Content) -> str:
    """The state that wants somebody most; `none` without sessions."""
    return next((state for state in short.STATES if content["counts"].get(state)), "none")


def counts(content: Content) -> str:
    """`!1 ●3`; empty without sessions."""
    return short.tally(content)


FORMATS: dict[str, Callable[[Content], str]] = {
    "waybar": waybar,
    "eww": eww,
    "i3status-rust": i3status_rust,
    "starship": starship,
}
"""By the name that a person gives it."""


def _rows(content: Content) -> list[dict[str, Any]]:
    """The sessions that are listed, who wants somebody most first, with names that can be shown."""
    living = [
        told | {"name": clean(told["name"], _NAME)} for told in content["sessions"] if told["state"] in short.STATES
    ]
    return sorted(living, key=lambda told: short.STATES.index(told["state"]))
