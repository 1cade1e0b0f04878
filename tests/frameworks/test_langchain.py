"""LangChain and LangGraph, instrumented by one line, and watched by a handler: both tell the same of the same run."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor

import pytest

from aimon_trace import RedactionConfig, load
from aimon_trace.instrument import LangChainInstrumentor
from aimon_trace.live import Live
from tests.frameworks.conftest import served, told

pytestmark = pytest.mark.frameworks
PATIENCE_S = 20.0


@pytest.fixture(params=["instrumentor", "handler"])
def traced(request):
    """Runs something with a trace of it; the traces."""
    if request.param == "instrumentor":

        def run(work, **options):
            with LangChainInstrumentor(**options) as one:
                outcome = work({})
            return outcome, one.get_traces()
    else:
        from aimon_trace.callback import AimonHandler

        def run(work, **options):
            handler = AimonHandler(**options)
            outcome = work({"callbacks": [handler]})
            return outcome, handler.get_traces()

    return run


def kinds(run):
    return [step.step_type for step in run.steps if step.step_type != "state_change"]


def test_an_agent_with_a_tool_is_a_document(api, agents, traced, tmp_path):
    agent = agents.agent(api, agents.get_weather)
    outcome, (run,) = traced(
        lambda config: agent.invoke(agents.say("T-WEATHER in Oslo?"), config),
        output_path=tmp_path,
        agent_name="forecaster",
        agent_version="1.2",
    )
    assert outcome["messages"][-1].content == "7 degrees."
    assert kinds(run) == ["user_input", "llm_call", "tool_call", "llm_call", "final_output"]
    assert (run.status, run.agent_info.name, run.agent_info.version) == ("completed", "forecaster", "1.2")
    assert (run.agent_info.framework, run.agent_info.framework_version is not None) == ("langchain", True)
    assert told(run) == served(api) == (290, 40, 28, 5)
    first, second = run.get_llm_calls()
    (call,) = run.get_tool_calls()
    assert (first.model, first.provider, first.finish_reason) == ("gpt-5.5", "openai", "tool_calls")
    assert (first.input[-1]["content"], second.output["content"]) == ("T-WEATHER in Oslo?", "7 degrees.")
    assert (call.tool_name, call.arguments, call.result) == ("get_weather", {"city": "Oslo"}, "Oslo: 7 degrees")
    assert call.success
    assert call.metadata["tool_call_id"].startswith("call_")
    assert (first.metadata["node"], call.metadata["node"]) == ("model", "tools")
    assert (run.steps[-1].content, run.get_steps_by_type("user_input")[0].content) == (
        "7 degrees.",
        "T-WEATHER in Oslo?",
    )
    (file,) = tmp_path.iterdir()
    assert file.name == f"trace-{run.run_id}.json"
    assert load(file) == run


def test_times_are_beginnings_and_parents_are_there(api, agents, traced):
    agent = agents.agent(api, agents.get_weather)
    _, (run,) = traced(lambda config: agent.invoke(agents.say("T-WEATHER?"), config))
    steps = {step.step_id: step for step in run.steps}
    (root,) = [step for step in run.steps if step.parent_step_id is None]
    assert root.timestamp >= run.started_at
    for step in run.steps:
        if step is not root:
            assert steps[step.parent_step_id].timestamp <= step.timestamp
        assert step.step_type in {"user_input", "final_output"} or step.latency_ms > 0


def test_a_stream_is_whole(api, agents, traced):
    model = agents.model(api, stream_usage=True)
    chunks, (run,) = traced(lambda config: list(model.stream("T-TELL", config)))
    assert len(chunks) > 3
    (call,) = run.get_llm_calls()
    assert call.output["content"] == "One two three."
    assert told(run) == served(api) == (41, 10, 7, 2)


def test_runs_at_the_same_time_stay_apart(api, agents, traced):
    agent = agents.agent(api, agents.get_weather)

    async def both(config):
        return await asyncio.gather(*(agent.ainvoke(agents.say(f"T-WEATHER {n}"), config) for n in range(3)))

    _, tasks = traced(lambda config: asyncio.run(both(config)))

    def threads(config):
        with ThreadPoolExecutor(3) as pool:
            return list(pool.map(lambda n: agent.invoke(agents.say(f"T-WEATHER {n}"), config), range(3)))

    _, threaded = traced(threads)
    for runs in (tasks, threaded):
        assert sorted(run.get_llm_calls()[0].input[-1]["content"] for run in runs) == [
            f"T-WEATHER {n}" for n in range(3)
        ]
        assert [kinds(run) for run in runs] == [["user_input", "llm_call", "tool_call", "llm_call", "final_output"]] * 3
        assert len({run.run_id for run in runs}) == 3
    assert told(*tasks, *threaded) == served(api)


def test_an_error_of_the_model_fails_the_run(api, agents, traced):
    agent = agents.agent(api, agents.get_weather)

    def work(config):
        with pytest.raises(Exception, match="error"):
            agent.invoke(agents.say("T-DOWN"), config)

    _, (run,) = traced(work)
    (call,) = run.get_llm_calls()
    assert run.status == "failed"
    assert "The server had an error" in call.error
    assert call.error_type == "server"
    assert not call.tokens_in


def test_an_error_of_a_tool_is_told(api, agents, traced):
    agent = agents.agent(api, agents.broken)

    def work(config):
        with pytest.raises(ValueError, match="on the map"):
            agent.invoke(agents.say("T-BREAK"), config)

    _, (run,) = traced(work)
    (call,) = run.get_tool_calls()
    assert (run.status, call.success) == ("failed", False)
    assert "no Oslo on the map" in call.error


def test_a_question_to_a_person_is_no_error(api, agents, traced):
    from langgraph.types import Command

    agent = agents.asking(api)

    def work(config):
        config |= {"configurable": {"thread_id": "talk-1"}}
        agent.invoke(agents.say("T-ASK"), config)
        return agent.invoke(Command(resume="Yes."), config)

    outcome, (first, second) = traced(work)
    assert outcome["messages"][-1].content == "Fine."
    (asked,) = first.get_steps_by_type("interrupt")
    assert "Really?" in asked.prompt
    assert (first.status, second.status) == ("completed", "completed")
    assert [call.result for call in second.get_tool_calls()] == ["Yes."]
    assert {run.metadata["session_id"] for run in (first, second)} == {"talk-1"}
    assert told(first, second) == served(api)


def test_agents_in_agents_are_one_run(api, agents, traced):
    inner = agents.agent(api, agents.get_weather)

    def ask_agent(question: str) -> str:
        """Asks somebody who knows."""
        return inner.invoke(agents.say(question))["messages"][-1].content

    outer = agents.agent(api, ask_agent)
    _, (run,) = traced(lambda config: outer.invoke(agents.say("T-NEST"), config))
    asked, looked_up = run.get_tool_calls()
    assert (asked.tool_name, asked.arguments, asked.result) == ("ask_agent", {"question": "T-WEATHER?"}, "7 degrees.")
    steps = {step.step_id: step for step in run.steps}
    above = looked_up
    while above is not asked:
        above = steps[above.parent_step_id]
    assert told(run) == served(api)


def test_documents_are_told_and_left_alone(agents, traced):
    shelf = agents.Shelf()
    before = [dict(one.metadata) for one in shelf.documents]
    _, (run,) = traced(lambda config: shelf.invoke("cold", config))
    (found,) = run.get_steps_by_type("retrieval")
    assert (found.query, found.match_count) == ("cold", 2)
    assert [(one.content, one.score) for one in found.results] == [("Oslo is cold.", 0.9), ("So is Bergen.", None)]
    assert found.results[0].metadata["page"] == 3
    assert [one.metadata for one in shelf.documents] == before


def test_what_must_not_be_there_is_not(api, agents, traced):
    agent = agents.agent(api, agents.get_weather)
    said = "T-WEATHER for jane@example.com, password=hunter22, plan zebra"
    options = {"redaction": RedactionConfig(patterns=("zebra",)), "capture_outputs": False}
    _, (run,) = traced(lambda config: agent.invoke(agents.say(said), config), **options)
    text = run.to_json()
    assert "[REDACTED]" in text
    for word in ("jane@example.com", "hunter22", "zebra"):
        assert word not in text
    (call,) = run.get_tool_calls()
    assert (call.arguments, call.result, run.steps[-1].content) == ({"city": "Oslo"}, "[REDACTED]", "[REDACTED]")
    _, (run,) = traced(lambda config: agent.invoke(agents.say(said), config), capture_inputs=False)
    assert "T-WEATHER" not in run.to_json()
    assert told(run) == (290, 40, 28, 5)


def test_a_long_conversation_loses_nothing(api, agents, traced):
    talk = [{"role": role, "content": f"word {n}"} for n in range(100) for role in ("user", "assistant")]
    model = agents.model(api)
    _, (run,) = traced(lambda config: model.invoke([*talk, {"role": "user", "content": "T-TELL"}], config))
    (call,) = run.get_llm_calls()
    assert len(call.input) == 201
    assert told(run) == served(api)


def test_a_running_aimon_has_a_row(api, agents, traced, aimon):
    agent = agents.agent(api, agents.get_weather)
    live = Live(f"http://127.0.0.1:{aimon.port}")
    _, (run,) = traced(
        lambda config: agent.invoke(agents.say("T-WEATHER"), config), listeners=[live], agent_name="forecaster"
    )
    assert live.flush(PATIENCE_S)
    (row,) = aimon.ask("/api/v1/sessions?all=1")["sessions"]
    assert (row["agent"], row["state"]) == ("forecaster", "completed")
    tokens = row["tokens"]
    assert (tokens["input"] + tokens["cache_read"], tokens["output"]) == (290, 28)
    assert run.total_tokens() == 318


def test_the_row_is_there_while_it_works(api, agents, traced, aimon):
    live = Live(f"http://127.0.0.1:{aimon.port}")
    seen = []

    def get_weather(city: str) -> str:
        """The weather in a city."""
        assert live.flush(PATIENCE_S)
        seen.extend(aimon.ask("/api/v1/sessions?all=1")["sessions"])
        return f"{city}: 7 degrees"

    agent = agents.agent(api, get_weather)
    traced(lambda config: agent.invoke(agents.say("T-WEATHER"), config), listeners=[live])
    assert live.flush(PATIENCE_S)
    (during,), (after,) = seen, aimon.ask("/api/v1/sessions?all=1")["sessions"]
    assert (during["state"], after["state"]) == ("working", "completed")
    assert (during["key"], during["tokens"]["output"], after["tokens"]["output"]) == (after["key"], 20, 28)


def test_a_full_disk_is_not_the_agents_business(api, agents, traced, tmp_path, caplog):
    folder = tmp_path / "traces"

    def work(config):
        folder.mkdir(exist_ok=True)
        folder.rmdir()
        folder.write_text("no folder any more")
        return agents.model(api).invoke("T-TELL", config)

    with caplog.at_level(logging.WARNING):
        outcome, runs = traced(work, output_path=folder)
    assert outcome.content == "One two three."
    assert told(*runs) == served(api)
    assert any("trace" in line.getMessage() or "AimonHandler" in line.getMessage() for line in caplog.records)
