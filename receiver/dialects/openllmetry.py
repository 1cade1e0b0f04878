"""OpenLLMetry, the instrumentors of Traceloop: the GenAI conventions in older spellings, and kinds of its own.

https://github.com/traceloop/openllmetry/tree/main/packages/opentelemetry-semantic-conventions-ai. It writes a trace of
its own when an agent is made, tells each run twice and each node of a graph once: only the outermost run is a turn.
"""

from collections.abc import Iterable

from aimon_core.events import Event
from receiver.dialects.spans import Words, told
from receiver.record import Record, Scope

KINDS = {
    **dict.fromkeys(("chat", "completion", "text_completion", "generate_content"), "llm"),
    "embeddings": "tokens",
    "execute_tool": "tool",
    **dict.fromkeys(("invoke_agent", "invoke_workflow"), "run"),
    **dict.fromkeys(("create_agent", "execute_task", "vector_db_retrieve", "retrieval", "rerank"), "link"),
}
"""By `gen_ai.operation.name`."""

OLDER = {"workflow": "run", "agent": "run", "task": "link", "tool": "tool"}
"""By `traceloop.span.kind`, of versions that named no operation."""

_ASKED = {"chat": "llm", "completion": "llm", "embedding": "tokens", "rerank": "link"}
"""By `llm.request.type`, of the same."""

WORDS = Words(
    session=(
        "traceloop.association.properties.session_id", "traceloop.association.properties.thread_id",
        "gen_ai.conversation.id", "session.id",
    ),
    model=("gen_ai.response.model", "gen_ai.request.model"),
    response_id=("gen_ai.response.id",),
    input=("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
    cache_read=("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"),
    cache_write=("gen_ai.usage.cache_creation.input_tokens", "gen_ai.usage.cache_creation_input_tokens"),
    output=("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    reasoning=("gen_ai.usage.reasoning_tokens", "llm.usage.reasoning_tokens"),
    finish=("gen_ai.response.finish_reasons", "llm.response.finish_reason"),
    tool=("gen_ai.tool.name", "traceloop.entity.name"),
    tool_call_id=("gen_ai.tool.call.id",),
    agent=("gen_ai.agent.name", "traceloop.workflow.name", "traceloop.entity.name"),
)  # fmt: skip


def kind_of(record: Record) -> str | None:
    """What a span is, by its operation, else by the kind that older versions gave it."""
    return (
        KINDS.get(record.identity("gen_ai.operation.name") or "")
        or OLDER.get(record.identity("traceloop.span.kind") or "")
        or _ASKED.get(record.identity("llm.request.type") or "")
    )


class OpenLLMetry:
    """The dialect of OpenLLMetry."""

    name = "openllmetry"
    noise = None

    def claims(self, scope: Scope) -> bool:
        """Its instrumentors and its SDK; OpenTelemetry's own are called `…instrumentation.genai.…` or `…_v2`."""
        if scope.name == "traceloop.tracer":
            return True
        family, _, rest = scope.name.partition("opentelemetry.instrumentation.")
        return not family and bool(rest) and not rest.startswith("genai.") and not rest.endswith("_v2")

    def translate(self, record: Record) -> Iterable[Event] | None:
        """A span by its kind."""
        if record.signal != "traces":
            return None
        kind = kind_of(record)
        return told(record, WORDS, kind) if kind else None
