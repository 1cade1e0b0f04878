"""The scripted model: it streams, asks for tools, fails and dawdles as its scripts say, and tells what it served."""

import json

import pytest
from aiohttp import ClientSession

from tests.fakes.model_api import ModelApi, Thinking, Usage, says, tool, total
from tests.fakes.scene import until

USAGE = Usage(input=101, output=41, cache_read=5, cache_write_5m=7, cache_write_1h=9, reasoning=3)
SCRIPTS = {
    "T-TIDY": [
        says(Thinking("Well."), "I look first.", tool("Bash", command="ls"), usage=USAGE),
        says("All is tidy.", usage=Usage(input=102, output=12), fails=(529, 500)),
    ],
    "T-SLOW": [says("word " * 500, chunk_s=0.01, stop_reason="max_tokens")],
}
TOOLS = [{"name": "Bash"}]
ASKED = {"role": "user", "content": [{"type": "text", "text": "Please T-TIDY"}]}


@pytest.fixture
async def api():
    async with ModelApi(SCRIPTS) as one:
        yield one


@pytest.fixture
async def http():
    async with ClientSession() as one:
        yield one


async def post(http, api, path, **body):
    given = {"model": "m", "tools": TOOLS} | body
    async with http.post(api.url + path, json=given, headers={"x-claude-code-session-id": "s1"}) as answer:
        return answer.status, answer.headers, await answer.text()


def events(text: str) -> list[dict]:
    return [json.loads(line.removeprefix("data: ")) for line in text.splitlines() if line.startswith("data: ")]


async def test_an_answer_is_streamed_as_anthropic_does(api, http):
    status, headers, text = await post(http, api, "/v1/messages", messages=[ASKED], stream=True)
    told = events(text)
    assert (status, headers["content-type"]) == (200, "text/event-stream")
    assert [one["type"] for one in (told[0], told[1], told[-2], told[-1])] == [
        "message_start", "ping", "message_delta", "message_stop",
    ]  # fmt: skip
    assert told[0]["message"]["usage"]["cache_creation"] == {
        "ephemeral_5m_input_tokens": 7, "ephemeral_1h_input_tokens": 9,
    }  # fmt: skip
    kinds = [one["content_block"]["type"] for one in told if one["type"] == "content_block_start"]
    words = "".join(one["delta"].get("text", "") for one in told if one["type"] == "content_block_delta")
    assert (kinds, words) == (["thinking", "text", "tool_use"], "I look first.")
    assert (told[-2]["delta"]["stop_reason"], told[-2]["usage"]) == ("tool_use", {"output_tokens": 41})
    (served,) = api.served
    assert (served.session, served.script, served.step, served.tools) == ("s1", "T-TIDY", 0, ("Bash",))
    assert served.request_id == headers["request-id"]


async def test_the_same_answer_comes_in_one_piece(api, http):
    _, _, text = await post(http, api, "/v1/messages", messages=[ASKED])
    message = json.loads(text)
    assert [block["type"] for block in message["content"]] == ["thinking", "text", "tool_use"]
    assert message["content"][2]["input"] == {"command": "ls"}
    assert message["usage"]["cache_creation_input_tokens"] == 16


async def test_attempts_fail_before_one_succeeds_and_then_the_script_has_ended(api, http):
    later = [ASKED, {"role": "assistant", "content": []}, {"role": "user", "content": [{"type": "tool_result"}]}]
    failed = [await post(http, api, "/v1/messages", messages=later) for _ in range(2)]
    assert [(status, json.loads(text)["error"]["type"]) for status, _, text in failed] == [
        (529, "overloaded_error"), (500, "api_error"),
    ]  # fmt: skip
    assert failed[0][1]["retry-after"] == "1"
    assert (await post(http, api, "/v1/messages", messages=later))[0] == 200
    after = [*later, {"role": "assistant", "content": []}, {"role": "user", "content": "and?"}]
    assert "Done." in (await post(http, api, "/v1/messages", messages=after))[2]
    assert [one.attempt for one in api.served] == [1, 2, 3, 1]
    assert api.total("s1") == Usage(input=102, output=12) + Usage(input=11, output=3)
    assert api.total("another") == Usage()


