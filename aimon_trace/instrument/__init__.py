"""One line that traces a framework: an instrumentor for each, by name, those of other packages among them.

    from aimon_trace.instrument import LangChainInstrumentor

    LangChainInstrumentor(output_path="traces").instrument()

A package that knows another framework says so in its entry points, group `aimon.instrumentors`: a name, and a class
like `base.Instrumentor`.
"""

from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any

from aimon_trace.errors import InstrumentorUnavailable

if TYPE_CHECKING:
    from aimon_trace.instrument.base import Instrumentor as Instrumentor
    from aimon_trace.instrument.crewai import CrewAIInstrumentor as CrewAIInstrumentor
    from aimon_trace.instrument.langchain import LangChainInstrumentor as LangChainInstrumentor
    from aimon_trace.instrument.pydantic_ai import PydanticAIInstrumentor as PydanticAIInstrumentor
    from aimon_trace.instrument.sdks import AnthropicInstrumentor as AnthropicInstrumentor
    from aimon_trace.instrument.sdks import LlamaIndexInstrumentor as LlamaIndexInstrumentor
    from aimon_trace.instrument.sdks import OpenAIAgentsInstrumentor as OpenAIAgentsInstrumentor
    from aimon_trace.instrument.sdks import OpenAIInstrumentor as OpenAIInstrumentor

GROUP = "aimon.instrumentors"
_WHERE = {
    "Instrumentor": "base", "LangChainInstrumentor": "langchain", "CrewAIInstrumentor": "crewai",
    "PydanticAIInstrumentor": "pydantic_ai", "OpenAIInstrumentor": "sdks", "AnthropicInstrumentor": "sdks",
    "OpenAIAgentsInstrumentor": "sdks", "LlamaIndexInstrumentor": "sdks",
}  # fmt: skip
"""By class, the module that has it."""
_OURS = {
    "langchain": "LangChainInstrumentor", "crewai": "CrewAIInstrumentor", "openai": "OpenAIInstrumentor",
    "anthropic": "AnthropicInstrumentor", "openai-agents": "OpenAIAgentsInstrumentor",
    "pydantic-ai": "PydanticAIInstrumentor", "llama-index": "LlamaIndexInstrumentor",
}  # fmt: skip
"""By name, the class."""

__all__ = ["GROUP", "instrumentor", "names", *sorted(_WHERE)]  # noqa: PLE0604 - made of the table above


def names() -> list[str]:
    """The frameworks that can be asked for, installed or not; those of other packages among them."""
    return sorted({*_OURS, *_theirs()})


def instrumentor(name: str, /, *arguments: Any, **options: Any) -> "Instrumentor":
    """The instrumentor of a framework, by its name; it takes what the class takes, and is not on yet.

    Raises InstrumentorUnavailable where nobody knows that framework, or what other packages say of it cannot be loaded.
    """
    if (own := _OURS.get(name)) is not None:
        made: Instrumentor = __getattr__(own)(*arguments, **options)
        return made
    entry = _theirs().get(name)
    if entry is None:
        raise InstrumentorUnavailable(f"Nobody here instruments {name}.", f"Known are: {', '.join(names())}.")
    try:
        return entry.load()(*arguments, **options)  # type: ignore[no-any-return]
    except ImportError as error:
        raise InstrumentorUnavailable(
            f"{name} cannot be instrumented: {error}.", f"{entry.value} says it could."
        ) from error


def _theirs() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=GROUP)}


def __getattr__(name: str) -> Any:
    """Load what is asked for."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return __all__
