"""One span of an MLflow trace, in whichever convention it was told: its kind, its usage, the tool it called.

MLflow keeps the attributes as they came and adds words of its own, so the receiver's tables of names hold here, too.
It reads the dictionaries of `Trace.to_dict()` and needs nothing of MLflow's library.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from aimon_core.session import Tokens
from aimon_trace.metrics import ToolCall
from receiver.dialects import genai, openinference, openllmetry, vercel
from receiver.dialects.spans import Names, Words

_WORDS: dict[str, Words] = {
    "openinference.span.kind": openinference.WORDS,
    "ai.operationId": vercel.WORDS,
    "traceloop.span.kind": openllmetry.WORDS,
    "gen_ai.operation.name": genai.WORDS,
}
"""By the attribute that shows a convention. In all of them input includes what the caches took part in."""
_MARKS = ("turn.number", "session.turn_count")
"""Attributes that only spans have which aimon exported."""
_MLFLOW = ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens")
_AIMON = (
    "gen_ai.usage.input_tokens", "llm.token_count.prompt_details.cache_read",
    "llm.token_count.prompt_details.cache_write", "gen_ai.usage.output_tokens",
)  # fmt: skip
"""Usage in four parts, as MLflow's own tracers write it and as aimon does."""

_MODEL: Names = ("mlflow.llm.model", "gen_ai.response.model", "gen_ai.request.model", "llm.model_name", "model")
_NAME: Names = ("tool_name", "gen_ai.tool.name", "tool.name", "ai.toolCall.name")
_CALL_ID: Names = ("tool_id", "gen_ai.tool.call.id", "tool.id", "tool_call.id", "ai.toolCall.id")
_INPUT: Names = ("mlflow.spanInputs", "gen_ai.tool.call.arguments", "input.value", "ai.toolCall.args")
_OUTPUT: Names = ("mlflow.spanOutputs", "gen_ai.tool.call.result", "output.value", "ai.toolCall.result")
_SUBJECTS = ("command", "file_path", "pattern", "url", "query", "description")
"""Inputs of tools that aimon exports with its content, each as `tool.NAME`."""
_RESULT = 2000
"""Characters kept of what a tool answered."""


class Span(Struct, frozen=True):
    """One span with its attributes as values."""

    id: str
    parent: str | None
    name: str
    start_ns: int
    end_ns: int
    failed: bool
    message: str
    told: dict[str, Any]

    @property
    def kind(self) -> str:
        """`TOOL`, `LLM`, `AGENT`, …: MLflow's word, which it finds for every convention; else what the name says."""
        kind = str(self.first(("mlflow.spanType", "openinference.span.kind")) or "UNKNOWN").upper()
        if kind == "UNKNOWN" and self.name.lower().startswith("tool"):
            return "TOOL"
        return "LLM" if kind == "CHAT_MODEL" else kind

    @property
    def ours(self) -> bool:
        """Whether aimon exported it."""
        return any(name in self.told for name in _MARKS)

    @property
    def model(self) -> str | None:
        """The model that answered."""
        model = self.first(_MODEL)
        return str(model) if model else None

    @property
    def tokens(self) -> Tokens:
        """Its usage in exclusive parts; all of them 0 where it tells none."""
        if self.ours:
            return _exclusive(*(_count(self.told.get(name)) for name in _AIMON))
        words = next((_WORDS[name] for name in _WORDS if name in self.told), None)
        if words is not None and self.first(words.input) is not None:
            names = (words.input, words.cache_read, words.cache_write, words.output)
            return _inclusive(*(_count(self.first(one)) for one in names))
        usage = self.told.get("mlflow.chat.tokenUsage")
        parts = [_count(usage.get(name)) for name in _MLFLOW] if isinstance(usage, dict) else [0] * 4
        # MLflow's tracer of Anthropic keeps caches beside the input, those of others within.
        return _exclusive(*parts) if "claude" in (self.model or "") else _inclusive(*parts)

    @property
    def reported_usd(self) -> float | None:
        """Dollars as aimon's ledger had them; MLflow's own know no caches and are left out."""
        usd = self.told.get("gen_ai.usage.cost_usd") if self.ours else None
        return float(usd) if isinstance(usd, int | float) else None

    @property
    def call_id(self) -> str:
        """The client's id of a tool call; empty where it told none."""
        return str(self.first(_CALL_ID) or "")

    def tool_call(self, *, refused: bool) -> ToolCall:
        """The tool call that it is."""
        name = self.first(_NAME) or self.name.removeprefix("tool_").removeprefix("execute_tool ")
        output = self.first(_OUTPUT)
        return ToolCall(
            id=self.call_id,
            name=str(name),
            input=self._input(),
            start_time=moment(self.start_ns),
            end_time=moment(self.end_ns),
            success=not self.failed and not refused,
            refused=refused,
            result=(output if isinstance(output, str) else json.dumps(output) if output is not None else "")[:_RESULT],
        )

    def first(self, names: Iterable[str]) -> Any:
        """The first attribute of some names that is there."""
        return next((found for name in names if (found := self.told.get(name)) is not None), None)

    def _input(self) -> dict[str, Any]:
        told = self.first(_INPUT)
        if isinstance(told, dict):
            return told
        if told is not None:
            return {"input": told}
        return {name: found for name in _SUBJECTS if (found := self.told.get(f"tool.{name}")) is not None}


def spans_of(document: Mapping[str, Any]) -> Iterable[Span]:
    """The spans of a trace, as `Trace.to_dict()` tells them."""
    for told in document["data"]["spans"]:
        status, parent = told.get("status") or {}, told.get("parent_span_id")
        yield Span(
            id=f"{told['trace_id']} {told['span_id']}",
            parent=f"{told['trace_id']} {parent}" if parent else None,
            name=str(told.get("name", "")),
            start_ns=told["start_time_unix_nano"],
            end_ns=told.get("end_time_unix_nano") or told["start_time_unix_nano"],
            failed=status.get("code") == "STATUS_CODE_ERROR",
            message=str(status.get("message") or ""),
            told={name: _value(value) for name, value in (told.get("attributes") or {}).items()},
        )


def moment(at_ns: int) -> datetime:
    """Nanoseconds since the epoch as a time."""
    return datetime.fromtimestamp(at_ns / 1e9, UTC)


def _value(told: Any) -> Any:
    """MLflow keeps each attribute as JSON; a text in it may be JSON once more, or just a text."""
    for _ in range(2):
        if not isinstance(told, str):
            break
        try:
            told = json.loads(told)
        except ValueError:
            break
    return told


def _count(told: Any) -> int:
    return max(0, told) if isinstance(told, int) else 0


def _exclusive(uncached: int, read: int, written: int, output: int) -> Tokens:
    return Tokens(input=uncached, cache_read=read, cache_write_unknown=written, output=output)


def _inclusive(context: int, read: int, written: int, output: int) -> Tokens:
    return _exclusive(max(0, context - read - written), read, written, output)
