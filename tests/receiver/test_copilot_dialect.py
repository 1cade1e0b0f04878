"""What Copilot CLI's single spans mean; what whole sessions come to is in `tests/walk`."""

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.events import (
    Drifted,
    LlmCalled,
    LlmTried,
    PermissionAnswered,
    PromptSubmitted,
    SessionEnded,
    SessionSeen,
    SubagentEnded,
    SubagentStarted,
    ToolFinished,
    TurnEnded,
)
from aimon_core.store import SessionStore
from aimon_core.tools import MCP
from receiver.dialects import Interpreter
from receiver.dialects.copilot import CANCELLED
from tests.fakes import otlp
from tests.fakes.reading import only, read

TOOL = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "bash", "gen_ai.tool.call.id": "call_1"}
CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.response.id": "chatcmpl-1",
    "gen_ai.response.model": "gpt-5.4",
    "gen_ai.usage.input_tokens": 2350,
    "gen_ai.usage.cache_read.input_tokens": 1024,
    "gen_ai.usage.cache_write.input_tokens": 26,
    "gen_ai.usage.output_tokens": 71,
    "gen_ai.usage.reasoning.output_tokens": 17,
    "github.copilot.interaction_id": "i1",
    "github.copilot.initiator": "user",
    "github.copilot.cost": 1.0,
}
INSTANCE = {"service.instance.id": "copilot-otel-20108-0"}


def span(name, attributes, *, events=(), session="c1", service="github-copilot", **more):
    found = otlp.span(
        name, {"gen_ai.conversation.id": session} | attributes, scope="github.copilot", service=service, **more
    )
    for event, told in events:
        otlp.put(found.message.events.add(name=f"github.copilot.{event}").attributes, told)
    return found


def agent(attributes=None, **more):
    return span("invoke_agent", {"gen_ai.operation.name": "invoke_agent"} | (attributes or {}), **more)


def test_every_token_counts_once_and_premium_requests_are_no_dollars():
    call = only(LlmCalled, span("chat gpt-5.4", CHAT))
    assert (call.tokens.input, call.tokens.cache_read, call.tokens.cache_write, call.tokens.output) == (
        1300,
        1024,
        26,
        71,
    )
    assert (call.tokens.reasoning, call.cost_picodollars, call.call_id) == (17, None, "chatcmpl-1")


def test_the_sum_on_an_agents_span_is_no_call():
    assert not any(isinstance(one, LlmCalled) for one in read(agent({"gen_ai.usage.input_tokens": 7050})))


def test_a_call_whose_usage_the_client_lost_is_not_guessed():
    assert not any(isinstance(one, LlmCalled) for one in read(span("chat gpt-5.4", {"gen_ai.operation.name": "chat"})))


def test_only_a_person_begins_an_interaction():
    follow_up = CHAT | {"github.copilot.initiator": "agent"}
    assert only(LlmCalled, span("chat", CHAT)).prompt_id == "i1"
    assert only(LlmCalled, span("chat", follow_up)).prompt_id is None


@pytest.mark.parametrize(
    ("kind", "type_", "error_type"),
    [(LlmTried, "ModelCallError", "rate_limit"), *((LlmCalled, one, None) for one in sorted(CANCELLED))],
)
def test_a_failed_attempt_and_one_that_was_taken_back(kind, type_, error_type):
    failed = {"gen_ai.operation.name": "chat", "error.type": type_, "github.copilot.error_status_code": 429}
    assert only(kind, span("chat gpt-5.4", failed, error="Operation aborted")).error_type == error_type


MESSAGE = ("user.message", {"github.copilot.user.message.interaction_id": "i1"})


@pytest.mark.parametrize(
    ("told", "error", "reason", "complete"),
    [
        ({}, None, "span", True),
        ({"error.type": "cancelled"}, "Operation aborted", "interrupted", False),
        ({"error.type": "SessionDestroyedError"}, "Session destroyed", "interrupted", False),
        ({"error.type": "ModelCallError"}, "no answer", "failed", None),
    ],
)
def test_how_a_turn_ended(told, error, reason, complete):
    turn = agent(told, events=[MESSAGE], error=error)
    prompt, end = only(PromptSubmitted, turn), only(TurnEnded, turn)
    assert (end.reason, end.complete, end.prompt_id, prompt.prompt_id) == (reason, complete, "i1", "i1")
    assert prompt.at_ns < end.at_ns


