"""A trace as a document: capture, read, judge.

Everything public is loaded when it is first asked for: the import costs nothing, and a name no more than it needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from aimon_trace.collect import OTLPCollector as OTLPCollector
    from aimon_trace.convert import SpanConverter as SpanConverter
    from aimon_trace.encode import to_otlp as to_otlp
    from aimon_trace.errors import CollectorError as CollectorError
    from aimon_trace.errors import ConversionError as ConversionError
    from aimon_trace.errors import InstrumentorAlreadyActiveError as InstrumentorAlreadyActiveError
    from aimon_trace.errors import InstrumentorNotActiveError as InstrumentorNotActiveError
    from aimon_trace.errors import InstrumentorUnavailable as InstrumentorUnavailable
    from aimon_trace.errors import StepValidationError as StepValidationError
    from aimon_trace.errors import TraceError as TraceError
    from aimon_trace.errors import TracerNotActiveError as TracerNotActiveError
    from aimon_trace.errors import TraceUnreadable as TraceUnreadable
    from aimon_trace.errors import TraceWarning as TraceWarning
    from aimon_trace.files import TraceReader as TraceReader
    from aimon_trace.files import TraceWriter as TraceWriter
    from aimon_trace.files import load as load
    from aimon_trace.files import save as save
    from aimon_trace.redaction import RedactionConfig as RedactionConfig
    from aimon_trace.redaction import Redactor as Redactor
    from aimon_trace.run import AgentInfo as AgentInfo
    from aimon_trace.run import TaskInfo as TaskInfo
    from aimon_trace.run import TraceRun as TraceRun
    from aimon_trace.steps import BaseStep as BaseStep
    from aimon_trace.steps import FinalOutputStep as FinalOutputStep
    from aimon_trace.steps import InterruptStep as InterruptStep
    from aimon_trace.steps import LLMCallStep as LLMCallStep
    from aimon_trace.steps import MemoryReadStep as MemoryReadStep
    from aimon_trace.steps import MemoryWriteStep as MemoryWriteStep
    from aimon_trace.steps import ResourceImpact as ResourceImpact
    from aimon_trace.steps import RetrievalResult as RetrievalResult
    from aimon_trace.steps import RetrievalStep as RetrievalStep
    from aimon_trace.steps import StateChangeStep as StateChangeStep
    from aimon_trace.steps import ToolCallStep as ToolCallStep
    from aimon_trace.steps import TraceStep as TraceStep
    from aimon_trace.steps import UnknownStep as UnknownStep
    from aimon_trace.steps import UserInputStep as UserInputStep
    from aimon_trace.tracer import Tracer as Tracer


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
