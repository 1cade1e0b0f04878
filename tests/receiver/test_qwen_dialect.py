"""What Qwen Code's single records mean; what whole sessions come to is in `tests/walk`."""

import pytest

from aimon_core.call import called, fill
from aimon_core.events import (
    Drifted,
    Gauged,
    LlmBegun,
    LlmCalled,
    LlmTried,
    PermissionAnswered,
    PromptSubmitted,
    SubagentEnded,
    SubagentStarted,
    ToolFinished,
    TurnEnded,
)
from receiver.dialects import Interpreter
from receiver.hooks import kept as kept_of
from receiver.hooks import translate
from tests.fakes import otlp
from tests.fakes.reading import only, read

ANSWER = {
    "event.name": "qwen-code.api_response",
    "session.id": "s1",
    "prompt_id": "s1########0",
    "response_id": "chatcmpl-1",
    "model": "qwen3-coder-plus",
    "input_token_count": 2350,
    "cached_content_token_count": 1024,
    "output_token_count": 71,
    "thoughts_token_count": 17,
    "total_token_count": 2421,
}
CALL = {
    "qwen-code.prompt_id": "s1########0",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.request.model": "qwen3-coder-plus",
    "gen_ai.usage.input_tokens": 2350,
    "gen_ai.usage.cache_read.input_tokens": 1024,
    "gen_ai.usage.output_tokens": 71,
    "finish_reason": "stop",
    "success": True,
}
TOOL = {
    "event.name": "qwen-code.tool_call",
    "session.id": "s1",
    "prompt_id": "s1########0",
    "call_id": "call_1",
    "function_name": "run_shell_command",
    "function_args": '{"command": "ls"}',
    "status": "success",
    "success": True,
    "decision": "auto_accept",
    "response_id": "chatcmpl-1",
}


def log(attributes, **more):
    return otlp.log("A sentence in English.", attributes, scope="qwen-code", **more)


def span(name, attributes, **more):
    return otlp.span(f"qwen-code.{name}", {"session.id": "s1"} | attributes, scope="qwen-code", **more)


def test_log_and_span_tell_of_one_call():
    by_log, by_span = only(LlmCalled, log(ANSWER)), only(LlmCalled, span("llm_request", CALL))
    assert (by_log.tokens.input, by_log.tokens.cache_read, by_log.tokens.output) == (2350 - 1024, 1024, 71)
    assert (by_log.call_id, by_log.tokens.total) == (by_span.call_id, by_span.tokens.total)
    assert by_span.asks_tool is False


def test_thoughts_on_top_of_the_output_show_in_the_total():
    assert only(LlmCalled, log(ANSWER | {"total_token_count": 2350 + 71 + 17})).tokens.output == 88


@pytest.mark.parametrize("span_first", [True, False])
def test_what_a_cache_was_written_only_the_span_tells(span_first):
    written = only(LlmCalled, span("llm_request", CALL | {"gen_ai.usage.cache_creation.input_tokens": 300}))
    reports = [written, only(LlmCalled, log(ANSWER))]
    first, second = reports if span_first else reports[::-1]
    call = called(first)
    fill(call, second)
    assert (call.tokens.input, call.tokens.cache_write, call.tokens.total) == (1026, 300, 2421)


@pytest.mark.parametrize(
    ("told", "side", "agent_id", "prompt_id"),
    [
        ({}, False, None, "s1########0"),
        ({"prompt_id": "forked_query"}, True, None, None),
        ({"prompt_id": "aa7340afaedcb"}, False, None, "aa7340afaedcb"),
        ({"prompt_id": "s1#managed-auto-memory-extractor-a856becd#0"}, True, None, None),
        ({"subagent_name": "managed-auto-memory-extractor"}, True, None, None),
        ({"prompt_id": "s1#general-purpose-4f2a91cd#2"}, False, "general-purpose", None),
        ({"prompt_id": "s1#general-purpose-call_000001#0"}, False, "general-purpose", None),
        ({"prompt_id": "s1#code-reviewer-chatcmpl-tool-0af3#1"}, False, "code-reviewer", None),
        ({"subagent_name": "Explore", "prompt_id": "s1#Explore-4f2a91cd#0"}, False, "Explore", None),
    ],
)
def test_whom_a_call_works_for(told, side, agent_id, prompt_id):
    call = only(LlmCalled, log(ANSWER | told))
    assert (call.side, call.agent_id, call.prompt_id) == (side, agent_id, prompt_id)
    asks = read(log({"session.id": "s1", "prompt_id": "s1########0"} | told | {"event.name": "qwen-code.api_request"}))
    assert any(isinstance(event, LlmBegun) for event in asks) is not side


