"""LangChain and LangGraph: every run of a chain, graph or agent, without a handler passed by hand.

OpenInference's handler hears of more than it tells: what a run lies in, and what a tool was given. That is told here.
"""

import json
import warnings
from collections.abc import Callable
from typing import Any

from aimon_trace.errors import TraceWarning
from aimon_trace.instrument.base import Instrumentor
from aimon_trace.instrument.packages import Source
from aimon_trace.instrument.processor import Gatherer


class LangChainInstrumentor(Instrumentor):
    """Traces LangChain and LangGraph."""

    name = "langchain"
    package = "langchain-core"
    needs = (Source("openinference.instrumentation.langchain", "LangChainInstrumentor", "langchain_core"),)

    def _installed(self, switch: Any, gatherer: Gatherer) -> list[Callable[[], None]]:
        """Look closer at what begins."""
        tracer = switch._tracer  # noqa: SLF001 - the handler that OpenInference gives every run
        _watch_runs(tracer, gatherer)
        _watch_tools(tracer)
        return [lambda: tracer.__delattr__("_start_trace"), lambda: tracer.__delattr__("on_tool_start")]


def _watch_runs(tracer: Any, gatherer: Gatherer) -> None:
    """A run may lie in one that began before anybody listened: its trace is not the whole one."""
    begin = tracer._start_trace  # noqa: SLF001 - where LangChain's own tracers begin a span

    def watched(run: Any) -> None:
        above = None if run.parent_run_id is None else tracer.get_span(run.parent_run_id)
        if run.parent_run_id is None or (above is not None and gatherer.knows(above)):
            begin(run)
            return
        with gatherer.late():
            begin(run)
        span = tracer.get_span(run.id)
        if span is not None and span.is_recording():
            words = f"{run.name} lies in a run whose beginning was not seen: its trace is partial"
            warnings.warn(words, TraceWarning, stacklevel=2)

    tracer._start_trace = watched  # noqa: SLF001 - as above


def _watch_tools(tracer: Any) -> None:
    """What a tool was given, by name, and the id of the call that asked for it."""
    begin = tracer.on_tool_start

    def watched(*told: Any, **named: Any) -> Any:
        run = begin(*told, **named)
        span, given, asked = tracer.get_span(run.id), named.get("inputs"), named.get("tool_call_id")
        if span is not None and isinstance(given, dict):
            span.set_attribute("tool.parameters", json.dumps(given, default=str))
        if span is not None and asked:
            span.set_attribute("tool_call.id", str(asked))
        return run

    tracer.on_tool_start = watched
