"""pydantic-ai, which instruments itself in the words of the GenAI conventions once it is told where to."""

from types import SimpleNamespace
from typing import Any

from aimon_trace.instrument.base import Instrumentor
from aimon_trace.instrument.packages import Source


class _Own(Source):
    """Its own switch, in the shape of an instrumentor of OpenTelemetry's."""

    __slots__ = ()

    @property
    def scope(self) -> str:
        """What the scope of its spans begins with."""
        return "pydantic-ai"

    def switch(self) -> Any:
        """What turns it on and off. Raises ImportError where it is not installed."""
        from pydantic_ai import Agent  # noqa: PLC0415 - whoever instruments it has it
        from pydantic_ai.models.instrumented import InstrumentationSettings  # noqa: PLC0415 - same

        def instrument(tracer_provider: Any, **_: Any) -> None:
            Agent.instrument_all(InstrumentationSettings(tracer_provider=tracer_provider))

        return SimpleNamespace(
            is_instrumented_by_opentelemetry=False,
            instrument=instrument,
            uninstrument=lambda: Agent.instrument_all(False),  # noqa: FBT003 - its signature
        )


class PydanticAIInstrumentor(Instrumentor):
    """Traces pydantic-ai."""

    name = "pydantic-ai"
    package = "pydantic-ai-slim"
    needs = (_Own("pydantic_ai", "Agent", "pydantic_ai"),)
