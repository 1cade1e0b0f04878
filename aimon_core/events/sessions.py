"""Events about sessions: that they are there, where they stand, and whose a thread, a trace or a subagent is."""

from typing import Literal

from aimon_core.events.base import Event
from aimon_core.session import CacheTtl, RateLimit, WaitingFor


class SessionSeen(Event, frozen=True, gc=False, kw_only=True):
    """Facts about a session, from whatever carries them; None says nothing."""

    cwd: str | None = None
    branch: str | None = None
    host: str | None = None
    title: str | None = None
    model: str | None = None
    pid: int | None = None
    pid_started_at: float | None = None
    """Seconds since the epoch; with the pid, the identity of the process."""
    above: tuple[tuple[int, float], ...] = ()
    """The agents among the processes above that one, nearest first, each by its pid and start."""
    effort: str | None = None
    """How hard the model shall think, in the agent's words."""
    approval_policy: str | None = None
    sandbox: str | None = None
    mcp_servers: str | None = None
    """Their names, with commas between."""


class StatusTold(Event, frozen=True, gc=False, kw_only=True):
    """The agent's own word on where it stands, from a file that it keeps for others to read."""

    status: Literal["busy", "idle", "waiting"]
    kind: WaitingFor = "permission"
    """What a `waiting` waits for."""
    name: str = ""
    """The tool that a `waiting` is about, where told."""


class Gauged(Event, frozen=True, gc=False, kw_only=True):
    """What an agent shows of a session at the foot of its screen: how full, how limited. It is no sign of work."""

    cwd: str | None = None
    title: str | None = None
    model: str | None = None
    context_used: int | None = None
    """Tokens that the last call read."""
    context_limit: int | None = None
    limits: tuple[RateLimit, ...] = ()
    cache_ttl: CacheTtl | None = None
    cache_expires_at_ns: int | None = None


class SessionStarted(Event, frozen=True, gc=False, kw_only=True):
    """A session opened, or opened again."""

    how: str = "startup"
    """startup, resume, clear, compact or fork."""


class SessionEnded(Event, frozen=True, gc=False, kw_only=True):
    """A session said goodbye."""

    reason: str = ""


class Seen(Event, frozen=True, gc=False, kw_only=True):
    """A person has seen that a turn is over."""


class ThreadSeen(Event, frozen=True, gc=False, kw_only=True):
    """What a thread with an id of its own is: some agents' helpers and subagents look like sessions."""

    auxiliary: bool = False
    """A hidden helper of the session whose process started it, e.g. one that finds titles."""
    certain: bool = False
    """Told as such; else inferred, and whatever is known of real sessions alone says otherwise."""
    parent: str | None = None
    """The session whose subagent it is."""


class TraceSeen(Event, frozen=True, gc=False, kw_only=True):
    """A trace is of this session; other records of it may not say so."""

    trace_id: bytes


class Nested(Event, frozen=True, gc=False, kw_only=True):
    """A span of a program that speaks a convention: what it tells holds only in its place in the trace (`traces`)."""

    trace: str
    span: str
    parent: str
    """Empty for a root."""
    named: bool
    """Whether the span names its session; else the trace stands in for it."""
    told: tuple[Event, ...] = ()
    """What it tells, for a session that `traces` knows better; nothing where it only links others."""


class SubagentStarted(Event, frozen=True, gc=False, kw_only=True):
    """A subagent began; `agent_id` is its id."""

    type: str | None = None
    span: str | None = None
    """Its span, by which telemetry calls it."""


class SubagentEnded(Event, frozen=True, gc=False, kw_only=True):
    """A subagent is done; `agent_id` is its id."""

    type: str | None = None
    ok: bool = True
