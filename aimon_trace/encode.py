"""Runs as spans: OTLP in the words of the GenAI conventions, with the whole step beside them for whoever reads it back.

Apart from `convert`, the other way. The spans are of our own scope (`conventions.OWN_SCOPE`); an aimon that receives
them reads them like any agent's, other backends by the conventions, and `convert` gives back the run as it was.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from hashlib import blake2b
from typing import Any

from aimon_trace.conventions import OWN_SCOPE
from aimon_trace.document import Json
from aimon_trace.run import TraceRun
from aimon_trace.steps import BaseStep, LLMCallStep, RetrievalStep, StateChangeStep, ToolCallStep
from aimon_trace.wire import put
from receiver.slim import CLASSES

ROOT = "run"
_ERROR = 2
_REST_NS = 999_999
"""What a time that is told to the millisecond may leave out: a run ends after its last step."""
_OPERATIONS = {"llm_call": "chat", "tool_call": "execute_tool", "retrieval": "retrieval"}


def to_otlp(run: TraceRun, *, content: bool = True) -> bytes:
    """The body of an OTLP request (protobuf) with a span for the run and one for each step.

    Without `content` names, times and figures go, and nothing that was said: what `live` tells a running aimon.
    """
    return request(run, [*steps_as_spans(run, run.steps, content=content), root(run, content=content)])


def request(run: TraceRun, spans: Iterable[Any], resource: Json | None = None) -> bytes:
    """The body of a request with some spans of a run, and what is known of where it runs."""
    message = CLASSES["Traces"]()
    group = message.resource_spans.add()
    agent = run.agent_info
    put(group.resource.attributes, {"service.name": agent.name, "service.version": agent.version, **(resource or {})})
    scoped = group.scope_spans.add()
    scoped.scope.name, scoped.scope.version = OWN_SCOPE, run.schema_version
    scoped.spans.extend(spans)
    return bytes(message.SerializeToString())


def root(run: TraceRun, *, content: bool = True) -> Any:
    """The span of the run itself."""
    span = _span(run, ROOT, None, f"invoke_agent {run.agent_info.name}", run.started_at)
    ends = [_ns(run.ended_at or run.started_at) + _REST_NS]
    ends += [_ns(step.timestamp) + _lasted_ns(step) for step in run.steps]
    span.end_time_unix_nano = max(ends)
    put(span.attributes, {
        "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": run.agent_info.name,
        "gen_ai.conversation.id": conversation(run),
        "aimon_trace.complete": True if run.status == "completed" else None,
        "aimon_trace.run": _head(run) if content else None,
    })  # fmt: skip
    if run.error is not None:
        _fail(span, str(run.error.get("message")), str(run.error.get("type")), content=content)
    return span


def steps_as_spans(run: TraceRun, steps: Iterable[BaseStep], *, content: bool = True, first: int = 0) -> Iterator[Any]:
    """The spans of some steps of a run, the first of them the one at place `first`."""
    for place, step in enumerate(steps, start=first):
        kind = str(getattr(step, "step_type", "unknown"))
        name = _operation_name(step, kind)
        span = _span(run, step.step_id, step.parent_step_id or ROOT, name, step.timestamp)
        span.end_time_unix_nano += _lasted_ns(step)
        put(span.attributes, {
            "gen_ai.conversation.id": conversation(run), "gen_ai.operation.name": _OPERATIONS.get(kind, "step"),
            "aimon_trace.step_type": kind, "aimon_trace.place": place, **_words(step),
            **(_content(step) if content else {}),
        })  # fmt: skip
        failed, error = getattr(step, "success", None) is False, getattr(step, "error", None)
        if error or failed:
            _fail(span, error or "failed", getattr(step, "error_type", None), content=content)
        yield span


def conversation(run: TraceRun) -> str:
    """The session that a run belongs to: the one it names, else itself."""
    return str((run.metadata or {}).get("session_id") or run.run_id)


def _span(run: TraceRun, thing: str, parent: str | None, name: str, at: datetime) -> Any:
    """A span whose ids are made of what it is called, so that it is the same however often it is sent."""
    return CLASSES["Span"](
        trace_id=blake2b(run.run_id.encode(), digest_size=16).digest(),
        span_id=_id(run, thing),
        parent_span_id=b"" if parent is None else _id(run, parent),
        name=name,
        start_time_unix_nano=_ns(at),
        end_time_unix_nano=_ns(at),
    )


def _id(run: TraceRun, thing: str) -> bytes:
    return blake2b(f"{run.run_id}\n{thing}".encode(), digest_size=8).digest()


def _operation_name(step: BaseStep, kind: str) -> str:
    match step:
        case LLMCallStep():
            return f"chat {step.model}"
        case ToolCallStep():
            return f"execute_tool {step.tool_name}"
        case StateChangeStep():
            return step.state_key
        case _:
            return kind


def _words(step: BaseStep) -> Json:
    """The figures of a step in the words of the conventions."""
    match step:
        case LLMCallStep():
            return {
                "gen_ai.request.model": step.model, "gen_ai.provider.name": step.provider,
                "gen_ai.usage.input_tokens": step.tokens_in, "gen_ai.usage.output_tokens": step.tokens_out,
                "gen_ai.usage.cache_read.input_tokens": step.tokens_cache_read,
                "gen_ai.usage.cache_write.input_tokens": step.tokens_cache_write,
                "gen_ai.usage.reasoning.output_tokens": step.tokens_reasoning,
                "gen_ai.response.finish_reasons": [step.finish_reason] if step.finish_reason else None,
                "gen_ai.response.id": (step.metadata or {}).get("response_id"),
                "gen_ai.usage.cost_usd": step.cost_estimate,
            }  # fmt: skip
        case ToolCallStep():
            return {
                "gen_ai.tool.name": step.tool_name,
                "gen_ai.tool.call.id": (step.metadata or {}).get("tool_call_id"),
            }
        case RetrievalStep():
            return {"gen_ai.retrieval.documents.count": step.match_count}
        case _:
            return {}


def _content(step: BaseStep) -> Json:
    """What was said: in the words of OpenInference, which every backend shows, and the whole step for `convert`."""
    told = {"aimon_trace.step": step.model_dump_json(exclude_none=True, fallback=repr)}
    for name, fields in (("input.value", step.inputs), ("output.value", step.outputs)):
        value = getattr(step, fields[0]) if fields else None
        if value not in (None, "", [], {}):
            told[name] = value if isinstance(value, str) else json.dumps(value, default=_plain)
    return told


def _plain(value: Any) -> Any:
    return value.model_dump(mode="json", exclude_none=True) if hasattr(value, "model_dump") else repr(value)


def _head(run: TraceRun) -> str:
    return run.model_dump_json(exclude={"steps"}, exclude_none=True, fallback=repr)


def _fail(span: Any, error: str, error_type: str | None, *, content: bool) -> None:
    span.status.code = _ERROR
    span.status.message = error if content else ""
    put(span.attributes, {"error.type": error_type})


def _lasted_ns(step: BaseStep) -> int:
    return round((step.duration_ms or 0.0) * 1e6)


def _ns(at: datetime) -> int:
    return round(at.timestamp() * 1000) * 1_000_000
