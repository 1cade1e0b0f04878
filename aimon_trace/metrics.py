"""What a trace comes to: the one document that every source of traces is read into and every scorer reads.

Its names are those of the plan it follows (`to_dict`), with what that plan left out beside them. Unknown is None.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from receiver.subjects import FIELDS, SHELLS

if TYPE_CHECKING:
    from aimon_trace.run import TraceRun

_FILE_TOOLS = frozenset({
    "Edit", "Glob", "Grep", "LS", "MultiEdit", "NotebookEdit", "NotebookRead", "Read", "Write",
    "apply_patch", "glob", "grep_search", "list_directory", "read_file", "read_many_files", "replace",
    "search_file_content", "write_file",
})  # fmt: skip
_SHELL_TOOLS = frozenset({"Bash", "run_shell_command", "bash", *SHELLS})
_MAIN = (*FIELDS[:1], "cmd", *FIELDS[1:], "absolute_path", "subject")
"""Input fields in the order in which they say what a call does."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TokenParts(_Part):
    """Tokens in exclusive parts, except that `output` contains `reasoning`."""

    input: int = Field(default=0, description="read neither from nor into a cache")
    output: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    cache_write_unknown: int = Field(default=0, description="cache writes of untold time to live")
    reasoning: int | None = Field(default=None, description="the part of output spent on reasoning")

    @property
    def cache_creation(self) -> int:
        """All cache writes."""
        return self.cache_write_5m + self.cache_write_1h + self.cache_write_unknown

    @property
    def total(self) -> int:
        """Input and output; caches are left out, as in the plan this follows."""
        return self.input + self.output

    @property
    def total_with_cache(self) -> int:
        """Everything that was read or written."""
        return self.total + self.cache_read + self.cache_creation


class ToolCall(_Part):
    """One call of a tool."""

    id: str = ""
    name: str
    input: dict[str, Any] = Field(default_factory=dict, description="whole; of a ledger's session its subject alone")
    start_time: datetime | None = None
    end_time: datetime | None = None
    success: bool | None = Field(default=None, description="None: nobody told its result")
    refused: bool = Field(default=False, description="a person or a rule did not let it run")
    result: str = Field(default="", description="the head of what it answered")
    agent_id: str | None = Field(default=None, description="the subagent that called it")

    @property
    def category(self) -> str:
        """`bash`, `file_ops`, `mcp_SERVER` or `other`."""
        return category(self.name)

    @property
    def subject(self) -> str:
        """What it works on: a command, a path, a query; empty where its input tells none."""
        return next((text for name in _MAIN if (text := _line(self.input.get(name)))), "")


class Files(_Part):
    """Paths by what was done to them, each once and in the order of the first time."""

    created: tuple[str, ...] = ()
    modified: tuple[str, ...] = ()
    read: tuple[str, ...] = ()


class Cost(_Part):
    """Dollars, as the agent reported them and as the price table computes them."""

    reported_usd: float | None = None
    computed_usd: float | None = None
    basis: Literal["reported", "computed", "mixed", "unknown"] = "unknown"
    usd: float | None = Field(default=None, description="the figure to judge; None when a call has no price")
    unpriced_models: tuple[str, ...] = ()


class Waits(_Part):
    """Times at which the session waited for a person."""

    count: int = 0
    total_seconds: float = 0.0
    longest_seconds: float = 0.0


