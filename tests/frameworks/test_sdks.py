"""The SDKs of models and the other frameworks, each by its name in the registry."""

import asyncio

import pytest

from aimon_trace.instrument import instrumentor
from tests.frameworks.conftest import served, told

pytestmark = pytest.mark.frameworks
SAID = [{"role": "user", "content": "T-TELL"}]


@pytest.mark.parametrize("streams", [False, True])
def test_openai(api, alone, streams):
    import openai

    client = openai.OpenAI(base_url=f"{api.url}/v1")
    with instrumentor("openai", agent_name="teller") as one:
        more = {"stream": True, "stream_options": {"include_usage": True}} if streams else {}
        answer = client.chat.completions.create(model="gpt-5.5", messages=SAID, **more)
        if streams:
            list(answer)
    (run,) = one.get_traces()
    assert told(run) == served(api) == (41, 10, 7, 2)
    (call,) = run.steps
    assert (call.model, call.output["content"], run.agent_info.name) == ("gpt-5.5", "One two three.", "teller")


def test_openai_at_the_same_time(api, alone):
    import openai

    async def all_of_them():
        async with openai.AsyncOpenAI(base_url=f"{api.url}/v1") as client:
            calls = (client.chat.completions.create(model="gpt-5.5", messages=SAID) for _ in range(4))
            await asyncio.gather(*calls)

    with instrumentor("openai") as one:
        asyncio.run(all_of_them())
    assert len({run.run_id for run in one.get_traces()}) == 4
    assert told(*one.get_traces()) == served(api)


@pytest.mark.parametrize("streams", [False, True])
def test_anthropic(api, alone, streams):
    import anthropic

    client = anthropic.Anthropic(base_url=api.url)
    tools = [{"name": "get_weather", "description": "weather", "input_schema": {"type": "object", "properties": {}}}]
    said = [{"role": "user", "content": "T-WEATHER"}]
    with instrumentor("anthropic") as one:
        answer = client.messages.create(model="claude-x", max_tokens=99, messages=said, tools=tools, stream=streams)
        if streams:
            list(answer)
    (run,) = one.get_traces()
    assert told(run)[:3] == served(api)[:3] == (140, 40, 20)


def test_openai_agents(api, alone):
    import agents
    import openai

    @agents.function_tool
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return f"{city}: 7 degrees"

    agents.set_trace_processors([])  # its own would tell OpenAI, once nobody else stands in its place
    client = openai.AsyncOpenAI(base_url=f"{api.url}/v1")
    model = agents.OpenAIChatCompletionsModel("gpt-5.5", openai_client=client)
    with instrumentor("openai-agents") as one:
        agent = agents.Agent(name="forecaster", model=model, tools=[get_weather])
        outcome = agents.Runner.run_sync(agent, "T-WEATHER in Oslo?")
    (run,) = one.get_traces()
    assert outcome.final_output == "7 degrees."
    assert told(run)[0::2] == served(api)[0::2] == (290, 28)
    (call,) = run.get_tool_calls()
    assert (call.tool_name, call.arguments, call.result) == ("get_weather", {"city": "Oslo"}, "Oslo: 7 degrees")
    agents.Runner.run_sync(agent, "T-WEATHER again?")
    assert len(one.get_traces()) == 1
    with one:
        agents.Runner.run_sync(agent, "T-WEATHER and again?")
    assert len(one.get_traces()) == 2


def test_pydantic_ai(api, alone):
    from pydantic_ai import Agent
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.providers.openai import OpenAIProvider

    model = OpenAIChatModel("gpt-5.5", provider=OpenAIProvider(base_url=f"{api.url}/v1", api_key="sk-none"))
    agent = Agent(model, name="forecaster")

    @agent.tool_plain
    def get_weather(city: str) -> str:
        """The weather in a city."""
        return f"{city}: 7 degrees"

    with instrumentor("pydantic-ai") as one:
        outcome = agent.run_sync("T-WEATHER in Oslo?")
    (run,) = one.get_traces()
    assert outcome.output == "7 degrees."
    assert told(run)[:3] == served(api)[:3] == (290, 40, 28)
    (call,) = run.get_tool_calls()
    assert (call.tool_name, call.arguments, call.result) == ("get_weather", {"city": "Oslo"}, "Oslo: 7 degrees")
    agent.run_sync("T-WEATHER again?")
    assert len(one.get_traces()) == 1
    with one:
        agent.run_sync("T-WEATHER and again?")
    assert len(one.get_traces()) == 2


def test_llama_index(api, alone):
    from llama_index.core.llms import ChatMessage
    from llama_index.llms.openai import OpenAI

    llm = OpenAI(model="gpt-4o", api_base=f"{api.url}/v1", api_key="sk-none", max_retries=0)
    with instrumentor("llama-index") as one:
        answer = llm.chat([ChatMessage(role="user", content="T-TELL")])
    assert answer.message.content == "One two three."
    assert told(*one.get_traces())[0::2] == served(api)[0::2] == (41, 7)
    llm.chat([ChatMessage(role="user", content="T-TELL")])
    assert len(one.get_traces()) == 1
    with one:
        llm.chat([ChatMessage(role="user", content="T-TELL")])
    assert len(one.get_traces()) == 2


def test_llama_index_retrieval(alone):
    from llama_index.core import Document, MockEmbedding, VectorStoreIndex

    index = VectorStoreIndex.from_documents([Document(text="Oslo is cold.")], embed_model=MockEmbedding(embed_dim=4))
    with instrumentor("llama-index") as one:
        index.as_retriever().retrieve("cold?")
    (run,) = one.get_traces()
    found = [step for step in run.get_steps_by_type("retrieval") if step.results]
    assert [(step.query, step.results[0].content) for step in found] == [("cold?", "Oslo is cold.")]
