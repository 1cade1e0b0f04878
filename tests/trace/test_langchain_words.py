"""What LangChain hands to a handler, read without LangChain, and left as it is."""

from types import SimpleNamespace

import pytest

from aimon_trace import langchain_words as words


def message(kind="ai", content="hi", **more):
    return SimpleNamespace(type=kind, content=content, additional_kwargs={}, **more)


def result(*messages, output=None, groups=None):
    group = [SimpleNamespace(message=one, text=one.content, generation_info=None) for one in messages]
    return SimpleNamespace(generations=groups or [group], llm_output=output)


def test_messages_have_roles_and_calls():
    asked = message(tool_calls=[{"name": "f", "args": {}, "id": "c1"}], name=None)
    assert words.message(asked)["tool_calls"][0]["id"] == "c1"
    kinds = ["human", "ai", "system", "tool", "AIMessageChunk", "critic"]
    roles = [words.message(message(kind))["role"] for kind in kinds]
    assert roles == ["user", "assistant", "system", "tool", "assistant", "critic"]
    assert words.plain({"messages": [message("human")], "n": 1}) == {
        "messages": [{"role": "user", "content": "hi"}],
        "n": 1,
    }


def test_usage_is_a_dict_with_details():
    usage = {
        "input_tokens": 50, "output_tokens": 9, "total_tokens": 59,
        "input_token_details": {"cache_read": 10, "cache_creation": 5}, "output_token_details": {"reasoning": 4},
    }  # fmt: skip
    told = result(message(usage_metadata=usage, response_metadata={"model_name": "m-1", "finish_reason": "stop"}))
    assert words.call_facts(told) == {
        "tokens_in": 50, "tokens_out": 9, "tokens_cache_read": 10, "tokens_cache_write": 5, "tokens_reasoning": 4,
        "finish_reason": "stop", "model": "m-1",
    }  # fmt: skip


def test_usage_of_older_models_stands_beside_the_answer():
    told = result(message(), output={"token_usage": {"prompt_tokens": 7, "completion_tokens": 2}, "model_name": "old"})
    assert words.call_facts(told) == {"tokens_in": 7, "tokens_out": 2, "model": "old"}
    assert words.call_facts(result(message())) == {}


def test_all_answers_are_kept():
    assert words.answer(result(message(content="a"))) == {"role": "assistant", "content": "a"}
    both = words.answer(result(message(content="a"), message(content="b")))
    assert [one["content"] for one in both["messages"]] == ["a", "b"]
    plain = [[SimpleNamespace(text="x")], [SimpleNamespace(text="y")]]
    assert words.answer(result(groups=plain)) == {"messages": ["x", "y"]}


@pytest.mark.parametrize(
    ("serialized", "named", "model"),
    [
        ({}, {"metadata": {"ls_model_name": "m"}}, "m"),
        ({"kwargs": {"model": "n"}}, {}, "n"),
        (None, {"invocation_params": {"model_name": "o"}}, "o"),
        ({"id": ["langchain", "FakeLLM"]}, {}, "FakeLLM"),
        (None, {}, "unknown"),
    ],
)
def test_the_model_is_found_wherever_it_is_said(serialized, named, model):
    assert words.model(serialized, named) == model


@pytest.mark.parametrize(
    ("named", "where"),
    [
        ({"metadata": {"langgraph_node": "agent", "langgraph_step": 2}}, {"node": "agent", "graph_step": 2}),
        ({"metadata": {"node": "mine"}}, {"node": "mine"}),
        ({"tags": ["graph:step:3"], "name": "tools"}, {"node": "tools", "graph_step": "3"}),
        ({"tags": ["seq:step:1"], "name": "x"}, None),
        ({}, None),
    ],
)
def test_the_node_of_a_graph_is_found(named, where):
    assert words.where(named) == where


def test_documents_keep_their_scores():
    found = [
        SimpleNamespace(page_content="a", metadata={"score": 0.5}),
        SimpleNamespace(page_content="b", metadata={"score": 7}),
    ]
    assert [(one["content"], one["score"]) for one in words.documents(found)] == [("a", 0.5), ("b", None)]
    assert [one.metadata for one in found] == [{"score": 0.5}, {"score": 7}]


class GraphBubbleUp(Exception):
    pass


class GraphInterrupt(GraphBubbleUp):
    pass


def test_a_detour_of_a_graph_is_no_error():
    asks = GraphInterrupt([SimpleNamespace(value="Really?")])
    assert (words.is_detour(asks), words.question(asks)) == (True, "Really?")
    assert (words.is_detour(GraphBubbleUp()), words.question(GraphBubbleUp())) == (True, None)
    assert (words.is_detour(ValueError("x")), words.question(ValueError(["x"]))) == (False, None)


def test_a_session_is_what_the_program_says():
    assert words.session({"metadata": {"thread_id": 7}}) == "7"
    assert words.session({}) is None
    assert words.is_hidden({"tags": ["langsmith:hidden"]})