class TraceMetrics(_Part):
    """What one trace comes to."""

    session_id: str = "unknown"
    agent: str = ""
    model: str | None = Field(default=None, description="of the first answer")
    models: tuple[str, ...] = ()
    start_time: datetime | None = None
    end_time: datetime | None = None
    tokens: TokenParts | None = Field(default=None, description="None: no call told its usage")
    llm_calls: int = 0
    tool_calls: tuple[ToolCall, ...] = Field(default=(), description="in the order in which they began")
    files: Files = Files()
    turns: int = Field(default=0, description="prompts, those that the client wrote itself included")
    user_messages: int = Field(default=0, description="prompts that a person or a program typed")
    subagents: int = 0
    cost: Cost = Cost()
    waits: Waits | None = Field(default=None, description="None: the source does not tell when it waited")
    errors: tuple[str, ...] = Field(default=(), description="why turns or model calls failed; tools apart")
    unread: int = Field(default=0, description="lines that could not be read")

    @property
    def cost_usd(self) -> float | None:
        """Dollars, or None when unknown."""
        return self.cost.usd

    @property
    def duration_seconds(self) -> float | None:
        """From the first sign of life to the last."""
        if self.start_time is None or self.end_time is None:
            return None
        return (self.end_time - self.start_time).total_seconds()

    @property
    def empty(self) -> bool:
        """Whether nothing happened in it that could be judged."""
        return not (self.llm_calls or self.tool_calls or self.turns or self.tokens)

    @cached_property
    def by_name(self) -> dict[str, int]:
        """Calls by tool."""
        return dict(Counter(call.name for call in self.tool_calls))

    @cached_property
    def by_category(self) -> dict[str, int]:
        """Calls by category."""
        return dict(Counter(call.category for call in self.tool_calls))

    @property
    def failed_tools(self) -> tuple[ToolCall, ...]:
        """Calls that failed; those that nobody let run are none."""
        return tuple(call for call in self.tool_calls if call.success is False and not call.refused)

    def to_dict(self) -> dict[str, Any]:
        """The document for scripts: the plan's names, and more beside them; inputs of tools stay out of it."""
        tokens = self.tokens
        return {
            "session_id": self.session_id,
            "agent": self.agent,
            "start_time": _iso(self.start_time),
            "end_time": _iso(self.end_time),
            "duration_seconds": self.duration_seconds,
            "tokens": {
                "total": tokens and tokens.total,
                "input": tokens and tokens.input,
                "output": tokens and tokens.output,
                "cache_creation": tokens and tokens.cache_creation,
                "cache_read": tokens and tokens.cache_read,
                "reasoning": tokens and tokens.reasoning,
                "total_with_cache": tokens and tokens.total_with_cache,
            },
            "tools": {
                "total_calls": len(self.tool_calls),
                "by_name": self.by_name,
                "by_category": self.by_category,
                "failed": len(self.failed_tools),
                "refused": sum(call.refused for call in self.tool_calls),
            },
            "files": {name: list(paths) for name, paths in self.files},
            "conversation": {
                "turns": self.turns,
                "user_messages": self.user_messages,
                "llm_calls": self.llm_calls,
                "subagents": self.subagents,
            },
            "model": self.model,
            "models": list(self.models),
            "cost": self.cost.model_dump(mode="json"),
            "waits": self.waits and self.waits.model_dump(mode="json"),
            "errors": list(self.errors),
            "unread": self.unread,
        }

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> "TraceMetrics":
        """As much as `to_dict` tells, or a part of it: of tools only how often each was called."""
        tools, files, talk = (told.get(name) or {} for name in ("tools", "files", "conversation"))
        tokens = {name: count for name, count in (told.get("tokens") or {}).items() if count is not None}
        given = {
            name: told[name]
            for name in ("session_id", "agent", "model", "models", "start_time", "end_time", "cost", "waits", "errors")
            if told.get(name) is not None
        }
        calls = [ToolCall(name=name) for name, count in tools.get("by_name", {}).items() for _ in range(count)]
        return cls(
            **given,
            tokens=_tokens(tokens) if tokens else None,
            tool_calls=tuple(calls),
            files=Files(**{name: tuple(paths) for name, paths in files.items()}),
            **{name: talk[name] for name in ("turns", "user_messages", "llm_calls", "subagents") if name in talk},
        )


def from_transcript(path: Path | str, *, subagents: bool = True) -> TraceMetrics:
    """What an agent's own transcript comes to, read line by line: Claude Code's, Codex's or Gemini CLI's.

    `subagents` takes in the work of helpers, in files beside it and on lines of its own. Raises Unreadable.
    """
    from aimon_trace.transcripts import read  # noqa: PLC0415 - the readers know metrics

    return read(Path(path), subagents=subagents)


def from_session(session: Mapping[str, Any], turns: Iterable[Mapping[str, Any]]) -> TraceMetrics:
    """What a session of the ledger comes to: `session` and `turns` as the API tells them (docs/schema)."""
    from aimon_trace.ledger import metrics  # noqa: PLC0415 - as above

    return metrics(session, turns)


def from_run(run: "TraceRun") -> TraceMetrics:
    """What a captured run comes to."""
    from aimon_trace.runs import metrics  # noqa: PLC0415 - as above

    return metrics(run)


def category(name: str) -> str:
    """The category of a tool: `bash`, `file_ops`, `mcp_SERVER` or `other`."""
    if name.startswith("mcp__"):
        return f"mcp_{name.split('__')[1] or 'unknown'}"
    if name in _FILE_TOOLS:
        return "file_ops"
    return "bash" if name in _SHELL_TOOLS else "other"


def _tokens(told: Mapping[str, int]) -> TokenParts:
    return TokenParts(
        input=told.get("input", max(0, told.get("total", 0) - told.get("output", 0))),
        output=told.get("output", 0),
        cache_read=told.get("cache_read", 0),
        cache_write_unknown=told.get("cache_creation", 0),
        reasoning=told.get("reasoning"),
    )


def _line(value: object) -> str:
    """A command may be a list of words; the script after `bash -lc` is what it means."""
    if isinstance(value, list) and value:
        return str(value[2]) if len(value) == 3 and value[1] in {"-c", "-lc"} else " ".join(map(str, value))
    return value if isinstance(value, str) else ""


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat().replace("+00:00", "Z")
