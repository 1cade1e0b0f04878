"""What people and models wrote is left out; ids, kinds and numbers stay."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimon_core.private import PRIVATE_KEYS, digest, is_private, private_among, without_private_json

CAPTURES = Path(__file__).parents[1] / "captures"


@pytest.mark.parametrize(
    "name",
    "prompt user_prompt response tool_input full_command file_path gen_ai.input.messages gen_ai.prompt "
    "gen_ai.prompt.0.content gen_ai.completion.12.content gen_ai.prompt.variable.q ai.prompt ai.prompt.messages "
    "ai.response.text ai.response.toolCalls ai.toolCall.args llm.input_messages.0.message.content llm.prompts.0 "
    "llm.output_messages.0.message.tool_calls.0.tool_call.function.arguments input.value output.value "
    "retrieval.documents.0.document.content traceloop.entity.input exception.stacktrace process.command_args".split(),
)
def test_what_somebody_wrote_is_private(name):
    assert is_private(name)


@pytest.mark.parametrize(
    "name",
    "session.id prompt.id prompt_id gen_ai.prompt.name prompt_length response_length response_id gen_ai.response.id "
    "gen_ai.response.model gen_ai.usage.input_tokens gen_ai.output.type ai.response.id ai.response.finishReason "
    "ai.response.providerMetadata ai.toolCall.id ai.toolCall.name ai.usage.inputTokens input.mime_type tool.name "
    "llm.token_count.prompt llm.model_name tool_input_size_bytes error status_code cost_usd model event.name".split(),
)
def test_ids_and_counts_are_not(name):
    assert not is_private(name)


def test_private_names_are_told_from_the_others():
    assert private_among(["model", "prompt", "llm.prompts.0", "cost_usd"]) == ["prompt", "llm.prompts.0"]
    assert all(is_private(name) for name in PRIVATE_KEYS)


# ------------------------------------------------------------------------------------------ hook payloads


def payloads():
    for path in sorted(CAPTURES.glob("claude-code/*/hooks.jsonl")):
        for line in path.read_text().splitlines():
            payload = json.loads(line)["stdin"]
            payload = json.loads(payload) if isinstance(payload, str) else payload
            if isinstance(payload, dict):
                yield payload


PAYLOADS = list(payloads())


def strings(value):
    match value:
        case str():
            yield value
        case dict():
            for inner in value.values():
                yield from strings(inner)
        case list():
            for inner in value:
                yield from strings(inner)


def test_real_payloads_keep_no_sentence():
    assert len(PAYLOADS) > 100
    for payload in PAYLOADS:
        for text in strings(without_private_json(payload)):
            assert " " not in text
            assert len(text) < 200


def test_real_payloads_lose_what_was_written():
    texts = {
        text
        for payload in PAYLOADS
        for name in ("prompt", "tool_input", "tool_response", "last_assistant_message", "message", "compact_summary")
        for text in strings(payload.get(name))
        if len(text) > 12 and " " in text
    }
    assert len(texts) > 30
    left = json.dumps([without_private_json(payload) for payload in PAYLOADS])
    assert not [text for text in texts if json.dumps(text)[1:-1] in left]


def test_words_of_a_list_stay_and_sentences_go():
    payload = {"error": "authentication_failed", "reason": "the user wants to delete it", "source": "startup"}
    assert without_private_json(payload) == {"error": "authentication_failed", "source": "startup"}


def test_what_is_not_known_goes_unless_it_is_a_number():
    payload = {"session_id": "s", "new field": "my prompt", "deep": {"text": "my prompt"}, "n": 3, "yes": True}
    assert without_private_json(payload) == {"session_id": "s", "n": 3, "yes": True}


def test_an_endless_name_goes():
    assert without_private_json({"session_id": "x" * 5000}) == {}


def test_nothing_but_an_object_is_a_payload():
    assert without_private_json("prompt") is None
    assert without_private_json(["prompt", {"id": "1", "description": "prompt"}]) == [{"id": "1"}]


# ------------------------------------------------------------------------------------------ digests

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@given(JSON)
def test_a_digest_is_its_own_digest(value):
    assert digest({"digest": digest(value)}) == digest(value)
    assert digest(json.loads(json.dumps(value))) == digest(value)
    assert len(digest(value)) == 16 or "digest" in value


@given(st.dictionaries(st.text(), JSON, min_size=2))
def test_a_digest_does_not_know_the_order_of_fields(value):
    assert digest(dict(reversed(value.items()))) == digest(value)


def test_different_inputs_have_different_digests():
    inputs = [{"command": "ls"}, {"command": "ls "}, {"command": ["ls"]}, {}, None, [], "", 0]
    assert len({digest(one) for one in inputs}) == len(inputs)


@given(JSON)
def test_a_payload_read_back_joins_its_tool_call(tool_input):
    once = without_private_json({"tool_input": tool_input})
    again = without_private_json(once)
    assert once == again
    if tool_input is not None:
        assert digest(once["tool_input"]) == digest(tool_input)
