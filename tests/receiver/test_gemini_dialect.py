"""What Gemini CLI's single records mean; what whole sessions come to is in `tests/walk`."""

import pytest

from aimon_core.events import (
    Drifted,
    Gauged,
    LlmCalled,
    LlmTried,
    PermissionAnswered,
    SessionEnded,
    SessionSeen,
    SubagentEnded,
    SubagentStarted,
    ToolFinished,
    TurnEnded,
)
from receiver.dialects import Interpreter
from tests.fakes import otlp
from tests.fakes.reading import only, read

ANSWER = {
    "event.name": "gemini_cli.api_response",
    "session.id": "s1",
    "prompt_id": "s1########0",
    "model": "gemini-2.5-pro",
    "role": "main",
    "input_token_count": 2350,
    "cached_content_token_count": 1024,
    "output_token_count": 71,
    "thoughts_token_count": 17,
    "tool_token_count": 0,
    "duration_ms": 80,
}
ERROR = ANSWER | {"event.name": "gemini_cli.api_error", "error.message": "Internal error", "error.type": "ApiError"}
TOOL = {
    "event.name": "gemini_cli.tool_call",
    "session.id": "s1",
    "prompt_id": "s1########0",
    "function_name": "run_shell_command",
    "function_args": '{\n  "command": "ls"\n}',
    "duration_ms": 354,
    "success": True,
    "decision": "accept",
}


def log(attributes, **more):
    return otlp.log("A sentence in English.", attributes, scope="gemini-cli", **more)


def span(name, attributes, **more):
    return otlp.span(name, {"gen_ai.conversation.id": "s1"} | attributes, scope="gemini-cli", **more)


def test_every_token_counts_once():
    tokens = only(LlmCalled, log(ANSWER | {"tool_token_count": 300})).tokens
    assert (tokens.input, tokens.cache_read, tokens.output, tokens.reasoning) == (2350 + 300 - 1024, 1024, 88, 17)
    assert tokens.total == 2350 + 300 + 71 + 17


def test_thoughts_that_nobody_told_are_unknown():
    assert only(LlmCalled, log(ANSWER | {"thoughts_token_count": None})).tokens.reasoning is None


@pytest.mark.parametrize(
    ("role", "prompt_id", "side", "agent_id"),
    [
        ("main", "s1########0", False, None),
        ("main", "s1", False, None),
        ("subagent", "codebase_investigator-1fl7q#3", False, "codebase_investigator-1fl7q"),
        ("utility_router", "s1########0", True, None),
    ],
)
def test_whom_a_call_works_for(role, prompt_id, side, agent_id):
    call = only(LlmCalled, log(ANSWER | {"role": role, "prompt_id": prompt_id}))
    assert (call.side, call.agent_id) == (side, agent_id)
    assert call.prompt_id == (None if prompt_id == "s1" else prompt_id), "the session's own id names no prompt"


@pytest.mark.parametrize(
    ("told", "limit"),
    [({}, [1_048_576]), ({"role": "utility_router"}, []), ({"prompt_id": "a-1#3"}, []), ({"model": "gemma-4"}, [])],
)
def test_the_window_is_that_of_the_sessions_own_gemini(told, limit):
    assert [one.context_limit for one in read(log(ANSWER | told)) if isinstance(one, Gauged)] == limit


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ('[{"candidates":[{"content":{"parts":[{"functionCall":{"name":"ls"}}]}}]}]', True),
        ('[{"candidates":[{"content":{"parts":[{"text":"say \\"functionCall\\""}]}}]}]', False),
        (None, None),
    ],
)
def test_an_answer_that_asks_for_a_tool_is_not_the_last(text, asks):
    assert only(LlmCalled, log(ANSWER | {"response_text": text})).asks_tool is asks


def test_an_error_is_one_attempt():
    tried = only(LlmTried, log(ERROR | {"status_code": 429}))
    assert (tried.error_type, tried.status, tried.error) == ("rate_limit", 429, "Internal error")


