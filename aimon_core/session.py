"""What a session is to whoever reads one: the frozen picture that screens, outputs and the API share.

The ledger (`store`) keeps its own mutable books and draws a fresh `Session` whenever something changed;
nobody above this floor can change a session by holding one.
Times are nanoseconds since the epoch, money is picodollars (10^-12 USD) wherever it is added up, so that
sums do not depend on the order in which calls arrive, and `float` dollars only where a person or JSON reads it.
"""

from typing import Literal

from msgspec import Struct

from aimon_core.verdict import Verdict

State = Literal["idle", "working", "waiting", "completed", "failed", "ended", "expired"]
"""`idle` nothing asked; `completed` turn done, not yet seen; `ended` closed; `expired` dead or silent for 12 h."""

WaitingFor = Literal["permission", "question", "dialog"]

CacheTtl = Literal["5m", "1h"]
"""How long a prompt cache lives after its last use."""

PICODOLLARS = 10**12
"""Picodollars in a dollar: fine enough that a cache read at $0.0375 per million tokens is still a whole number."""


class Tokens(Struct, frozen=True, gc=False):
    """Tokens in exclusive parts: no part contains another, except that `output` contains `reasoning`."""

    input: int = 0
    """Input read neither from nor into a cache."""
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    cache_write_unknown: int = 0
    """Cache writes whose time to live the agent does not tell; priced at the 5 minute rate."""
    output: int = 0
    """All billed output, reasoning included."""
    reasoning: int | None = None
    """The part of `output` spent on reasoning; None where nobody reports it."""

    @property
    def cache_write(self) -> int:
        """All cache writes, whatever their time to live."""
        return self.cache_write_5m + self.cache_write_1h + self.cache_write_unknown

    @property
    def context(self) -> int:
        """Everything the model read: the three kinds of input together."""
        return self.input + self.cache_read + self.cache_write

    @property
    def total(self) -> int:
        """All tokens: what was read and what was written."""
        return self.context + self.output

    def plus(self, other: "Tokens", sign: int = 1) -> "Tokens":
        """The sum, or with `sign=-1` the difference; reasoning stays unknown only while both are."""
        reasoning = (
            None
            if self.reasoning is None and other.reasoning is None
            else (self.reasoning or 0) + sign * (other.reasoning or 0)
        )
        return Tokens(
            self.input + sign * other.input,
            self.cache_read + sign * other.cache_read,
            self.cache_write_5m + sign * other.cache_write_5m,
            self.cache_write_1h + sign * other.cache_write_1h,
            self.cache_write_unknown + sign * other.cache_write_unknown,
            self.output + sign * other.output,
            reasoning,
        )


class Cost(Struct, frozen=True, gc=False):
    """Dollars, reported by the agent and computed from the price table, kept apart and compared."""

    usd: float | None
    """The figure to show: reported where the agent reports dollars, else computed; None when unknown, never 0."""
    reported_usd: float | None = None
    computed_usd: float | None = None
    basis: Literal["reported", "computed", "mixed", "unknown"] = "unknown"
    """Where `usd` comes from; `mixed` when some calls were reported and the rest computed."""
    unpriced_models: tuple[str, ...] = ()
    """Models without a price whose calls nobody reported in dollars."""


class Evidence(Struct, frozen=True, gc=False):
    """One signal behind the state: who said what, when."""

    signal: str
    """Source and name, e.g. `hook:PermissionRequest`, `log:claude_code.tool_result`, `clock:silence`."""
    at_ns: int
    says: str
    """The state it argues for."""
    decides: bool = False
    """Whether this signal set the state shown."""


class Subagent(Struct, frozen=True):
    """A subagent of the session; its work is already in the session's figures."""

    agent_id: str
    type: str | None
    state: Literal["working", "completed", "failed"]
    tokens: Tokens
    cost: Cost
    llm_calls: int = 0
    tool_calls: int = 0
    started_at_ns: int | None = None
    ended_at_ns: int | None = None


class Turn(Struct, frozen=True):
    """The prompt being worked on, or the last one."""

    number: int
    started_at_ns: int
    ended_at_ns: int | None
    end_reason: str | None
    """stop_hook, span, transcript, interrupted, denied, failed, idle, session_end; None while open."""
    llm_calls: int
    tool_calls: int
    waits: int
    waited_ns: int


class ModelUse(Struct, frozen=True):
    """What one model did in a session."""

    model: str
    llm_calls: int
    tokens: Tokens
    cost: Cost


class Context(Struct, frozen=True, gc=False):
    """How full the context window is."""

    used: int
    limit: int | None
    """From the agent, else the price table, else None."""


class RateLimit(Struct, frozen=True, gc=False):
    """How much of an allowance is used up; an account has it, whatever session tells of it."""

    name: str
    """The agent's own name for the window, e.g. `five_hour`."""
    used_percent: float
    resets_at_ns: int | None = None
    """When it begins anew; what was used is nobody's business from then on."""


