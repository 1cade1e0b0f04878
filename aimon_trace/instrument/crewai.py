"""CrewAI: every kickoff of a crew or a flow, its tasks, tools and model calls.

OpenInference can listen to CrewAI's events, too, and would then tell of all calls by itself; but it forgets what took
five minutes, and a crew that does leaves no trace. So calls are told of by the SDKs that CrewAI makes them with.
"""

import re
from typing import Any

from aimon_trace.instrument.base import Instrumentor
from aimon_trace.instrument.sdks import ANTHROPIC, LITELLM, OPENAI
from aimon_trace.instrument.sources import Source


class CrewAIInstrumentor(Instrumentor):
    """Traces CrewAI."""

    name = "crewai"
    package = "crewai"
    needs = (Source("openinference.instrumentation.crewai", "CrewAIInstrumentor", "crewai"),)
    takes = (OPENAI, ANTHROPIC, LITELLM)

    def _named(self, root: Any) -> str:
        """A crew's or a flow's name, without what was called of it."""
        return re.sub(r"\.kickoff\w*$", "", super()._named(root))
