"""What copilot's and opencode's hooks mean that the replays of their captures do not show."""

import json

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.events import LlmCalled, PermissionAsked, ToolFinished, TurnEnded
from aimon_core.evidence import FROM_HOOKS
from aimon_core.store import SessionStore
from receiver import hooks
from tests.fakes.events import START_NS


def payload(**fields):
    return {"sessionId": "s", "timestamp": START_NS / 1e6} | fields


def one(agent, told):
    _, *events = hooks.translate(agent, told, START_NS)
    return events


def copilot(**fields):
    return one("copilot", payload(**fields))


def opencode(name, **fields):
    return one("opencode", {"hook_event_name": name, "session_id": "ses_1", "cwd": "/srv/shop", **fields})


def ledger(agent, *told):
    store = SessionStore(SteppedClock())
    for number, each in enumerate(told):
        store.apply(hooks.translate(agent, each, START_NS + number))
    store.drain()
    (session,) = store.sessions(every=True)
    return session


# ------------------------------------------------------------------------------------------ Copilot CLI


def test_a_request_for_permission_asks_nobody_yet():
    call = {"toolName": "bash", "toolInput": {"command": "ls"}}
    assert copilot(hookName="permissionRequest", **call) == []
    (asked,) = copilot(notification_type="permission_prompt", message="Run command: ls")
    assert isinstance(asked, PermissionAsked)


def test_a_command_fails_by_its_exit_code_and_the_journal_knows():
    result = {"resultType": "success", "textResultForLlm": "no such file\n<shellId: 0 completed with exit code 2>"}
    told = payload(toolName="bash", toolArgs={"command": "ls"}, toolResult=result)
    (failed,) = one("copilot", told)
    assert isinstance(failed, ToolFinished)
    assert (failed.ok, failed.error) == (False, "exit code 2")
    kept = json.loads(json.dumps(hooks.kept("copilot", told, None)))
    assert "no such file" not in json.dumps(kept)
    assert hooks.restored("copilot", kept, START_NS)[1].ok is False


def test_a_run_that_closes_with_an_error_has_failed():
    failed, _ = copilot(reason="error")
    assert isinstance(failed, TurnEnded)
    assert failed.reason == "failed"
    assert len(copilot(reason="complete")) == 1


def test_subagents_without_ids_have_names():
    began, ended = copilot(agentName="explore"), copilot(agentName="explore", stopReason="end_turn")
    assert [(event.signal, event.agent_id) for event in (*began, *ended)] == [
        ("subagentStart", "explore"),
        ("subagentStop", "explore"),
    ]


OWN = {"agentId": "a1", "agentType": "explore", "parentAgentId": "s"}


def test_a_subagents_own_hooks_are_of_its_session_and_no_turns():
    own = {**OWN, "sessionId": "a1"}
    names = [event for told in (
        payload(**OWN, agentName="explore"), payload(**own, prompt="Look around"),
        payload(**own, toolName="bash", toolArgs={}), payload(**own, stopReason="end_turn"),
    ) for event in one("copilot", told)]  # fmt: skip
    assert {(event.session_id, event.agent_id) for event in names} == {("s", "a1")}
    assert [type(event).__name__ for event in names] == ["SubagentStarted", "SubagentStarted", "ToolStarted"]


def test_the_span_that_a_prompt_names_is_the_subagents_in_telemetry():
    trace = "00-" + "0" * 32 + "-%s-01"
    own = {**OWN, "sessionId": "a1", "traceparent": trace % ("c" * 16)}
    session = ledger(
        "copilot",
        payload(**OWN, agentName="explore", traceparent=trace % ("b" * 16)),
        payload(**own, prompt="Look around"),
        payload(**own | {"traceparent": trace % ("d" * 16)}, toolName="bash", toolArgs={}),
        payload(**OWN, agentName="explore", stopReason="end_turn", traceparent=trace % ("b" * 16)),
    )
    (subagent,) = session.subagents
    assert (subagent.agent_id, subagent.type, subagent.state) == ("a1", "explore", "completed")
    assert subagent.tool_calls == 1
    (began,) = copilot(**own, prompt="Look around")
    assert began.span == "c" * 16


@pytest.mark.parametrize("strange", ["", "nonsense", "a-b", 7, None])
def test_a_strange_traceparent_names_no_span(strange):
    (began,) = copilot(**OWN | {"sessionId": "a1", "prompt": "Look around", "traceparent": strange})
    assert (began.session_id, began.agent_id, began.span) == ("s", "a1", None)


# ------------------------------------------------------------------------------------------ opencode

STEP = {
    "step_id": "prt_1",
    "model": "mock-1",
    "tokens": {"input": 926, "output": 54, "reasoning": 17, "cache_read": 1024, "cache_write": 30, "total": 2051},
    "cost": 0.003,
    "finish": "stop",
}


def test_a_step_is_a_call_whose_tokens_stand_apart():
    (call,) = opencode("step-finish", **STEP)
    assert isinstance(call, LlmCalled)
    tokens = call.tokens
    assert (tokens.input, tokens.cache_read, tokens.cache_write, tokens.output) == (926, 1024, 30, 71)
    assert (tokens.reasoning, call.cost_picodollars, call.asks_tool) == (17, 3_000_000_000, False)
    (free,) = opencode("step-finish", **STEP | {"cost": 0, "finish": "tool-calls"})
    assert (free.cost_picodollars, free.asks_tool) == (None, True)
    assert opencode("step-finish", **STEP | {"tokens": None}) == []


def test_older_builds_tell_no_sum_and_have_the_reasoning_in_the_output():
    (call,) = opencode("step-finish", **STEP | {"tokens": {"input": 926, "output": 71, "reasoning": 17}})
    assert (call.tokens.output, call.tokens.reasoning) == (71, 17)


def test_a_step_told_twice_counts_once_and_the_row_says_what_is_missing():
    told = {"hook_event_name": "step-finish", "session_id": "ses_1", **STEP}
    kept = json.loads(json.dumps(hooks.kept("opencode", told, None)))
    session = ledger("opencode", told, kept, told | {"step_id": "prt_2"})
    assert (session.llm_calls, session.tokens.total, session.cost.reported_usd) == (2, 2 * 2051, 0.006)
    assert session.blind_spots == (FROM_HOOKS,)


def test_a_command_of_opencode_fails_by_its_exit_code():
    call = {"tool_name": "bash", "tool_use_id": "c1"}
    failed, fine = (opencode("tool.execute.after", **call, exit_code=code)[0] for code in (2, 0))
    assert (failed.ok, failed.error, fine.ok) == (False, "exit code 2", True)


def test_figures_that_cannot_be_are_none():
    strange = {"tokens": {"input": -5, "output": 1e300, "total": "many"}, "cost": -1, "ago_ms": 1e14}
    (call,) = opencode("step-finish", **STEP | strange)
    assert (call.tokens.total, call.cost_picodollars) == (0, None)
    assert call.at_ns == START_NS - 86_400 * 10**9


def test_an_error_of_opencode_has_its_status():
    (failed,) = opencode("session.error", error="APIError", message="No.", status_code=401)
    assert failed.error_type == "auth"
