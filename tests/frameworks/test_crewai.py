"""CrewAI, instrumented by one line."""

import asyncio
import re

import pytest

from aimon_trace import InstrumentorAlreadyActiveError, TraceWarning, load
from aimon_trace.instrument import CrewAIInstrumentor, LangChainInstrumentor, OpenAIInstrumentor
from aimon_trace.live import Live
from tests.frameworks.conftest import served, told

pytestmark = pytest.mark.frameworks
PATIENCE_S = 20.0


@pytest.fixture
def crew(api, alone):
    """A crew of one, or two, as people write them."""
    from crewai import LLM, Agent, Crew, Task
    from crewai.tools import tool

    @tool("get_weather")
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return f"{city}: 7 degrees"

    @tool("broken")
    def broken(city: str) -> str:
        """Breaks."""
        raise ValueError(f"no {city} on the map")

    def made(*descriptions, tools=(get_weather, broken)):
        llm = LLM(model="gpt-5.5", provider="openai", base_url=f"{api.url}/v1", api_key="sk-none", max_retries=0)
        agents, tasks = [], []
        for number, description in enumerate(descriptions):
            agent = Agent(role=f"Forecaster {number}", goal="know", backstory="old", tools=list(tools), llm=llm)
            agents.append(agent)
            tasks.append(Task(description=description, expected_output="degrees", agent=agent, name=f"task {number}"))
        return Crew(name="weather-crew", agents=agents, tasks=tasks)

    return made


def kinds(run):
    return [step.step_type for step in run.steps if step.step_type != "state_change"]


def test_a_crew_with_a_tool_is_a_document_and_a_row(crew, api, aimon, tmp_path):
    live = Live(f"http://127.0.0.1:{aimon.port}")
    with CrewAIInstrumentor(output_path=tmp_path / "traces", listeners=[live]) as one:
        outcome = crew("T-WEATHER in Oslo?").kickoff()
    (run,) = one.get_traces()
    assert outcome.raw == "7 degrees."
    assert kinds(run) == ["llm_call", "tool_call", "llm_call", "final_output"]
    assert (run.status, run.agent_info.name, run.agent_info.framework) == ("completed", "weather-crew", "crewai")
    assert told(run) == served(api) == (290, 40, 28, 5)
    (call,) = run.get_tool_calls()
    assert (call.tool_name, call.arguments, call.result) == ("get_weather", {"city": "Oslo"}, "Oslo: 7 degrees")
    assert run.steps[-1].content == "7 degrees."
    assert "Forecaster 0" in [step.metadata.get("node") for step in run.get_steps_by_type("state_change")]
    (file,) = (tmp_path / "traces").iterdir()
    assert load(file) == run
    assert live.flush(PATIENCE_S)
    (row,) = aimon.ask("/api/v1/sessions?all=1")["sessions"]
    assert (row["agent"], row["state"]) == ("crewai", "completed")
    assert (row["tokens"]["input"] + row["tokens"]["cache_read"], row["tokens"]["output"]) == (290, 28)


def test_agents_of_a_crew_lie_in_one_trace(crew, api):
    with CrewAIInstrumentor() as one:
        crew("T-WEATHER in Oslo?", "T-WEATHER in Bergen?").kickoff()
    (run,) = one.get_traces()
    assert told(run) == served(api)
    assert len(run.get_tool_calls()) == 2
    (root,) = [step for step in run.steps if step.parent_step_id is None]
    assert root.step_type == "state_change"


def test_crews_at_the_same_time_stay_apart(crew, api):
    async def all_of_them():
        await asyncio.gather(*(crew(f"T-WEATHER in town {n}?").kickoff_async() for n in range(3)))

    with CrewAIInstrumentor() as one:
        asyncio.run(all_of_them())
    runs = one.get_traces()
    assert len({run.run_id for run in runs}) == len(runs) == 3
    assert [kinds(run) for run in runs] == [["llm_call", "tool_call", "llm_call", "final_output"]] * 3
    towns = sorted(re.findall(r"town (\d)", run.get_llm_calls()[0].input[-1]["content"])[0] for run in runs)
    assert towns == ["0", "1", "2"]
    assert told(*runs) == served(api)


def test_a_flow_holds_its_crews(crew, api):
    from crewai.flow.flow import Flow, listen, start

    class Forecast(Flow):
        name = "forecast"

        @start()
        def oslo(self):
            return crew("T-WEATHER in Oslo?").kickoff().raw

        @listen(oslo)
        def again(self, said):
            return said + crew("T-TELL").kickoff().raw

    with CrewAIInstrumentor() as one:
        assert Forecast().kickoff() == "7 degrees.One two three."
    (run,) = one.get_traces()
    assert run.agent_info.name == "forecast"
    assert told(run) == served(api)


def test_an_error_of_the_model_fails_the_run(crew):
    with CrewAIInstrumentor() as one, pytest.raises(Exception, match="error"):
        crew("T-DOWN").kickoff()
    (run,) = one.get_traces()
    assert run.status == "failed"
    assert {call.error_type for call in run.get_llm_calls()} == {"server"}


def test_an_error_of_a_tool_is_told(crew, api):
    with CrewAIInstrumentor() as one:
        crew("T-BREAK").kickoff()
    (run,) = one.get_traces()
    assert "no Oslo on the map" in (run.get_tool_calls()[0].error or str(run.get_tool_calls()[0].result))
    assert told(run) == served(api)


def test_who_comes_late_has_a_part_and_is_told_so(crew, api):
    from crewai.tools import tool

    one = CrewAIInstrumentor()

    @tool("get_weather")
    def get_weather(city: str) -> str:
        """The weather in a city."""
        if not one.is_active:
            one.instrument()
        return f"{city}: 7 degrees"

    try:
        with pytest.warns(TraceWarning, match="partial"):
            crew("T-WEATHER in Oslo?", "T-WEATHER in Bergen?", tools=[get_weather]).kickoff()
    finally:
        one.uninstrument()
    (run,) = [run for run in one.get_traces() if run.get_llm_calls()]
    assert run.metadata["partial"] is True
    assert told(run) == (290, 40, 28, 5)


def test_it_shares_what_it_needs(crew, api, alone):
    import openai

    with OpenAIInstrumentor() as calls, CrewAIInstrumentor() as crews, LangChainInstrumentor():
        crew("T-WEATHER in Oslo?").kickoff()
        with pytest.raises(InstrumentorAlreadyActiveError):
            CrewAIInstrumentor().instrument()
    assert told(*crews.get_traces()) == told(*calls.get_traces()) == served(api)
    assert {run.metadata["trace_id"] for run in calls.get_traces()} == {crews.get_traces()[0].metadata["trace_id"]}
    openai.OpenAI(base_url=f"{api.url}/v1").chat.completions.create(
        model="gpt-5.5", messages=[{"role": "user", "content": "T-TELL"}]
    )
    assert len(calls.get_traces()) == 2
