"""The GenAI conventions of OpenTelemetry, so that an agent nobody wrote a dialect for is still a row.

https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/ in all spellings since 1.27. pydantic-ai, the Anthropic
SDK's own spans, OpenTelemetry's instrumentors and goose speak it; what each adds to it is one more spelling.
"""

from collections.abc import Iterable

from aimon_core.events import Event
from receiver.dialects.base import nested
from receiver.dialects.spans import Words, session_of, told
from receiver.record import Record, Scope

KINDS = {
    **dict.fromkeys(("chat", "text_completion", "generate_content", "completion", "responses"), "llm"),
    "embeddings": "tokens",
    "execute_tool": "tool",
    **dict.fromkeys(("invoke_agent", "invoke_workflow"), "run"),
    **dict.fromkeys(("create_agent", "retrieval", "plan", "step"), "link"),
}
"""By `gen_ai.operation.name`; a `step` is what `aimon_trace` tells beside calls and tools."""

WORDS = Words(
    session=("gen_ai.conversation.id", "session.id"),
    model=("gen_ai.response.model", "gen_ai.request.model"),
    response_id=("gen_ai.response.id",),
    input=("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens"),
    cache_read=("gen_ai.usage.cache_read.input_tokens", "gen_ai.usage.cache_read_input_tokens"),
    cache_write=(
        "gen_ai.usage.cache_write.input_tokens", "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.cache_creation_input_tokens",
    ),
    output=("gen_ai.usage.output_tokens", "gen_ai.usage.completion_tokens"),
    reasoning=(
        "gen_ai.usage.reasoning.output_tokens", "gen_ai.usage.details.reasoning_tokens",
        "gen_ai.usage.reasoning_tokens",
    ),
    finish=("gen_ai.response.finish_reasons",),
    cost_usd=("gen_ai.usage.cost_usd",),
    tool=("gen_ai.tool.name",),
    tool_call_id=("gen_ai.tool.call.id", "gen_ai.tool.call_id"),
    agent=("gen_ai.agent.name", "gen_ai.workflow.name"),
)  # fmt: skip


def kind_of(record: Record) -> str | None:
    """What a span is; None where it does not follow the conventions."""
    return KINDS.get(record.identity("gen_ai.operation.name") or "")


class GenAI:
    """The dialect of whoever follows the conventions."""

    name = "genai"
    noise = None

    def claims(self, scope: Scope) -> bool:
        """It reads any scope: whether a span follows the conventions shows in its attributes."""
        return bool(scope.service) or bool(scope.name)

    def translate(self, record: Record) -> Iterable[Event] | None:
        """A model call, a tool call or an agent's run; None for records that are none of these."""
        if record.signal != "traces":
            return None
        kind = kind_of(record)
        return told(record, WORDS, kind) if kind else None

    def links(self, record: Record) -> Event:
        """A span that tells nothing itself, but lies between others that do."""
        return nested(record, session_of(record, WORDS))
