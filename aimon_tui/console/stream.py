"""`aimon stream`: one line on stdout for each change in the running aimon."""

import json
import sys
from collections.abc import Callable
from typing import Any

import click

from aimon_core.clock import SystemClock
from aimon_core.config import Config, Settings
from aimon_core.errors import UsageError
from aimon_desktop.outputs.bars import FORMATS, OFF, Content, listed
from aimon_desktop.outputs.ndjson import Narrator
from aimon_tui import peer
from aimon_tui.console.options import with_settings
from aimon_tui.outlets import timeouts

BARS = ("waybar", "eww", "i3status-rust")
_SILENCE_S = 0.5
"""How often the full list's turn is looked at while nothing changes."""


@click.command
@click.option("--format", "form", type=click.Choice(["ndjson", *BARS]), default="ndjson", help="Whose lines.  [ndjson]")
@click.option("--full", is_flag=True, help="Everything another aimon needs to show the same.")
@with_settings
def command(config: Config, form: str, full: bool) -> None:
    """Follow the running aimon.

    One line of JSON for each change, for as long as it runs. A status bar's last line says that nobody is there.

    \b
    Example:  aimon stream | jq -c '[.type, .project, .state]'
              aimon stream --format waybar
    """
    if full and form != "ndjson":
        raise UsageError("A status bar's line is never full.", "Leave --full or --format out.")
    bar = None if form == "ndjson" else Bar(FORMATS[form])
    told = bar.told if bar else Mirror(config.settings).told
    for line in peer.changes(peer.address(config), _SILENCE_S, full=full):
        _write(line if full else told(line))
    if bar is not None:
        _write(bar.end())


def _write(lines: bytes) -> None:
    if lines:
        sys.stdout.buffer.write(lines)
        sys.stdout.buffer.flush()


class Bar:
    """Turns the API's lists into lines of one status bar, each when it reads differently."""

    def __init__(self, form: Callable[[Content], str]) -> None:
        self._form = form
        self._last = b""

    def told(self, line: bytes) -> bytes:
        """The line to write for one that came; b"" while it would read the same."""
        message = json.loads(line) if line else {}
        return self._say(listed(message)) if message.get("type") == "session_list" else b""

    def end(self) -> bytes:
        """What the bar shows once aimon has gone."""
        return self._say(OFF)

    def _say(self, content: Content) -> bytes:
        said = self._form(content).encode() + b"\n"
        if said == self._last:
            return b""
        self._last = said
        return said


class Mirror:
    """Turns the API's lines, which carry whole sessions, into those that status bars know, with our time limits."""

    def __init__(self, settings: Settings) -> None:
        self._narrator = Narrator(SystemClock(), timeouts=timeouts(settings), interval_s=settings.broadcast_interval)
        self._awaited: set[str] | None = None
        """Keys of the first list whose updates are still to come; None before it."""
        self._come: dict[str, dict[str, Any]] = {}

    def told(self, line: bytes) -> bytes:
        """The lines to write for one that came; none that came is b""."""
        message: dict[str, Any] = json.loads(line) if line else {}
        match message.get("type"):
            case "session_list" if self._awaited is None:
                self._awaited = {item["key"] for item in message["sessions"]}
            case "session_update":
                self._come[message["key"]] = message
                if self._awaited:
                    self._awaited.discard(message["key"])
            case "session_gone":
                return self._narrator.tell({message["key"]: None})
        if self._awaited is None or self._awaited:
            return b""  # our first line is a list, and it has to be whole
        come, self._come = self._come, {}
        return self._narrator.tell(come)
