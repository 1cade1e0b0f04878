"""CrewAI: every kickoff of a crew or a flow, its tasks, tools and model calls.

OpenInference can listen to CrewAI's events, too, and would then tell of all calls by itself; but it forgets what took
five minutes, and a crew that does leaves no trace. So calls are told of by the SDKs that CrewAI makes them with.
"""

import re
import warnings
from typing import Any

from aimon_trace.errors import TraceWarning
from aimon_trace.instrument.base import Instrumentor
from aimon_trace.instrument.packages import Source
from aimon_trace.instrument.processor import Gathered
from aimon_trace.instrument.sdks import ANTHROPIC, LITELLM, OPENAI

_TASK = "._execute_core"
"""How OpenInference calls the work on a task."""


class CrewAIInstrumentor(Instrumentor):
    """Traces CrewAI."""

    name = "crewai"
    package = "crewai"
    needs = (Source("openinference.instrumentation.crewai", "CrewAIInstrumentor", "crewai"),)
    takes = (OPENAI, ANTHROPIC, LITELLM)

    def _finished(self, told: Gathered) -> None:
        """A task that lies in no kickoff is what is left of one that began before."""
        if told.root.name.endswith(_TASK):
            words = f"{told.root.name} lies in a kickoff whose beginning was not seen: its trace is partial"
            warnings.warn(words, TraceWarning, stacklevel=2)
            told = told._replace(partial=True)
        super()._finished(told)

    def _named(self, root: Any) -> str:
        """A crew's or a flow's name, without what was called of it."""
        return re.sub(r"\.kickoff\w*$", "", super()._named(root))
