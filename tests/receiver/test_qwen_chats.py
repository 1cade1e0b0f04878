"""Lines of Qwen Code's chats become events: the conversation tells what begins, the client's notes what came of it."""

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.events import (
    Drifted,
    Gauged,
    LlmCalled,
    LlmTried,
    PermissionAnswered,
    PromptSubmitted,
    SessionSeen,
    SubagentEnded,
    SubagentStarted,
    ToolFinished,
    ToolStarted,
)
from aimon_core.session import Tokens
from aimon_core.store import SessionStore
from receiver.transcripts.qwen_code import QwenCode
from tests.fakes.transcripts import stamp, told

SESSION = "c58d75a5-40f3-46d0-9436-d22de6f34b50"
OWN = f"{SESSION}########0"


def line(seconds, kind, **more):
    """A line as the client writes it."""
    base = {"uuid": f"u{seconds}", "parentUuid": None, "sessionId": SESSION, "timestamp": stamp(seconds), "type": kind}
    return base | {"cwd": "/home/dev/shop", "version": "0.24.4", "gitBranch": "main"} | more


def note(seconds, name, **told):
    """A note for its telemetry."""
    event = {"event.name": f"qwen-code.{name}", "prompt_id": OWN, "model": "qwen3-coder-plus"} | told
    return line(seconds, "system", subtype="ui_telemetry", systemPayload={"uiEvent": event})


def answer(seconds, call="c1", **told):
    figures = {"input_token_count": 2050, "cached_content_token_count": 1024, "output_token_count": 71}
    whole = {"response_id": call, "duration_ms": 153, "thoughts_token_count": 17, "total_token_count": 2121}
    return note(seconds, "api_response", **figures | whole | told)


def typed(seconds, text="add a changelog", **more):
    return line(seconds, "user", message={"role": "user", "parts": [{"text": text}]}, **more)


def asks(seconds, call_id="t1", **more):
    call = {"id": call_id, "name": "run_shell_command", "args": {"command": "make"}}
    return line(seconds, "assistant", message={"role": "model", "parts": [{"functionCall": call}]}, **more)


def done(seconds, **more):
    told = {"call_id": "t1", "function_name": "run_shell_command", "status": "success", "success": True}
    return note(seconds, "tool_call", **told | {"duration_ms": 105, "response_id": "c1"} | more)


def read(*lines):
    return told("qwen-code", *lines, path=f"projects/-home-dev-shop/chats/{SESSION}.jsonl")


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def test_an_answer_is_told_in_parts_that_exclude_each_other():
    (call,) = of(LlmCalled, read(answer(1)))
    assert call.tokens == Tokens(1026, 1024, output=71, reasoning=17)
    assert (call.call_id, call.duration_ms, call.side, call.agent_id) == ("c1", 153, False, None)
    (gemini,) = of(LlmCalled, read(answer(1, total_token_count=2138)))
    assert gemini.tokens.output == 88, "here the client's own total says that thoughts come on top"


@pytest.mark.parametrize(
    ("prompt_id", "more", "side", "agent_id"),
    [
        (OWN, {}, False, None),
        ("forked_query", {}, True, None),
        (f"{SESSION}#general-purpose-call_01#0", {"subagent_name": "general-purpose"}, False, "general-purpose"),
        (f"{SESSION}#managed-auto-memory-extractor#1", {}, True, None),
    ],
)
def test_whom_an_answer_works_for_its_prompt_says(prompt_id, more, side, agent_id):
    (call,) = of(LlmCalled, read(answer(1, prompt_id=prompt_id, **more)))
    assert (call.side, call.agent_id) == (side, agent_id)


