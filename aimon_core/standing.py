"""Where a session stands: the frozen status that `lifecycle` advances, what is open in it, and its time limits."""

from msgspec import Struct

from aimon_core.session import State, WaitingFor

AGREEMENT_NS = 500_000_000
"""Signals closer than this describe the same moment: the better channel decides, not the later one."""

RANK = {"hook": 6, "file": 5, "log": 4, "transcript": 4, "span": 3, "process": 2, "clock": 1}
"""Channels by how soon and how surely they know; higher decides."""


class Options(Struct, frozen=True):
    """Time limits of the machine, in seconds."""

    quiet_s: float = 10.0
    """Silence after a model's answer that ends a turn which nothing else ends (seed 001's 3 s flickered)."""
    ended_listed_s: float = 60.0
    """How long an ended session stays in the list."""
    expire_s: float = 12 * 3600.0
    """Silence after which a session without a known process is given up."""


class OpenTool(Struct, frozen=True, gc=False):
    """A tool call under way."""

    key: str
    name: str
    subject: str
    at_ns: int
    agent_id: str | None


class OpenWait(Struct, frozen=True, gc=False):
    """A person is being waited for."""

    key: str
    kind: WaitingFor
    name: str
    subject: str
    at_ns: int
    agent_id: str | None


class Status(Struct, frozen=True):
    """Where a session stands."""

    state: State = "idle"
    since_ns: int = 0
    prompt_id: str | None = None
    turn_open: bool = False
    turn_began_ns: int = 0
    turn_ended_ns: int | None = None
    end_reason: str | None = None
    tools: tuple[OpenTool, ...] = ()
    waits: tuple[OpenWait, ...] = ()
    done: tuple[str, ...] = ()
    background: frozenset[str] = frozenset()
    """Subagents at work."""
    answered_ns: int = 0
    """When the model last answered without asking for a tool; 0 since then something else happened."""
    asks: str | None = None
    """The call that asked for a tool, as spans tell and logs do not."""
    failed: bool = False
    """The last thing the model did in this turn was to fail."""
    patience_s: float = 0.0
    """Silence that is no end while the client waits to try again."""
    compacting: bool = False
    """The client writes a summary of the conversation."""
    error_type: str | None = None
    words: str = ""
    """The last words, or the error."""
    decider: str = ""
    decided_ns: int = 0
    decided_rank: int = 0
