"""`aimon stream`: one line on stdout for each change in the running aimon."""

import json
import sys
from typing import Any

import click

from aimon_core.clock import SystemClock
from aimon_core.config import Config, Settings
from aimon_desktop.outputs.ndjson import Narrator
from aimon_tui import peer
from aimon_tui.console.options import with_settings
from aimon_tui.console.serve import timeouts

_SILENCE_S = 0.5
"""How often the full list's turn is looked at while nothing changes."""


@click.command
@click.option("--format", "form", type=click.Choice(["ndjson"]), default="ndjson", help="What a line is.  [ndjson]")
@click.option("--full", is_flag=True, help="Everything another aimon needs to show the same.")
@with_settings
def command(config: Config, form: str, full: bool) -> None:  # noqa: ARG001 - one form so far
    """Follow the running aimon.

    One line of JSON for each change, for as long as it runs.

    \b
    Example:  aimon stream | jq -c '[.type, .project, .state]'
    """
    mirror = Mirror(config.settings)
    for line in peer.changes(peer.address(config), _SILENCE_S, full=full):
        lines = line if full else mirror.told(line)
        if lines:
            sys.stdout.buffer.write(lines)
            sys.stdout.buffer.flush()


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