def test_a_prompt_is_what_a_person_typed():
    events = read(typed(1, provenance="real_user"), typed(2), typed(3, provenance="task_notification"))
    assert [one.at_ns % 10**10 // 10**9 for one in of(PromptSubmitted, events)] == [1, 2]
    (facts,) = of(SessionSeen, events)
    assert (facts.cwd, facts.branch) == ("/home/dev/shop", "main")


def test_the_window_is_the_clients_word():
    assert [one.context_limit for one in of(Gauged, read(asks(1, contextWindowSize=1_000_000)))] == [1_000_000]


def test_a_tool_begins_with_the_answer_that_asks_for_it_and_ends_with_its_note():
    began, ended = (one for one in read(asks(1), done(2)) if isinstance(one, ToolStarted | ToolFinished))
    assert (began.call_id, began.name, began.subject) == ("t1", "run_shell_command", "make")
    assert (ended.call_id, ended.ok, ended.duration_ms, ended.asked_by) == ("t1", True, 105, "c1")
    (failed,) = of(ToolFinished, read(done(2, success=False, status="error", error="no such file")))
    assert (failed.ok, failed.error) == (False, "no such file")


def result(seconds, call_id="t1", name="run_shell_command"):
    answer = {"functionResponse": {"id": call_id, "name": name, "response": {"output": "ok"}}}
    told = {"callId": call_id, "status": "success", "resultDisplay": "ok"}
    return line(seconds, "tool_result", message={"role": "user", "parts": [answer]}, toolCallResult=told)


def test_the_notes_of_an_old_build_have_their_ids_in_the_results():
    store = SessionStore(SteppedClock())
    store.apply(read(typed(0), asks(1), done(2, call_id=None), result(3)))
    store.drain()
    (session,) = store.sessions(every=True)
    assert (session.tool_calls, session.doing) == (1, "thinking")


def test_tools_side_by_side_get_the_ids_of_their_own_results():
    notes = done(2, call_id=None, function_name="glob"), done(2.1, call_id=None, success=False, error="no")
    ended = of(ToolFinished, read(typed(0), *notes, result(3, "t1"), result(3.1, "t2", "glob")))
    assert [(one.name, one.call_id, one.ok) for one in ended] == [
        ("run_shell_command", "t1", False),
        ("glob", "t2", True),
    ]
    (lost,) = of(ToolFinished, read(typed(0), done(2, call_id=None), typed(9, "go on")))
    assert (lost.call_id, lost.at_ns % 10**10 // 10**9) == (None, 2), "no result came"


def test_a_tool_that_a_person_refused_takes_the_turn_back():
    (answered,) = of(PermissionAnswered, read(done(2, status="cancelled", decision="reject", success=False)))
    assert (answered.accepted, answered.by_person, answered.ends_turn) == (False, True, True)


def test_an_attempt_that_failed_is_one_whoever_else_tells_of_it():
    failed = note(1, "api_error", error_message="401 no", error_type="AuthenticationError", status_code=401)
    (tried,) = of(LlmTried, read(failed))
    assert (tried.error_type, tried.status) == ("auth", 401)
    logged = LlmTried(
        agent="qwen-code", session_id=SESSION, at_ns=tried.at_ns + 1_000_000, channel="log",
        signal="qwen-code.api_error", unit="5440da094d0e3318", model="qwen3-coder-plus", error_type="auth",
    )  # fmt: skip
    for order in ((tried, logged), (logged, tried)):
        store = SessionStore(SteppedClock())
        store.apply(read(typed(0)))
        store.apply(order)
        store.drain()
        (session,) = store.sessions(every=True)
        assert (session.llm_calls_failed, session.retries) == (1, 0)
    aborted = note(1, "api_error", error_message="Request was aborted.", error_type="AbortError")
    assert of(LlmTried, read(aborted)) == []


def test_a_subagents_own_file_tells_when_it_began_and_the_chat_that_it_is_done():
    own = {"agentId": "general-purpose-call_01", "agentName": "general-purpose", "isSidechain": True}
    path = f"projects/-home-dev-shop/subagents/{SESSION}/agent-general-purpose-call_01.jsonl"
    events = told("qwen-code", typed(1, "look", **own), asks(2, "t2", **own), asks(3, "t3", **own), path=path)
    assert [type(one) for one in events if not isinstance(one, SessionSeen)] == [
        SubagentStarted, ToolStarted, ToolStarted,
    ]  # fmt: skip
    assert {(one.session_id, one.agent_id) for one in of(ToolStarted, events)} == {(SESSION, "general-purpose")}
    shown = {"type": "task_execution", "subagentName": "general-purpose", "status": "failed"}
    (over,) = of(SubagentEnded, read(line(4, "tool_result", toolCallResult={"callId": "t0", "resultDisplay": shown})))
    assert (over.agent_id, over.ok) == ("general-purpose", False)


def test_which_files_are_chats_and_whose(tmp_path):
    chat = tmp_path / "-home-dev-shop" / "chats" / f"{SESSION}.jsonl"
    own = tmp_path / "-home-dev-shop" / "subagents" / SESSION / "agent-x.jsonl"
    assert [QwenCode().session_of(path) for path in (chat, own)] == [SESSION, SESSION]
    assert all(map(QwenCode().matches, (chat, own)))
    assert not QwenCode().matches(chat.with_name(f"{SESSION}.runtime.json"))
    assert not QwenCode().matches(tmp_path / "-home-dev-shop" / "memory" / "x.jsonl")


def test_a_type_that_is_new_is_told():
    assert [type(one) for one in read(line(1, "hologram"))] == [Drifted]
    assert read(line(1, "system", subtype="attribution_snapshot", systemPayload={"snapshot": {}})) == []