def test_log_and_span_of_a_failed_attempt_are_one():
    failed = {"success": False, "error": "slow down", "error_type": "RateLimitError", "error_status_code": 429}
    by_span = only(LlmTried, span("llm_request", CALL | failed))
    by_log = only(
        LlmTried,
        log(ANSWER | {"event.name": "qwen-code.api_error", "error_message": "slow down", "status_code": 429}),
    )
    assert (by_span.error_type, by_span.unit) == ("rate_limit", "01" * 8)
    assert (by_log.error_type, by_log.status) == ("rate_limit", 429)


def test_a_call_taken_back_is_no_error_and_a_helpers_failure_no_attempt():
    aborted = only(LlmCalled, span("llm_request", CALL | {"success": False, "error": "API call aborted"}))
    assert (aborted.ok, aborted.error_type) == (False, None)
    helper = CALL | {"qwen-code.prompt_id": "forked_query", "success": False, "error": "HTTP 500"}
    assert only(LlmCalled, span("llm_request", helper)).side


@pytest.mark.parametrize(
    ("status", "reason", "complete"),
    [("ok", "span", True), ("cancelled", "interrupted", False), ("error", "failed", None), (None, "span", None)],
)
def test_how_a_turn_ended(status, reason, complete):
    end = only(
        TurnEnded, span("interaction", {"qwen-code.turn_status": status}, error="503" if reason == "failed" else None)
    )
    assert (end.reason, end.complete) == (reason, complete)


@pytest.mark.parametrize(
    ("kind", "error", "told"),
    [
        ("unexpected_exit", "unexpected exit", (None, "")),
        ("api_error", "unknown error", (None, "")),
        ("api_error", "status: 503", ("server", "status: 503")),
    ],
)
def test_why_a_turn_failed_its_last_call_tells_where_its_span_does_not(kind, error, told):
    end = only(TurnEnded, span("interaction", {"qwen-code.turn_status": "error", "error.type": kind}, error=error))
    assert (end.reason, end.error_type, end.text) == ("failed", *told)


@pytest.mark.parametrize(
    ("told", "limit"),
    [({}, [200_000]), ({"subagent_name": "Explore"}, []), ({"qwen-code.prompt_id": "forked_query"}, [])],
)
def test_the_client_knows_the_window_of_the_sessions_own_model(told, limit):
    usage = '{"version":1,"window_size_tokens":200000,"breakdown":{"system_prompt_tokens":708}}'
    events = read(span("llm_request", CALL | {"qwen-code.context.usage": usage} | told))
    assert [one.context_limit for one in events if isinstance(one, Gauged)] == limit
    assert not any(isinstance(one, Gauged) for one in read(span("llm_request", CALL)))


def test_a_cancelled_request_takes_the_turn_back():
    cancelled = {"session.id": "s1", "event.name": "qwen-code.api_cancel", "prompt_id": "s1########1"}
    end = only(TurnEnded, log(cancelled))
    assert (end.reason, end.complete, end.prompt_id) == ("interrupted", False, None)


@pytest.mark.parametrize(
    ("told", "ok", "interrupted"),
    [
        ({}, True, False),
        ({"status": "error", "success": False, "error_type": "shell_execute_error"}, False, False),
        ({"status": "cancelled", "success": False, "decision": "auto_accept"}, False, True),
    ],
)
def test_how_a_tool_ended(told, ok, interrupted):
    tool = only(ToolFinished, log(TOOL | told))
    assert (tool.ok, tool.interrupted, tool.call_id, tool.subject) == (ok, interrupted, "call_1", "ls")
    assert tool.asked_by == "chatcmpl-1"


