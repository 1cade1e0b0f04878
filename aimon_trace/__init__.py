"""A trace as a document: capture, read, judge.

Everything public is loaded when it is first asked for: the import costs nothing, and a name no more than it needs.
"""

from importlib import import_module
from typing import Any

_WHERE = {
    **dict.fromkeys(("AgentInfo", "TaskInfo", "TraceRun"), "run"),
    **dict.fromkeys(
        (
            "BaseStep", "FinalOutputStep", "InterruptStep", "LLMCallStep", "MemoryReadStep", "MemoryWriteStep",
            "ResourceImpact", "RetrievalResult", "RetrievalStep", "StateChangeStep", "ToolCallStep", "TraceStep",
            "UnknownStep", "UserInputStep",
        ),
        "steps",
    ),
    **dict.fromkeys(("TraceReader", "TraceWriter", "load", "save"), "files"),
    **dict.fromkeys(("RedactionConfig", "Redactor"), "redaction"),
    "Tracer": "tracer",
    "SpanConverter": "convert",
    "OTLPCollector": "collect",
    "to_otlp": "encode",
    **dict.fromkeys(
        (
            "CollectorError", "ConversionError", "InstrumentorAlreadyActiveError", "InstrumentorNotActiveError",
            "InstrumentorUnavailable", "StepValidationError", "TraceError", "TraceUnreadable", "TraceWarning",
            "TracerNotActiveError",
        ),
        "errors",
    ),
}  # fmt: skip
"""By name, the module that has it."""

__all__ = sorted(_WHERE)  # noqa: PLE0605 - made of the table above


def __getattr__(name: str) -> Any:
    """Load what is asked for."""
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_WHERE[name]}"), name)


def __dir__() -> list[str]:
    return __all__