@pytest.mark.parametrize(
    ("asks", "kind"),
    [
        ({"tools": [], "messages": [ASKED]}, "side"),  # a title
        ({"tools": [{"name": "Other"}], "messages": [ASKED]}, "side"),  # a helper that cannot use the script's tools
        ({"messages": [{"role": "user", "content": "Hello"}]}, "side"),
        ({"messages": [ASKED, {"role": "user", "content": "Now create a detailed summary of it."}]}, "summary"),
        ({"messages": [ASKED, {"role": "user", "content": "<system-reminder>T-SLOW</system-reminder>"}]}, "main"),
    ],
)
async def test_a_call_that_no_person_made_follows_no_script(api, http, asks, kind):
    assert (await post(http, api, "/v1/messages", **asks))[0] == 200
    assert [one.kind for one in api.served] == [kind]


async def test_a_client_that_hangs_up_was_not_answered(api, http):
    body = {"model": "m", "tools": TOOLS, "stream": True, "messages": [{"role": "user", "content": "T-SLOW"}]}
    async with http.post(f"{api.url}/v1/messages", json=body) as answer:
        await answer.content.readline()
        answer.close()
    await until(lambda: api.served, "the end")
    assert (api.served[0].aborted, api.answered(), total(api.answered())) == (True, [], Usage())


async def test_what_else_clients_ask_is_answered(api, http):
    assert json.loads((await post(http, api, "/v1/messages/count_tokens", messages=[ASKED]))[2])["input_tokens"] > 10
    async with http.get(f"{api.url}/v1/models") as answer:
        assert (await answer.json())["data"] == []
    async with http.get(f"{api.url}/api/hello") as answer:
        assert answer.status == 404
    assert api.served == []


def item(role: str, text: str) -> dict:
    return {"type": "message", "role": role, "content": [{"type": "input_text", "text": text}]}


async def test_the_same_script_speaks_as_openai_does(api, http):
    status, _, text = await post(http, api, "/v1/responses", input=[item("user", "T-TIDY")], stream=True)
    told = events(text)
    assert (status, told[0]["type"], told[-1]["type"]) == (200, "response.created", "response.completed")
    whole = told[-1]["response"]
    assert [one["type"] for one in whole["output"]] == ["reasoning", "message", "function_call"]
    assert json.loads(whole["output"][2]["arguments"]) == {"command": "ls"}
    assert whole["usage"] == {
        "input_tokens": 122, "input_tokens_details": {"cached_tokens": 5}, "output_tokens": 41,
        "output_tokens_details": {"reasoning_tokens": 3}, "total_tokens": 163,
    }  # fmt: skip
    later = [item("user", "T-TIDY"), *whole["output"], {"type": "function_call_output", "output": ""}]
    status, _, text = await post(http, api, "/v1/responses", input=later)
    assert (status, json.loads(text)["error"]["type"]) == (529, "server_error")
    assert (api.served[0].response_id, api.served[1].step) == (whole["id"], 1)


async def test_the_same_script_speaks_as_chat_completions_do(api, http):
    asked = {"role": "user", "content": "T-TIDY"}
    status, _, text = await post(http, api, "/v1/chat/completions", messages=[asked], stream=True)
    lines = [line.removeprefix("data: ") for line in text.splitlines() if line]
    *chunks, last = [json.loads(line) for line in lines[:-1]]
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks]
    assert (status, lines[-1], chunks[-1]["choices"][0]["finish_reason"]) == (200, "[DONE]", "tool_calls")
    (called,) = [call for delta in deltas for call in delta.get("tool_calls", ())]
    assert json.loads(called["function"]["arguments"]) == {"command": "ls"}
    assert last["usage"] == {
        "prompt_tokens": 122, "prompt_tokens_details": {"cached_tokens": 5}, "completion_tokens": 41,
        "completion_tokens_details": {"reasoning_tokens": 3}, "total_tokens": 163,
    }  # fmt: skip
    spoken = "".join(delta.get("content") or "" for delta in deltas)
    later = [asked, {"role": "assistant", "content": spoken}, {"role": "tool", "content": ""}]
    status, _, text = await post(http, api, "/v1/chat/completions", messages=later)
    assert (status, json.loads(text)["error"]["type"]) == (529, "server_error")
    assert (api.served[0].response_id, api.served[1].step) == (last["id"], 1)
