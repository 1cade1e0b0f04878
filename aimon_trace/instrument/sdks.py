"""The SDKs of models, and what agents are written with that need no word of their own: a table each."""

from aimon_trace.instrument.base import Instrumentor
from aimon_trace.instrument.packages import Source

OPENAI = Source("openinference.instrumentation.openai", "OpenAIInstrumentor", "openai")
ANTHROPIC = Source("openinference.instrumentation.anthropic", "AnthropicInstrumentor", "anthropic")
LITELLM = Source("openinference.instrumentation.litellm", "LiteLLMInstrumentor", "litellm")


class OpenAIInstrumentor(Instrumentor):
    """Traces OpenAI's SDK: a call that lies in nothing else is a run of its own."""

    name = "openai"
    package = "openai"
    needs = (OPENAI,)


class AnthropicInstrumentor(Instrumentor):
    """Traces Anthropic's SDK, in the same way."""

    name = "anthropic"
    package = "anthropic"
    needs = (ANTHROPIC,)


class OpenAIAgentsInstrumentor(Instrumentor):
    """Traces OpenAI's Agents SDK, whose own exporter to OpenAI is off meanwhile."""

    name = "openai-agents"
    package = "openai-agents"
    needs = (Source("openinference.instrumentation.openai_agents", "OpenAIAgentsInstrumentor", "agents"),)


class LlamaIndexInstrumentor(Instrumentor):
    """Traces LlamaIndex: queries, retrievals, embeddings, agents."""

    name = "llama-index"
    package = "llama-index-core"
    needs = (Source("openinference.instrumentation.llama_index", "LlamaIndexInstrumentor", "llama_index.core"),)
