"""What is gathered of a trace while its events pass: sums and tool calls, nothing of the lines themselves.

The events are the ledger's, so that a figure here is the figure on the screen; what expectations want to know beyond
them (inputs of tools, files, reported dollars) the readers of `transcripts` add.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct, field

from aimon_core.events import (
    Drifted,
    Event,
    LlmCalled,
    PermissionAnswered,
    PromptSubmitted,
    ToolFinished,
    ToolStarted,
    TurnEnded,
)
from aimon_core.priced import Prices
from aimon_core.session import PICODOLLARS, Tokens
from aimon_trace.metrics import Cost, Files, TokenParts, ToolCall, TraceMetrics

HEAD = 500
"""Characters kept of what a tool answered."""


class Tool(Struct):
    """One tool call while more is told of it. What a model writes is small beside what it reads: inputs stay whole."""

    name: str = ""
    input: dict[str, Any] = field(default_factory=dict)
    start_ns: int | None = None
    end_ns: int | None = None
    ok: bool | None = None
    refused: bool = False
    result: str = ""
    agent_id: str | None = None

    def called(self, call_id: str) -> ToolCall:
        """The call as it now stands."""
        return ToolCall(
            id=call_id,
            name=self.name,
            input=self.input,
            start_time=moment(self.start_ns),
            end_time=moment(self.end_ns),
            success=self.ok,
            refused=self.refused,
            result=self.result,
            agent_id=self.agent_id,
        )


class Reported(Struct, frozen=True):
    """What an agent says itself that all of its work came to."""

    usd: float
    tokens: int
    """Those it has in mind. Where more are known, it spoke too early."""


class Gathering:
    """Takes the events of one trace, from however many files."""

    def __init__(self, prices: Prices) -> None:
        self.reported: Reported | None = None
        self.unread = 0
        self.tools: dict[str, Tool] = {}
        """By call id; readers of transcripts add what events do not tell."""
        self._prices = prices
        self._files: dict[str, dict[str, None]] = {"created": {}, "modified": {}, "read": {}}
        self._agent = self._session_id = ""
        self._calls: set[str] = set()
        self._models: dict[str, None] = {}
        self._tokens = Tokens()
        self._picodollars = 0
        self._unpriced: dict[str, None] = {}
        self._prompts: dict[str, bool] = {}
        self._helpers: set[str] = set()
        self._errors: list[str] = []
        self._first_ns = self._last_ns = 0

    def take(self, events: Iterable[Event]) -> None:
        """Enter what happened; a thing that is told again counts once."""
        for event in events:
            if isinstance(event, Drifted):
                continue
            self._agent, self._session_id = self._agent or event.agent, self._session_id or event.session_id
            self._first_ns = min(self._first_ns or event.at_ns, event.at_ns)
            self._last_ns = max(self._last_ns, event.at_ns)
            if event.agent_id is not None:
                self._helpers.add(event.agent_id)
            self._enter(event)

    def touch(self, kind: str, path: str) -> None:
        """A file was created, modified or read."""
        self._files[kind][path] = None

    def metrics(self) -> TraceMetrics:
        """What all of it comes to."""
        tools = sorted(self.tools.items(), key=lambda item: item[1].start_ns or item[1].end_ns or 0)
        return TraceMetrics(
            session_id=self._session_id or "unknown",
            agent=self._agent,
            model=next(iter(self._models), None),
            models=tuple(self._models),
            start_time=moment(self._first_ns),
            end_time=moment(self._last_ns),
            tokens=parts(self._tokens) if self._calls else None,
            llm_calls=len(self._calls),
            tool_calls=tuple(tool.called(call_id) for call_id, tool in tools if tool.name),
            files=Files(**{kind: tuple(paths) for kind, paths in self._files.items()}),
            turns=len(self._prompts),
            user_messages=sum(self._prompts.values()),
            subagents=len(self._helpers),
            cost=self._cost(),
            errors=tuple(self._errors),
            unread=self.unread,
        )

    def _enter(self, event: Event) -> None:
        match event:
            case LlmCalled():
                self._call(event)
            case ToolStarted():
                tool = self._tool(event)
                tool.start_ns = tool.start_ns or event.at_ns
            case ToolFinished():
                tool = self._tool(event)
                tool.end_ns, tool.ok = event.at_ns, event.ok
            case PermissionAnswered(accepted=False):
                tool = self._tool(event)
                tool.end_ns, tool.ok, tool.refused = event.at_ns, False, True
            case PromptSubmitted(agent_id=None):
                self._prompts[event.unit] = bool(event.text)
            case TurnEnded(reason="failed"):
                self._errors.append(f"{event.error_type or 'failed'}: {event.text}".rstrip(": "))

    def _tool(self, event: ToolStarted | ToolFinished | PermissionAnswered) -> Tool:
        tool = self.tools.setdefault(event.call_id or event.unit, Tool())
        tool.name, tool.agent_id = tool.name or event.name, event.agent_id
        return tool

    def _call(self, call: LlmCalled) -> None:
        key = call.call_id or f"{call.agent_id} {call.at_ns} {call.unit}"
        if key in self._calls:
            return
        self._calls.add(key)
        self._models[call.model] = None
        self._tokens = self._tokens.plus(call.tokens)
        price = None if call.fast else self._prices.price(call.agent, call.model)
        cost = price.picodollars(call.tokens, call.searches) if price else None
        if cost is None:
            self._unpriced[call.model] = None
        else:
            self._picodollars += cost

    def _cost(self) -> Cost:
        """As reported where the agent has all of it in mind, else as the price table has it."""
        told = self.reported
        computed = None if self._unpriced or not self._calls else self._picodollars / PICODOLLARS
        if told is not None and told.tokens >= self._tokens.total:
            return Cost(reported_usd=told.usd, computed_usd=computed, usd=told.usd, basis="reported")
        return Cost(
            reported_usd=told.usd if told else None,
            computed_usd=computed,
            usd=computed,
            basis="unknown" if computed is None else "computed",
            unpriced_models=tuple(self._unpriced),
        )


def parts(tokens: Tokens) -> TokenParts:
    """The ledger's tokens as a document has them."""
    return TokenParts(
        input=tokens.input,
        output=tokens.output,
        cache_read=tokens.cache_read,
        cache_write_5m=tokens.cache_write_5m,
        cache_write_1h=tokens.cache_write_1h,
        cache_write_unknown=tokens.cache_write_unknown,
        reasoning=tokens.reasoning,
    )


def moment(at_ns: int | None) -> datetime | None:
    """A time for a document, to the microsecond; None and what lies before the epoch are no time."""
    if not at_ns:
        return None
    seconds, rest = divmod(at_ns, 10**9)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1_000)
