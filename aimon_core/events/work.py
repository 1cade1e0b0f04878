"""Events about work: prompts, model calls, tools, permissions, turns."""

from aimon_core.events.base import Ending, Event
from aimon_core.session import Tokens, WaitingFor


class PromptSubmitted(Event, frozen=True, gc=False, kw_only=True):
    """Somebody asked for something: a turn begins."""

    prompt_id: str | None = None
    unit: str = ""
    """What tells this report from its own repetition within the channel."""
    text: str = ""
    """Head of the prompt; empty where the agent does not tell."""
    command: bool = False
    """A command of the client itself (`/exit`): no turn unless a model is called for it."""
    by_thread: bool = False
    """Whether subagents are asked in the same words: then it does not prove that this is a session."""


class LlmCalled(Event, frozen=True, gc=False, kw_only=True):
    """One model call came to its end, well or badly."""

    call_id: str | None
    """The request id; None where the client does not tell it."""
    unit: str
    """What tells this report from its own repetition within the channel: event sequence and time, or span id."""
    model: str
    tokens: Tokens
    searches: int = 0
    """Searches of the web that the provider ran for it, which are billed by the piece."""
    cost_picodollars: int | None = None
    """Dollars the agent itself reported, times 10^12."""
    duration_ms: float | None = None
    ok: bool = True
    status: int | None = None
    """HTTP status of a failed call."""
    error: str = ""
    error_type: str | None = None
    """None for a failed call: a person took it back."""
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
    fast: bool = False
    """Served in a dearer mode that price tables do not know: its dollars are the agent's, or unknown."""
    counts: bool = True
    """Whether it is one call; embeddings, and an agent's sum over calls that nobody tells of, are only tokens."""


class CallWithdrawn(Event, frozen=True, gc=False, kw_only=True):
    """A call that a span told of was none of its own: another span tells of the same one."""

    call_id: str


class LlmBegun(Event, frozen=True, gc=False, kw_only=True):
    """A model call is under way; `at_ns` is when it began."""


class LlmTried(Event, frozen=True, gc=False, kw_only=True):
    """One attempt at a model call failed; what follows in the turn shows whether the call did."""

    unit: str
    """What tells this report from its own repetition within the channel."""
    model: str
    error_type: str
    error: str = ""
    status: int | None = None
    """HTTP status."""
    duration_ms: float | None = None
    again_s: float = 0.0
    """Seconds within which the client tries again, where it is known to; it waits in silence."""


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
    complete: bool | None = None
    """Whether it came to its end by itself; False where a person took it back, None where that must be inferred."""
    error_type: str | None = None
    text: str = ""
    """The last words, or the error."""
    background: tuple[str, ...] | None = ()
    """Subagents that go on working; None: those that were not told to be done."""
    prompt_id: str | None = None
    turn_span: str | None = None
    began_ns: int | None = None
    by_tool: bool = False
    """It failed because a tool did: that error is counted there."""