def test_esc_is_an_event_of_a_turn_that_did_not_fail():
    end = only(TurnEnded, agent(events=[MESSAGE, ("session.abort", {"github.copilot.abort_reason": "user_abort"})]))
    assert (end.reason, end.complete) == ("interrupted", False)


def test_an_agent_within_another_is_its_subagent_and_the_parent_of_its_work():
    inner = agent({"gen_ai.agent.name": "explore"}, parent_id=b"\3" * 8)
    _, began, ended = read(inner)
    assert isinstance(began, SubagentStarted)
    assert isinstance(ended, SubagentEnded)
    assert (began.agent_id, began.session_id, began.type) == (inner.message.span_id.hex(), "c1", "explore")
    asked = span("chat", CHAT | {"github.copilot.initiator": "sub-agent"}, parent_id=inner.message.span_id)
    used = span("execute_tool ls", TOOL | {"gen_ai.agent.name": "explore"}, parent_id=inner.message.span_id)
    assert only(LlmCalled, asked).agent_id == only(ToolFinished, used).agent_id == began.agent_id
    assert only(LlmCalled, span("chat", CHAT, parent_id=b"\3" * 8)).agent_id is None


def test_a_hashed_name_is_that_of_some_mcp_tool():
    assert only(ToolFinished, span("execute_tool", TOOL | {"gen_ai.tool.name": f"{'0a' * 32}/{'b1' * 32}"})).name == MCP


@pytest.mark.parametrize(
    ("told", "error", "ok", "interrupted"),
    [
        ({"process.exit.code": 0}, None, True, False),
        ({"process.exit.code": 2}, None, False, False),
        ({"error.type": "ToolError"}, "no such file", False, False),
        ({"error.type": "cancelled"}, "Operation aborted", False, True),
        ({"error.type": "SessionDestroyedError"}, "Session destroyed", False, True),
    ],
)
def test_how_a_tool_ended(told, error, ok, interrupted):
    tool = only(ToolFinished, span("execute_tool bash", TOOL | told, error=error))
    assert (tool.ok, tool.interrupted, tool.call_id, tool.duration_ms) == (ok, interrupted, "call_1", 1000)


@pytest.mark.parametrize(
    ("result", "accepted", "ends_turn"),
    [("approved", True, False), ("denied-interactively-by-user", False, False), (None, False, True)],
)
def test_a_permission_waited_for_its_answer(result, accepted, ends_turn):
    answer = only(PermissionAnswered, span("permission", {"github.copilot.permission.result": result}))
    assert (answer.accepted, answer.ends_turn, answer.by_person, answer.waited_ms) == (accepted, ends_turn, True, 1000)


def test_what_a_rule_allowed_nobody_waited_for():
    ruled = span("permission", {"github.copilot.permission.result": "approved"})
    ruled.message.start_time_unix_nano = ruled.message.end_time_unix_nano - 2_000_000
    assert not only(PermissionAnswered, ruled).by_person


def test_the_process_is_in_the_instance_and_tells_the_agent_under_any_name():
    renamed = span("chat", CHAT, service="my-copilot", resource=INSTANCE)
    renamed.scope.name = "my-source"
    assert only(SessionSeen, renamed).pid == 20108
    assert only(LlmCalled, renamed).agent == "copilot"


def test_where_it_works_and_that_it_closed_are_events_of_spans():
    moved = ("session.context_changed", {"github.copilot.cwd": "/srv/shop", "github.copilot.branch": "main"})
    turn = agent(events=[moved, ("session.shutdown", {})])
    assert (only(SessionSeen, turn).cwd, only(SessionSeen, turn).branch) == ("/srv/shop", "main")
    assert isinstance(only(SessionEnded, turn), SessionEnded)


def test_a_span_that_lost_its_conversation_is_of_that_of_its_trace():
    lost = otlp.span("chat gpt-5.4", CHAT, scope="github.copilot")
    store = SessionStore(SteppedClock())
    store.apply(read(lost))
    assert store.sessions() == []
    store.apply(read(agent(events=[MESSAGE])))
    assert [(one.session_id, one.llm_calls) for one in store.sessions()] == [("c1", 1)]


def test_only_what_is_new_is_counted():
    interpreter = Interpreter()
    strange = span("daydream", {"gen_ai.operation.name": "daydream"})
    new = interpreter.translate([span("custom_notification", {}), strange])
    assert [(type(one), one.signal) for one in new] == [(Drifted, "daydream")]