def test_a_refused_tool_takes_the_turn_back():
    answer = only(PermissionAnswered, log(TOOL | {"status": "cancelled", "success": False, "decision": "reject"}))
    assert (answer.call_id, answer.accepted, answer.ends_turn) == ("call_1", False, True)


@pytest.mark.parametrize(
    ("agent", "told"), [("qwen-code", [None]), ("Explore", ["Explore"]), (None, []), ("managed-auto-memory-x", [])]
)
def test_tools_of_helpers_are_their_own_business(agent, told):
    call = span("tool", {"gen_ai.agent.name": agent, "gen_ai.tool.call.id": "call_1", "success": True})
    assert [event.agent_id for event in read(call)] == told
    assert read(log(TOOL | {"prompt_id": "s1#managed-auto-memory-extractor-a856becd#0"})) == []


@pytest.mark.parametrize(
    ("decision", "source", "accepted", "by_person"),
    [("proceed_once", "cli", True, True), ("cancel", "cli", False, True), ("auto_approved", "auto", True, False)],
)
def test_who_decided_and_how_long_it_took(decision, source, accepted, by_person):
    told = {"tool.call_id": "call_1", "tool.name": "run_shell_command", "decision": decision, "source": source}
    answer = only(PermissionAnswered, span("tool.blocked_on_user", told))
    assert (answer.accepted, answer.by_person, answer.waited_ms) == (accepted, by_person, 1000)


def test_hooks_that_say_nothing_are_no_errors():
    hook = {"success": False, "error": "hook runner returned no output without error detail"}
    assert read(span("hook", hook, error="hook runner returned no output without error detail")) == []


def test_a_subagent_is_one_by_its_name_in_every_channel():
    told = {"qwen-code.subagent.name": "Explore", "qwen-code.subagent.id": "x1", "qwen-code.subagent.status": "failed"}
    began, ended = read(span("subagent", told))
    by_log = {"session.id": "s1", "event.name": "qwen-code.subagent_execution", "subagent_name": "Explore"}
    payload = {"session_id": "s1", "hook_event_name": "SubagentStart", "agent_id": "y2", "agent_type": "Explore"}
    assert isinstance(began, SubagentStarted)
    assert isinstance(ended, SubagentEnded)
    assert (began.agent_id, ended.ok, began.at_ns < ended.at_ns) == ("Explore", False, True)
    assert only(SubagentStarted, log(by_log | {"status": "started"})).agent_id == "Explore"
    assert only(SubagentEnded, log(by_log | {"status": "completed"})).ok
    assert translate("qwen-code", payload, 1)[-1].agent_id == "Explore"
    used = {"session_id": "s1", "hook_event_name": "PreToolUse", "tool_name": "ls", "agent_id": "Explore-call_01"}
    kept = kept_of("qwen-code", used, None)
    assert {event.agent_id for told in (used, kept) for event in translate("qwen-code", told, 1)} == {"Explore"}
    managed = by_log | {"subagent_name": "managed-auto-memory-extractor", "status": "started"}
    assert read(log(managed)) == []


def test_a_round_of_the_tool_loop_is_no_prompt():
    told = {"session_id": "s1", "hook_event_name": "UserPromptSubmit"}
    for prompt, prompts in (("run the tests", 1), ("", 0)):
        for payload in (told | {"prompt": prompt}, kept_of("qwen-code", told | {"prompt": prompt}, None)):
            events = translate("qwen-code", payload, 1)
            assert sum(isinstance(event, PromptSubmitted) for event in events) == prompts


def test_only_what_is_new_is_counted():
    interpreter = Interpreter()
    noise = {"session.id": "s1", "event.name": "qwen-code.memory.recall"}
    new = interpreter.translate([log(noise), log(noise | {"event.name": "qwen-code.daydream"})])
    assert [(type(one), one.signal) for one in new] == [(Drifted, "qwen-code.daydream")]
