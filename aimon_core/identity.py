"""Which session an event belongs to, its process, and which one ends when that goes on under another id."""

from collections import OrderedDict, deque

from msgspec import Struct
from msgspec.structs import replace

from aimon_core.agents import traits
from aimon_core.events import Event, LlmCalled, Seen, SessionSeen, ToolFinished, ToolStarted

REMEMBERED = 4_096
"""Processes remembered; a pid is reused only after the system has gone through all of them."""

_CALLS = (LlmCalled, ToolStarted, ToolFinished)
CALLS_REMEMBERED = 100_000
"""Calls whose session is remembered: those of the transcripts of a busy day."""
OPENING = frozenset({"hook", "file", "process"})
"""Channels whose bare sight of a session makes it one: the agent speaks, or its process lives."""
PEER = "peer"
"""The signal of what a connection proves: who is at its other end."""
NO_SESSION = "pid-"
"""How the id of a process begins whose session is not known."""
SESSIONS = 64
"""Sessions remembered of one process."""

_SAME_S = 1.0
"""Two readings of one start time differ by less: the kernel counts ticks since a boot that is itself rounded."""


def key_of(agent: str, session_id: str) -> str:
    """The key of a session: what selections, URLs and outputs call it."""
    return f"{agent}:{session_id}"


def session_key(event: Event) -> str:
    """The key of the session an event names."""
    return f"{event.agent}:{event.session_id}"


def call_key(event: LlmCalled | ToolStarted | ToolFinished) -> str | None:
    """What tells a call from those of all other sessions; None for one without an id.

    A copied transcript repeats the moment of a call, too; two calls to which a server gave one id have two.
    """
    if event.call_id is None:
        return None
    return f"{event.call_id}@{event.at_ns}" if traits(event.agent).lent_ids else event.call_id


def seen(key: str, at_ns: int) -> Seen:
    """A person has seen that a turn of the session `key` is over."""
    agent, _, session_id = key.partition(":")
    return Seen(agent=agent, session_id=session_id, at_ns=at_ns, channel="person", signal="seen")


class Sighting(Struct, frozen=True, gc=False):
    """Which process a session is, as far as anybody has told."""

    pid: int | None = None
    started_at: float | None = None
    """Seconds since the epoch; None for a pid that only telemetry claims, e.g. one of another container."""
    by: str = ""
    """Who told: `hook`, `peer`, `file`."""
    at_ns: int = 0

    def after(self, event: SessionSeen) -> "Sighting":
        """The newer of the two; a claim never takes the place of what the system said."""
        hearsay = self.started_at is not None and event.pid_started_at is None
        certain = self.started_at is None and event.pid_started_at is not None
        if event.pid is None or hearsay or (event.at_ns < self.at_ns and not certain):
            return self
        if self.is_process(event.pid, event.pid_started_at):  # told again, perhaps with another rounding
            return replace(self, at_ns=max(self.at_ns, event.at_ns))
        by = event.signal if event.signal == PEER else event.channel
        return Sighting(event.pid, event.pid_started_at, by, event.at_ns)

    def is_process(self, pid: int | None, started_at: float | None) -> bool:
        """Whether this is that very process; what only telemetry claims is none."""
        known = self.started_at is not None and started_at is not None
        return known and self.pid == pid and not _differ(self.started_at, started_at)


class _Room(Struct):
    """One process and who is in it."""

    started_at: float | None
    key: str
    """The session it speaks for now."""
    since_ns: int
    known: deque[str]
    shared: bool = False
    """Whether a session that was left has spoken again: then several live here side by side."""


class Processes:
    """Which session each agent process is in now."""

    def __init__(self) -> None:
        self._rooms: OrderedDict[tuple[str, int], _Room] = OrderedDict()

    def enter(self, event: SessionSeen, pid: int, *, several: bool = False) -> str | None:
        """A process speaks for a session; returns the key of the one that ends thereby, if any.

        In a process of `several` sessions only that ends which was no more than the process.

        `/clear` and `/resume` change the id within one process: the old row ends where the new one starts. That holds
        once for each id: where an old one comes back, nobody can tell one that was resumed from two that take turns.
        """
        key, place = session_key(event), (event.agent, pid)
        room = self._rooms.pop(place, None)
        left = None
        if room is not None and _differ(room.started_at, event.pid_started_at):  # the pid was given away again
            left, room = room.key, None
        if room is None:
            room = _Room(event.pid_started_at, key, event.at_ns, deque([key], SESSIONS))
            if len(self._rooms) >= REMEMBERED:
                self._rooms.popitem(last=False)
        else:
            left = _turn(room, key, max(event.at_ns, room.since_ns) if _is_now(event) else event.at_ns)
        room.started_at = room.started_at or event.pid_started_at
        self._rooms[place] = room
        stays = several and not (left or "").startswith(key_of(event.agent, NO_SESSION))
        return left if left != key and not stays else None


class Owners:
    """Which session each call with an id belongs to, over all sessions.

    A resumed or forked transcript repeats under its own session what an earlier one did. What telemetry tells of a
    call is right; between two transcripts the first one to tell has it. So a call counts once, in whatever order.
    """

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}

    def claim(self, event: Event, key: str) -> str | None:
        """A session tells of a call: the key of the session that had it before, if that was another."""
        if not isinstance(event, _CALLS) or (call := call_key(event)) is None:
            return None
        owner = self._keys.setdefault(call, key)
        if owner != key and event.channel != "transcript":
            self._keys[call] = key
        if len(self._keys) > CALLS_REMEMBERED:
            self._keys = dict(list(self._keys.items())[CALLS_REMEMBERED // 2 :])
        return owner if owner != key else None


def _is_now(event: SessionSeen) -> bool:
    """Whether it says what is, whenever that began: an agent's own file, a look at processes."""
    return event.channel in {"file", "process"} and event.signal != PEER


def _turn(room: _Room, key: str, at_ns: int) -> str | None:
    """Let a process go on under a key; returns the one that it has left for good."""
    came_back = key in room.known
    if not came_back:
        room.known.append(key)
    if key == room.key or at_ns < room.since_ns:  # late news of one that it has left
        return None
    left, room.key, room.since_ns = room.key, key, at_ns
    room.shared |= came_back
    return None if room.shared else left


def _differ(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and abs(one - other) >= _SAME_S
