"""A scripted model for agents that know no asyncio, and a home in which frameworks leave nothing and call nobody."""

import asyncio
import threading

import pytest

from tests.fakes.model_api import ModelApi, Usage, says, tool
from tests.fakes.program import Program

SCRIPTS = {
    "T-WEATHER": [
        says("Let me see.", tool("get_weather", city="Oslo"), usage=Usage(100, 20, cache_read=40, reasoning=5)),
        says("7 degrees.", usage=Usage(150, 8)),
    ],
    "T-TELL": [says("One two three.", usage=Usage(31, 7, cache_read=10, reasoning=2))],
    "T-BREAK": [says("Let me see.", tool("broken", city="Oslo"), usage=Usage(20, 4)), says("No.", usage=Usage(30, 2))],
    "T-DOWN": [says("Never.", fails=(500,) * 9)],
    "T-NEST": [
        says(tool("ask_agent", question="T-WEATHER?"), usage=Usage(9, 2)),
        says("7, they say.", usage=Usage(8, 4)),
    ],
    "T-ASK": [says(tool("ask", question="Really?"), usage=Usage(12, 3)), says("Fine.", usage=Usage(16, 2))],
}


@pytest.fixture
def api():
    """The model, in a thread of its own."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    model = ModelApi(SCRIPTS)
    asyncio.run_coroutine_threadsafe(model.__aenter__(), loop).result()
    try:
        yield model
    finally:
        asyncio.run_coroutine_threadsafe(model.__aexit__(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@pytest.fixture(scope="session", autouse=True)
def alone(tmp_path_factory):
    """Nothing of who runs the tests is read, and nobody is called."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("AIMON_ENDPOINT", "off")
        for name in (
            "CREWAI_DISABLE_TELEMETRY",
            "CREWAI_DISABLE_VERSION_CHECK",
            "OPENAI_AGENTS_DISABLE_TRACING_EXPORT",
        ):
            patch.setenv(name, "true")
        patch.setenv("CREWAI_TRACING_ENABLED", "false")
        for name in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY"):
            patch.setenv(name, "sk-none")
        for name in ("LANGSMITH_TRACING", "LANGCHAIN_TRACING_V2", "OTEL_SDK_DISABLED"):
            patch.delenv(name, raising=False)
        yield


@pytest.fixture
def agents(alone):
    """Agents of LangChain's."""
    from tests.frameworks import langchain_agents

    return langchain_agents


@pytest.fixture
def aimon(tmp_path):
    """A running `aimon serve`."""
    home = tmp_path / "aimon"
    home.mkdir()
    with Program(home).serving() as serving:
        yield serving


def served(api):
    """Input, cached input, output and reasoning of everything the model answered."""
    total = api.total()
    return total.input + total.cache_read, total.cache_read, total.output, total.reasoning


def told(*runs):
    """The same of what traces tell."""
    calls = [call for run in runs for call in run.get_llm_calls()]
    parts = ("tokens_in", "tokens_cache_read", "tokens_out", "tokens_reasoning")
    return tuple(sum(getattr(call, part) or 0 for call in calls) for part in parts)
