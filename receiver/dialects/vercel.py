"""The Vercel AI SDK up to 6: `ai.generateText` around `ai.generateText.doGenerate`, both with usage in its own words.

https://ai-sdk.dev/docs/ai-sdk-core/telemetry. From 7 on it follows the GenAI conventions, and `genai` reads it.
"""

from collections.abc import Iterable

from aimon_core.events import Event
from receiver.dialects.spans import Words, told
from receiver.record import Record, Scope

WORDS = Words(
    session=("ai.telemetry.metadata.sessionId", "ai.telemetry.metadata.session_id", "session.id"),
    model=("ai.response.model", "gen_ai.response.model", "ai.model.id", "gen_ai.request.model"),
    response_id=("ai.response.id", "gen_ai.response.id"),
    input=("ai.usage.inputTokens", "ai.usage.promptTokens", "ai.usage.tokens", "gen_ai.usage.input_tokens"),
    cache_read=("ai.usage.cachedInputTokens", "ai.usage.inputTokenDetails.cacheReadTokens"),
    cache_write=("ai.usage.inputTokenDetails.cacheWriteTokens",),
    output=("ai.usage.outputTokens", "ai.usage.completionTokens", "gen_ai.usage.output_tokens"),
    reasoning=("ai.usage.reasoningTokens", "ai.usage.outputTokenDetails.reasoningTokens"),
    finish=("ai.response.finishReason", "gen_ai.response.finish_reasons"),
    tool=("ai.toolCall.name",),
    tool_call_id=("ai.toolCall.id",),
    agent=("ai.telemetry.functionId", "resource.name"),
)


class Vercel:
    """The dialect of the Vercel AI SDK."""

    name = "vercel"
    noise = None

    def claims(self, scope: Scope) -> bool:
        """Its scope is always the same."""
        return scope.name == "ai"

    def translate(self, record: Record) -> Iterable[Event] | None:
        """A span by its name, to which the SDK adds what the program calls the function."""
        kind = kind_of(record) if record.signal == "traces" else None
        return told(record, WORDS, kind) if kind else None


def kind_of(record: Record) -> str | None:
    """What a span is, by its operation; None where that is none of the SDK's."""
    operation = record.identity("ai.operationId") or record.name.partition(" ")[0]
    if not operation.startswith("ai."):
        return None
    name, _, step = operation.removeprefix("ai.").partition(".")
    if name == "toolCall":
        return "tool"
    if name.startswith("embed"):
        return "tokens" if step else "link"
    if step:
        return "llm" if step.startswith("do") else "link"
    return "run"
