"""The GenAI conventions of OpenTelemetry, so that an agent nobody wrote a dialect for is still a row.

https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/ in the spellings since 1.27: `gen_ai.system` and
`gen_ai.provider.name`, `prompt_tokens` and `input_tokens`. Input includes the cached tokens there: they are taken out.
Usage counts on inference spans only: an agent's span repeats the sum of its calls.
"""

from collections.abc import Iterable
from typing import Any

from aimon_core.events import Event, LlmCalled, PromptSubmitted, SessionSeen, ToolFinished, TurnEnded
from aimon_core.failures import classify
from aimon_core.session import Tokens
from receiver.dialects.base import head
from receiver.record import Record, Scope

INFERENCE = frozenset({"chat", "text_completion", "generate_content", "embeddings"})
RUNS = frozenset({"invoke_agent", "invoke_workflow"})
STATUS_ERROR = 2
"""`Status.code` of a failed span."""


class GenAI:
    """The dialect of whoever follows the conventions."""

    name = "genai"
    noise = None

    def claims(self, scope: Scope) -> bool:
        """It reads any scope: whether a span follows the conventions shows in its attributes."""
        return bool(scope.service) or bool(scope.name)

    def translate(self, record: Record) -> Iterable[Event] | None:
        """A model call, a tool call or an agent's run; None for records that are none of these."""
        operation = record.identity("gen_ai.operation.name") if record.signal == "traces" else None
        if operation is None:
            return None
        base = {
            "agent": record.scope.service or record.scope.name,
            "session_id": _session(record),
            "at_ns": record.at_ns,
            "channel": "span",
            "signal": operation,
        }
        if operation in INFERENCE:
            return (_call(record, base),)
        if operation == "execute_tool":
            return (_tool(record, base),)
        return _run(record, base) if operation in RUNS else None


def _session(record: Record) -> str:
    """The conversation, where one is named; else the trace is all that holds the spans together."""
    return (
        record.identity("gen_ai.conversation.id")
        or record.identity("session.id")
        or record.scope.resource.text("session.id")
        or record.trace_id.hex()
    )


def _call(record: Record, base: dict[str, Any]) -> LlmCalled:
    ok = record.message.status.code != STATUS_ERROR
    error = record.message.status.message
    finish = record.raw.get("gen_ai.response.finish_reasons")
    return LlmCalled(
        **base,
        call_id=record.identity("gen_ai.response.id"),
        unit=record.span_id.hex(),
        model=record.text("gen_ai.response.model") or record.text("gen_ai.request.model") or "unknown",
        tokens=_tokens(record),
        duration_ms=(record.at_ns - record.start_ns) / 1e6,
        ok=ok,
        error=head(error),
        error_type=None if ok else classify(None, record.identity("error.type") or "", error),
        asks_tool=None
        if finish is None
        else any(one.s in {"tool_calls", "tool_use", "tool_call"} for one in finish.a.values),
    )


def _tokens(record: Record) -> Tokens:
    inclusive = _first(record, "gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens")
    read = _first(record, "gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens")
    written = _first(
        record,
        "gen_ai.usage.cache_write.input_tokens",
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens",
    )
    return Tokens(
        input=max(0, inclusive - read - written),
        cache_read=read,
        cache_write_unknown=written,
        output=_first(record, "gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
        reasoning=record.integer("gen_ai.usage.reasoning.output_tokens"),
    )


def _first(record: Record, *keys: str) -> int:
    return next((found for key in keys if (found := record.integer(key)) is not None), 0)


def _tool(record: Record, base: dict[str, Any]) -> ToolFinished:
    return ToolFinished(
        **base,
        call_id=record.identity("gen_ai.tool.call.id") or record.identity("gen_ai.tool.call_id"),
        unit=record.span_id.hex(),
        name=record.text("gen_ai.tool.name") or head(record.name),
        ok=record.message.status.code != STATUS_ERROR,
        duration_ms=(record.at_ns - record.start_ns) / 1e6,
        error=head(record.message.status.message),
    )


def _run(record: Record, base: dict[str, Any]) -> Iterable[Event]:
    """A run is a turn, exported when it is over: both its ends are told at once. Nested runs are parts of one."""
    if record.parent_id:
        return
    run = record.span_id.hex()
    resource = record.scope.resource
    yield SessionSeen(
        **base,
        title=record.text("gen_ai.agent.name"),
        pid=resource.integer("process.pid"),
        host=resource.text("host.name"),
        cwd=resource.text("process.working_directory"),
    )
    yield PromptSubmitted(**base | {"at_ns": record.start_ns}, prompt_id=run, unit=run)
    if record.message.status.code == STATUS_ERROR:
        error = record.message.status.message
        yield TurnEnded(
            **base,
            reason="failed",
            error_type=classify(None, record.identity("error.type") or "", error),
            text=head(error),
        )
    else:
        yield TurnEnded(**base, reason="span", turn_span=run, began_ns=record.start_ns)
