"""When model calls began, where that is told apart from their ends and nothing joins the two but time."""

from bisect import bisect_right, insort

REMEMBERED = 10_000
"""Beginnings of one thread; a call longer ago has no length."""


class Begun:
    """The beginnings of one session's model calls."""

    def __init__(self) -> None:
        self._began: dict[str | None, list[int]] = {}

    def note(self, agent_id: str | None, at_ns: int) -> None:
        """A call of the session, or of one of its subagents, began."""
        began = self._began.setdefault(agent_id, [])
        if at_ns not in began[-8:]:
            insort(began, at_ns)
            del began[:-REMEMBERED]

    def before(self, agent_id: str | None, end_ns: int) -> int | None:
        """When the call that ended at a moment began; None where nobody told."""
        began = self._began.get(agent_id, [])
        place = bisect_right(began, end_ns)
        return began[place - 1] if place else None
