"""OpenInference, the conventions of Arize's instrumentors: LangChain, CrewAI, OpenAI, Anthropic, the Agents SDKs.

https://arize-ai.github.io/openinference/spec/. A span's kind says what it is; lists are flattened into many attributes.
"""

from collections.abc import Iterable

from aimon_core.events import Event
from receiver.dialects.spans import Words, told
from receiver.record import Record, Scope

KINDS = {
    "LLM": "llm", "EMBEDDING": "tokens", "TOOL": "tool", "AGENT": "run", "CHAIN": "run",
    **dict.fromkeys(("RETRIEVER", "RERANKER", "GUARDRAIL", "EVALUATOR", "PROMPT", "UNKNOWN"), "link"),
}  # fmt: skip
"""By `openinference.span.kind`."""

WORDS = Words(
    session=("session.id",),
    model=("llm.model_name", "llm.response.model_name", "llm.request.model_name", "embedding.model_name"),
    input=("llm.token_count.prompt",),
    cache_read=("llm.token_count.prompt_details.cache_read",),
    cache_write=("llm.token_count.prompt_details.cache_write",),
    output=("llm.token_count.completion",),
    reasoning=("llm.token_count.completion_details.reasoning",),
    cost_usd=("llm.cost.total",),
    tool=("tool.name",),
    tool_call_id=("tool.id", "tool_call.id"),
    agent=("agent.name", "graph.node.name"),
)


def kind_of(record: Record) -> str | None:
    """What a span is; None where it does not say.

    LangChain's instrumentor calls every run an agent whose name has that word in it, be it a tool.
    """
    kind = record.identity("openinference.span.kind") or ""
    return KINDS.get("TOOL" if kind == "AGENT" and "tool.name" in record.raw else kind)


class OpenInference:
    """The dialect of OpenInference."""

    name = "openinference"
    noise = None

    def claims(self, scope: Scope) -> bool:
        """Its instrumentors; a program that writes the attributes itself uses a scope of its own."""
        return scope.name.startswith("openinference.")

    def translate(self, record: Record) -> Iterable[Event] | None:
        """A span by its kind."""
        kind = kind_of(record) if record.signal == "traces" else None
        return told(record, WORDS, kind) if kind else None
