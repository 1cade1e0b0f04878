"""Which session an event belongs to, and which session ends when its process goes on under another id."""

from collections import OrderedDict

from aimon_core.events import Event, LlmCalled, ToolFinished, ToolStarted

REMEMBERED = 4_096
"""Processes remembered; a pid is reused only after the system has gone through all of them."""

_CALLS = (LlmCalled, ToolStarted, ToolFinished)
CALLS_REMEMBERED = 100_000
"""Calls whose session is remembered: those of the transcripts of a busy day."""


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


class Owners:
    """Which session each call with an id belongs to, over all sessions.

    A resumed or forked transcript repeats under its own session what an earlier one did. What telemetry tells of a
    call is right; between two transcripts the first one to tell has it. So a call counts once, in whatever order.
    """

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}

    def claim(self, event: Event, key: str) -> str | None:
        """A session tells of a call: the key of the session that had it before, if that was another."""
        if not isinstance(event, _CALLS) or event.call_id is None:
            return None
        owner = self._keys.setdefault(event.call_id, key)
        if owner != key and event.channel != "transcript":
            self._keys[event.call_id] = key
        if len(self._keys) > CALLS_REMEMBERED:
            self._keys = dict(list(self._keys.items())[CALLS_REMEMBERED // 2 :])
        return owner if owner != key else None