@pytest.mark.parametrize(("status", "waits"), [(429, True), (503, True), (401, False), (400, False)])
def test_the_client_waits_in_silence_before_it_tries_again(status, waits):
    assert (only(LlmTried, log(ERROR | {"status_code": status})).again_s > 30 * 1.3) is waits


def test_an_attempt_of_a_helper_says_nothing_of_the_turn():
    call = only(LlmCalled, log(ERROR | {"role": "utility_router"}))
    assert (call.ok, call.side, call.error_type) == (False, True, "server")


def test_what_a_person_took_back_is_no_error_and_ends_the_turn():
    events = read(span("llm_call", {"gen_ai.request.model": "gemini-2.5-pro"}, error="This operation was aborted"))
    call, end = (next(one for one in events if isinstance(one, kind)) for kind in (LlmCalled, TurnEnded))
    assert (call.ok, call.error_type, end.reason) == (False, None, "interrupted")
    assert call.call_id == only(LlmCalled, span("llm_call", {}, error="AbortError: x")).call_id
    assert only(LlmCalled, log(ERROR | {"error.type": "AbortError"})).error_type is None


def test_usage_of_spans_and_of_the_conventions_is_told_again():
    usage = {"gen_ai.usage.input_tokens": 2350, "gen_ai.usage.output_tokens": 71, "gen_ai.operation.name": "llm_call"}
    details = usage | {"event.name": "gen_ai.client.inference.operation.details", "session.id": "s1"}
    assert read(span("llm_call", usage), log(details)) == []


@pytest.mark.parametrize(
    ("told", "ok", "interrupted", "error"),
    [
        ({}, True, False, ""),
        ({"success": False, "error": "no such file", "error_type": "file_not_found"}, False, False, "no such file"),
        ({"success": False}, False, True, ""),
    ],
)
def test_how_a_tool_ended(told, ok, interrupted, error):
    tool = only(ToolFinished, log(TOOL | told))
    assert (tool.ok, tool.interrupted, tool.error, tool.subject) == (ok, interrupted, error, "ls")


def test_a_refused_tool_takes_the_turn_back():
    answer = only(PermissionAnswered, log(TOOL | {"success": False, "decision": "reject"}))
    assert (answer.accepted, answer.by_person, answer.ends_turn) == (False, True, True)


@pytest.mark.parametrize(("reason", "ok"), [("GOAL", True), ("MAX_TURNS", False), ("ABORTED", False)])
def test_subagents_come_and_go(reason, ok):
    told = {"session.id": "s1", "agent_id": "a-1", "agent_name": "a", "terminate_reason": reason}
    began, ended = (log(told | {"event.name": f"gemini_cli.agent.{name}"}) for name in ("start", "finish"))
    assert only(SubagentStarted, began).agent_id == "a-1"
    assert only(SubagentEnded, ended).ok is ok


def test_leaving_by_command_ends_the_session_and_other_commands_do_not():
    left, asked = (
        {"session.id": "s1", "event.name": "gemini_cli.slash_command", "command": one} for one in ("quit", "help")
    )
    assert only(SessionEnded, log(left)).reason == "quit"
    assert read(log(asked)) == []


def test_the_process_is_known_by_the_resource():
    seen = only(SessionSeen, log(ANSWER, resource={"process.pid": 5455, "host.name": "devbox"}))
    assert (seen.pid, seen.host) == (5455, "devbox")


def test_a_span_without_an_id_is_of_the_session_of_its_process():
    told = otlp.span("tool_call", {}, scope="gemini-cli", resource={"session.id": "s7"})
    assert only(PermissionAnswered, told).session_id == "s7"


def test_only_what_is_new_is_counted():
    interpreter = Interpreter()
    noise = {"session.id": "s1", "event.name": "gemini_cli.hook_call"}
    new = interpreter.translate([log(noise), log(noise | {"event.name": "gemini_cli.daydream"})])
    assert [(type(one), one.signal) for one in new] == [(Drifted, "gemini_cli.daydream")]
