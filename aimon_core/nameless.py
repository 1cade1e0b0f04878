"""Waits that were asked for without an id: Codex, Gemini CLI, Qwen Code and Copilot CLI tell a tool's name at most.

What was asked and what may have ended it is kept with its time, and paired when somebody looks, so that it does not
matter in which order the channels told of it.
"""

from bisect import bisect_left
from typing import Literal

REMEMBERED = 400
"""Askings and ends that are paired; a wait among older ones is no longer counted."""

Kind = Literal["asked", "finished", "turn", "prompt"]


class NamelessWaits:
    """The waits of one session that have no ids."""

    def __init__(self) -> None:
        self._told: list[tuple[int, Kind, str]] = []
        self._asked = False

    def note(self, kind: Kind, at_ns: int, name: str = "") -> None:
        """Something was asked, or happened that shows the end of a wait: a tool's result, the turn's end, a prompt."""
        self._asked = self._asked or kind == "asked"
        entry = (at_ns, kind, name)
        place = bisect_left(self._told, entry)
        if self._told[place : place + 1] != [entry]:
            self._told.insert(place, entry)
            del self._told[:-REMEMBERED]

    def forget(self, before_ns: int) -> None:
        """Let go of what was told of times before a moment."""
        self._told = [entry for entry in self._told if entry[0] >= before_ns]

    def windows(self) -> list[tuple[int, int]]:
        """When each wait that is over began and ended. After a prompt nobody can tell how long it took."""
        found: list[tuple[int, int]] = []
        since_ns: int | None = None
        tool = ""
        for at_ns, kind, name in self._told if self._asked else ():
            if kind == "asked":
                if since_ns is None:
                    since_ns, tool = at_ns, name
            elif since_ns is not None and (kind != "finished" or tool in {"", name}):
                if kind != "prompt":
                    found.append((since_ns, at_ns))
                since_ns = None
        return found