class Auxiliary(Struct, frozen=True):
    """Work of hidden helper threads that belongs to this session's process but not to its own conversation."""

    llm_calls: int = 0
    tokens: Tokens = Tokens()
    cost: Cost = Cost(0.0)


class Terminal(Struct, frozen=True):
    """Where the session's terminal is."""

    chain: tuple[str, ...]
    """Hops from the inside out, e.g. `tmux %3`, `kitty 7`."""
    focusable: bool
    """Whether there is a pane to go to."""
    confidence: str
    """Who told the process: `hook`, `peer` (its connection to us), `file`."""


class Session(Struct, frozen=True, kw_only=True):
    """One living or ended session, drawn at one moment."""

    key: str
    """`agent:session_id`: what a selection, a URL and every output refer to."""
    agent: str
    session_id: str
    name: str
    """The project: last part of `cwd`, else what the agent calls itself, else the head of the id."""
    cwd: str | None = None
    branch: str | None = None
    host: str | None = None
    model: str | None = None
    """The model of the last call."""
    models: tuple[str, ...] = ()
    effort: str | None = None
    """How hard the model shall think, in the agent's words; None where it does not tell."""
    approval_policy: str | None = None
    """When it asks before it acts, in the agent's words."""
    sandbox: str | None = None
    """What commands may touch, in the agent's words."""
    mcp_servers: tuple[str, ...] = ()
    state: State = "idle"
    waiting_for: WaitingFor | None = None
    waiting_on: str | None = None
    """What the answer is about, e.g. `Bash: rm -rf build`."""
    since_ns: int = 0
    """When the state began, by the events' own clock."""
    doing: str = ""
    """One line of what happens now; empty when nothing is known."""
    evidence: tuple[Evidence, ...] = ()
    """Newest signal of each kind, newest first."""
    started_at_ns: int = 0
    last_activity_at_ns: int = 0
    ended_at_ns: int | None = None
    turns: int = 0
    turn: Turn | None = None
    llm_calls: int = 0
    """Completed calls."""
    llm_calls_failed: int = 0
    retries: int = 0
    """Attempts that failed before a call completed or was given up."""
    tool_calls: int = 0
    tool_errors: int = 0
    errors: int = 0
    """Reported failures, tool failures apart."""
    last_error_type: str | None = None
    waits: int = 0
    waited_ns: int = 0
    """Time spent waiting for a person, the open wait not included."""
    tokens: Tokens = Tokens()
    cost: Cost = Cost(0.0)
    by_model: tuple[ModelUse, ...] = ()
    """Dearest first."""
    burn_usd_per_hour: float = 0.0
    """Dollars of the last 15 minutes, scaled to an hour."""
    spend: tuple[float, ...] = ()
    """Dollars in each of the last 30 minutes, oldest first."""
    context: Context | None = None
    limits: tuple[RateLimit, ...] = ()
    """As the agent told last; empty where it does not tell."""
    cache_expires_at_ns: int | None = None
    """When the prompt cache of the own thread goes cold; None where that is not known."""
    auxiliary: Auxiliary = Auxiliary()
    blind_spots: tuple[str, ...] = ()
    """What aimon cannot see of this session, in words, e.g. `no hooks: waits invisible`."""
    refused_bodies: int = 0
    verdict: Verdict | None = None
    """By what was expected of it; None where nothing was."""
    parent: str | None = None
    """Key of the session whose tool started this one's process."""
    parent_span: str | None = None
    """Key of that tool call in its tree."""
    parent_says: str = ""
    """The two for a person, e.g. `shop-api › Bash: claude -p …`."""
    subagents: tuple[Subagent, ...] = ()
    pid: int | None = None
    pid_started_at: float | None = None
    """Seconds since the epoch; None where the pid is mere hearsay, which nobody may act on."""
    terminal: Terminal | None = None

    @property
    def total_tokens(self) -> int:
        """Own and auxiliary tokens: what the row shows."""
        return self.tokens.total + self.auxiliary.tokens.total


class Totals(Struct, frozen=True, kw_only=True):
    """Sums over all sessions the ledger knows, own and auxiliary work together."""

    sessions: int = 0
    llm_calls: int = 0
    llm_calls_failed: int = 0
    tool_calls: int = 0
    tool_errors: int = 0
    errors: int = 0
    tokens: Tokens = Tokens()
    cost: Cost = Cost(0.0)
    today_usd: float = 0.0
    """Dollars of calls made since local midnight."""
    today_unpriced: bool = False
    """Whether some of them have no price: then today was dearer than that."""
    burn_usd_per_hour: float = 0.0


class Transition(Struct, frozen=True):
    """A session changed its state: what notifications and status lines act on."""

    key: str
    before: State | None
    """None when the session is new."""
    after: State
    at_ns: int
