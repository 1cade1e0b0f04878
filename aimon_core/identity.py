"""Which session an event belongs to, and which session ends when its process goes on under another id."""

from collections import OrderedDict

from aimon_core.events import Event

REMEMBERED = 4_096
"""Processes remembered; a pid is reused only after the system has gone through all of them."""


def key_of(agent: str, session_id: str) -> str:
    """The key of a session: what selections, URLs and outputs call it."""
    return f"{agent}:{session_id}"


def session_key(event: Event) -> str:
    """The key of the session an event names."""
    return f"{event.agent}:{event.session_id}"


class Processes:
    """Which session each agent process is in now."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[tuple[str, int], str] = OrderedDict()

    def enter(self, agent: str, pid: int, key: str) -> str | None:
        """A process speaks for a session; returns the key of the one it spoke for before, if that was another.

        `/clear` and `/resume` change the id within one process: the old row ends where the new one starts.
        """
        before = self._sessions.pop((agent, pid), None)
        self._sessions[agent, pid] = key
        if len(self._sessions) > REMEMBERED:
            self._sessions.popitem(last=False)
        return before if before != key else None
