"""The closed vocabulary between the languages of agents and the ledger: everything a dialect can say.

Each event names its session by the agent's own id, says which channel brought it and when it happened by the
event's own clock. Times are nanoseconds since the epoch. Dialects produce events, `store` consumes them; nobody
else needs to know how an agent spells a tool call.
"""

from collections.abc import Callable
from typing import Any, Literal

from msgspec import Struct

from aimon_core.session import CacheTtl, RateLimit, Tokens, WaitingFor

Channel = Literal["hook", "log", "span", "transcript", "metric", "file", "process", "statusline", "clock", "person"]
"""Where a fact came from; `lifecycle` ranks them where they disagree."""


Ending = Literal["idle", "span", "transcript", "stop_hook", "interrupted", "denied", "failed"]
"""How a turn can be told to end, the surer word last: a span closes the same way whatever happened."""


class Event(Struct, frozen=True, gc=False, kw_only=True):
    """What every event says."""

    agent: str
    """Id of the agent in `agents`, e.g. `claude-code`, or the service name of an unknown one."""
    session_id: str
    """The agent's own id of the session."""
    at_ns: int
    """When it happened, by the event's own clock."""
    channel: Channel
    signal: str
    """The wire name of what was seen, e.g. `PermissionRequest`, `claude_code.api_request`."""
    agent_id: str | None = None
    """The subagent that did it; None for the session's own thread."""


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


class PromptSubmitted(Event, frozen=True, gc=False, kw_only=True):
    """Somebody asked for something: a turn begins."""

    prompt_id: str | None = None
    unit: str = ""
    """What tells this report from its own repetition within the channel."""
    text: str = ""
    """Head of the prompt; empty where the agent does not tell."""
    command: bool = False
    """A command of the client itself (`/exit`): no turn unless a model is called for it."""


class LlmCalled(Event, frozen=True, gc=False, kw_only=True):
    """One model call came to its end, well or badly."""

    call_id: str | None
    """The request id; None where the client does not tell it."""
    unit: str
    """What tells this report from its own repetition within the channel: event sequence and time, or span id."""
    model: str
    tokens: Tokens
    cost_picodollars: int | None = None
    """Dollars the agent itself reported, times 10^12."""
    duration_ms: float | None = None
    ok: bool = True
    status: int | None = None
    """HTTP status of a failed call."""
    error: str = ""
    error_type: str | None = None
    attempt: int = 1
    """How many tries this call took."""
    prompt_id: str | None = None
    """The prompt it works for."""
    turn_span: str | None = None
    """The span of the turn it belongs to, where spans tell."""
    stop_reason: str | None = None
    side: bool = False
    """A helper call beside the conversation (a title, a suggestion): billed, but no sign of work."""
    asks_tool: bool | None = None
    """Whether the answer asks for a tool; None where not told."""
    counts: bool = True
    """Whether it is one call; embeddings, and an agent's sum over calls that nobody tells of, are only tokens."""


class CallWithdrawn(Event, frozen=True, gc=False, kw_only=True):
    """A call that a span told of was none of its own: another span tells of the same one."""

    call_id: str


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


class Seen(Event, frozen=True, gc=False, kw_only=True):
    """A person has seen that a turn is over."""


class Spoke(Event, frozen=True, gc=False, kw_only=True):
    """The agent said something to the person."""

    text: str


class ToolStarted(Event, frozen=True, gc=False, kw_only=True):
    """A tool call was asked for and begins, or begins to wait for permission."""

    call_id: str | None
    unit: str
    name: str
    subject: str = ""
    """What it works on in one line: a command, a path, a pattern."""
    digest: str = ""
    """Of the whole input: joins a permission request without an id to its call."""


class ToolFinished(Event, frozen=True, gc=False, kw_only=True):
    """A tool call gave its result."""

    call_id: str | None
    unit: str
    name: str
    ok: bool = True
    subject: str = ""
    duration_ms: float | None = None
    error: str = ""
    interrupted: bool = False
    asked_by: str | None = None
    """Request id of the model call that asked for it, where told."""


class PermissionAsked(Event, frozen=True, gc=False, kw_only=True):
    """The agent waits for a person."""

    kind: WaitingFor
    call_id: str | None = None
    name: str = ""
    subject: str = ""
    digest: str = ""


class PermissionAnswered(Event, frozen=True, gc=False, kw_only=True):
    """A decision about a tool call, by a person or by rule."""

    call_id: str | None
    unit: str
    name: str
    accepted: bool
    by_person: bool
    ends_turn: bool = False
    """The person refused and took the turn back: nothing else will announce its end."""
    waited_ms: float | None = None
    """How long the agent waited, where a span tells."""
    asked_by: str | None = None
    """Request id of the model call that asked for the tool, where told."""


class CompactionStarted(Event, frozen=True, gc=False, kw_only=True):
    """The client begins to write a summary of the conversation, to go on from."""

    prompt_id: str | None = None


class CompactionEnded(Event, frozen=True, gc=False, kw_only=True):
    """The summary is written, or could not be."""


class TurnEnded(Event, frozen=True, gc=False, kw_only=True):
    """The agent gave the word back."""

    reason: Ending
    error_type: str | None = None
    text: str = ""
    """The last words, or the error."""
    background: tuple[str, ...] = ()
    """Subagents that go on working."""
    prompt_id: str | None = None
    turn_span: str | None = None
    began_ns: int | None = None
    by_tool: bool = False
    """It failed because a tool did: that error is counted there."""


class SubagentStarted(Event, frozen=True, gc=False, kw_only=True):
    """A subagent began; `agent_id` is its id."""

    type: str | None = None


class SubagentEnded(Event, frozen=True, gc=False, kw_only=True):
    """A subagent is done; `agent_id` is its id."""

    type: str | None = None
    ok: bool = True


class Counted(Event, frozen=True, gc=False, kw_only=True):
    """One point of a usage metric: a total of the machine, never added to calls."""

    metric: Literal["tokens", "cost"]
    part: str
    """Token type for `tokens`, empty for `cost`."""
    model: str
    series: str
    """Identity of the time series: everything that tells it from another."""
    start_ns: int
    value: float
    delta: bool
    """Delta temporality: a point counts on its own; else it replaces earlier points of the same start."""


class Drifted(Event, frozen=True, gc=False, kw_only=True):
    """An agent said what its language here cannot read: something new, or something known in another shape.

    `signal` names it in words that tell nothing of anybody.
    """

    version: str | None
    """Of the agent; None where its channel does not tell."""
    sample: Callable[[], dict[str, Any]]
    """Makes the shape of what was said, without what anybody wrote: asked for once a name, and at once or never."""
