"""The API's JSON as pydantic models: for `docs/schema` and for tests, never loaded by a running aimon.

`wire` writes the documents out by hand, because pydantic takes longer to import than the first picture may take.
The models hold it to its word: every name is required, no other is allowed. `frozen_shapes` freezes them.
"""

from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter

from aimon_core.session import State, WaitingFor
from aimon_core.verdict import Standing
from receiver.history_shape import HistoryAnswer
from receiver.shape import Count, Dollars, RateLimit, Shape, Time, Tokens, V
from receiver.stats_shapes import StatsAnswer
from receiver.tree_shapes import SpanAnswer, SpansAnswer
from receiver.why_shape import WhyAnswer


class Cost(Shape):
    """Dollars, reported and computed."""

    reported_usd: Dollars | None
    computed_usd: Dollars | None
    basis: Literal["reported", "computed", "mixed", "unknown"]
    unpriced_models: list[str]


class Counts(Shape):
    """What a session and the totals both count."""

    llm_calls: Count = Field(description="completed calls")
    llm_calls_failed: Count
    tool_calls: Count
    tool_errors: Count
    errors: Count = Field(description="reported failures, tool failures apart")
    tokens: Tokens
    cost_usd: Dollars | None = Field(
        description="reported where the agent reports dollars, else computed; null: unknown"
    )
    cost: Cost


class Evidence(Shape):
    """One signal behind the state."""

    signal: str
    at: Time | None
    says: str
    decides: bool = Field(description="whether it set the state")


class Context(Shape):
    """How full the context window is."""

    used: Count
    limit: Count | None


class Auxiliary(Shape):
    """Work of hidden helper threads of the session's process."""

    llm_calls: Count
    tokens: Tokens
    cost_usd: Dollars | None


class Subagent(Shape):
    """A subagent; its work is already in the session's figures."""

    agent_id: str
    type: str | None
    state: Literal["working", "completed", "failed"]
    tokens: Tokens
    cost_usd: Dollars | None


class Score(Shape):
    """What one scorer says."""

    name: str
    standing: Standing = Field(description="open: what is missing may still come")
    rationale: str


class Terminal(Shape):
    """Where the session's terminal is."""

    chain: list[str]
    focusable: bool
    confidence: str


class Session(Counts):
    """One session."""

    key: str = Field(description="agent:session_id")
    agent: str
    session_id: str
    name: str
    cwd: str | None
    branch: str | None
    host: str | None
    model: str | None
    models: list[str]
    state: State
    waiting_for: WaitingFor | None
    waiting_on: str | None
    since: Time | None
    evidence: list[Evidence]
    started_at: Time | None
    last_activity_at: Time | None
    ended_at: Time | None
    turns: Count
    last_error_type: str | None
    waited_ms: Count
    context: Context | None
    limits: dict[str, RateLimit] | None = Field(description="by the agent's own name of the window, e.g. five_hour")
    cache_expires_at: Time | None
    auxiliary: Auxiliary
    blind_spots: list[str]
    refused_bodies: Count
    verdict: Standing | None = Field(description="by what was expected of it; null where nothing was")
    scores: list[Score] = Field(description="of each scorer that something was expected of")
    parent: str | None = Field(description="key of the session whose tool started this one's process")
    parent_span: str | None = Field(description="key of that tool call in its spans")
    subagents: list[Subagent]
    pid: int | None
    pid_started_at: Time | None
    terminal: Terminal | None


class Totals(Counts):
    """Sums over all sessions, own and auxiliary work together."""

    sessions: Count
    today_usd: Dollars | None
    burn_usd_per_hour: Dollars | None


class SessionsAnswer(Shape):
    """`GET /api/v1/sessions`."""

    v: V
    sessions: list[Session]
    totals: Totals


class SessionAnswer(Shape):
    """`GET /api/v1/sessions/{key}`."""

    v: V
    session: Session


class Line(Shape):
    """What every line of the stream carries."""

    v: V
    seq: Count = Field(description="of the last change this line knows of; a gap is a lost line")
    timestamp: Count = Field(description="seconds since the epoch")


class Item(Shape):
    """A session in a list."""

    session_id: str
    tool: str = Field(description="the agent, by the name that otel-ai-monitor had for it")
    state: State
    project: str
    key: str
    agent: str
    waiting_for: WaitingFor | None
    window_id: None


class Metrics(Shape):
    """What otel-ai-monitor told of a session's work."""

    input_tokens: Count
    output_tokens: Count
    cache_tokens: Count
    cost_usd: Dollars | None
    error_count: Count
    last_error_type: str | None = Field(default=None, description="left out where there is none")


class SessionList(Line):
    """First line of `GET /api/v1/stream`; again when it reads differently, and every five seconds."""

    type: Literal["session_list"]
    sessions: list[Item]
    has_working: bool
    has_waiting: bool
    totals: Totals


class SessionUpdate(Line, Session):
    """A session as it is now: one for each after the first list, then whenever it changes."""

    type: Literal["session_update"]
    tool: str
    project: str
    metrics: Metrics


class SessionGone(Line):
    """A session left the list."""

    type: Literal["session_gone"]
    key: str


class HealthAnswer(Shape):
    """`GET /health`."""

    status: Literal["ok"]
    service: Literal["aimon"]
    version: str
    pid: int


class FocusAnswer(Shape):
    """`POST /api/v1/sessions/{key}/focus`, also when it could not be done (409)."""

    v: V
    ok: bool
    line: str = Field(description="what happened, or why nothing did")
    command: str = Field(description="what a person can do instead, for a shell; else empty")


SHAPES: dict[str, TypeAdapter[Any]] = {
    "sessions": TypeAdapter(SessionsAnswer),
    "session": TypeAdapter(SessionAnswer),
    "spans": TypeAdapter(SpansAnswer),
    "span": TypeAdapter(SpanAnswer),
    "stream": TypeAdapter(Annotated[SessionList | SessionUpdate | SessionGone, Field(discriminator="type")]),
    "stats": TypeAdapter(StatsAnswer),
    "health": TypeAdapter(HealthAnswer),
    "focus": TypeAdapter(FocusAnswer),
    "why": TypeAdapter(WhyAnswer),
    "history": TypeAdapter(HistoryAnswer),
}
"""By the name of the file under `docs/schema`."""
