"""Lines of Copilot CLI's events become events: what it writes while somebody waits, and what no telemetry tells."""

import json
from pathlib import Path

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.events import (
    CompactionEnded,
    CompactionStarted,
    Drifted,
    Gauged,
    LlmCalled,
    PermissionAnswered,
    PermissionAsked,
    PromptSubmitted,
    SessionEnded,
    SessionSeen,
    SessionStarted,
    SubagentStarted,
    ToolFinished,
    TurnEnded,
)
from aimon_core.evidence import FROM_TRANSCRIPT, NO_HOOKS, NO_TELEMETRY
from aimon_core.session import Session, Tokens
from aimon_core.store import SessionStore
from receiver.transcripts.copilot.reader import OPEN
from tests.fakes.transcripts import BY_AGENT, stamp, told

SESSION = "47684b04-0b72-4810-8f51-6b18db88da3b"
PATH = f"session-state/{SESSION}/events.jsonl"


def line(seconds, kind, agent=None, /, **data):
    """A line as the client writes it."""
    whose = {"agentId": agent} if agent else {}
    return {"type": kind, "id": f"e{seconds}", "timestamp": stamp(seconds), "parentId": None, **whose, "data": data}


def read(*lines):
    return told("copilot", *lines, path=PATH)


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


def stands(*lines) -> Session:
    """The session that some lines tell of."""
    store = SessionStore(SteppedClock())
    store.apply(read(*lines))
    store.drain()
    (session,) = store.sessions(every=True)
    return session


OPENED = line(
    0, "session.start", sessionId=SESSION, copilotVersion="1.0.102", selectedModel="gpt-5.4", reasoningEffort="medium",
    context={"cwd": "/home/dev/shop", "branch": "main"},
)  # fmt: skip
ASKED = line(1, "user.message", content="add a changelog", interactionId="i1", delivery="idle")
BEGUN = line(1.1, "assistant.turn_start", turnId="0", interactionId="i1")
RUNS = line(2, "tool.execution_start", toolCallId="t1", toolName="bash", arguments={"command": "make"}, turnId="0")


def used(seconds, call="c1", agent=None, **usage):
    whole = {"model": "gpt-5.4", "inputTokens": 1200, "outputTokens": 60, "reasoningTokens": 16, "apiCallId": call}
    return line(seconds, "session.usage_record", agent, usage=whole | usage)


def wants(seconds, **more):
    return line(seconds, "permission.requested", requestId="r1", permissionRequest={"toolCallId": "t1"}, **more)


def decided(seconds, kind, **more):
    return line(seconds, "permission.completed", requestId="r1", toolCallId="t1", result={"kind": kind}, **more)


def test_a_session_is_named_by_its_folder_or_its_file():
    for path in (PATH, f"session-state/{SESSION}.jsonl", f"transcripts/{SESSION}-events.jsonl"):
        assert {event.session_id for event in told("copilot", ASKED, path=path)} == {SESSION}


def test_what_it_was_opened_with_is_told_once_it_works():
    assert read(OPENED, line(0.5, "session.shutdown", shutdownType="routine")) == []
    (facts,) = of(SessionSeen, read(OPENED, ASKED, BEGUN))
    assert (facts.cwd, facts.branch, facts.model, facts.effort) == ("/home/dev/shop", "main", "gpt-5.4", "medium")


def test_a_call_is_told_in_parts_that_exclude_each_other_with_the_clients_own_window():
    events = read(used(1, cacheReadTokens=1024, cacheWriteTokens=100, numToolCalls=1, maxPromptTokens=922_000))
    (call,) = of(LlmCalled, events)
    assert call.tokens == Tokens(76, 1024, cache_write_unknown=100, output=60, reasoning=16)
    assert (call.call_id, call.asks_tool) == ("c1", True)
    assert [one.context_limit for one in of(Gauged, events)] == [922_000]


def test_two_sessions_whose_server_gives_one_id_to_both_have_two_calls():
    store = SessionStore(SteppedClock())
    for number in range(2):
        store.apply(told("copilot", ASKED, used(3 + number), path=f"session-state/{number:036}/events.jsonl"))
    store.drain()
    assert store.totals().llm_calls == 2
    copied = told("copilot", ASKED, used(3), path=f"session-state/{2:036}/events.jsonl")
    store.apply(copied)
    assert store.totals().llm_calls == 2, "a fork repeats the moment, too"


def test_a_turn_is_over_where_a_round_ends_whose_answer_asks_for_no_tool():
    tool = line(2, "assistant.message", content="I look", toolRequests=[{"toolCallId": "t1", "name": "bash"}])
    last = line(4, "assistant.message", content="Done.", toolRequests=[])
    end = line(4.1, "assistant.turn_end", turnId="1")
    assert of(TurnEnded, read(ASKED, BEGUN, tool, line(3, "assistant.turn_end", turnId="0"))) == []
    (over,) = of(TurnEnded, read(ASKED, BEGUN, tool, BEGUN, last, end))
    assert (over.reason, over.text, over.prompt_id) == ("transcript", "Done.", "i1")


@pytest.mark.parametrize(
    ("last", "reason"),
    [
        (line(4.1, "abort", reason="user_initiated"), "interrupted"),
        (line(4.1, "session.error", errorType="rate_limit", message="429", statusCode=429), "failed"),
    ],
)
def test_a_round_without_an_answer_ends_as_the_next_line_says(last, reason):
    events = read(ASKED, BEGUN, line(4, "assistant.turn_end", turnId="0"), last)
    assert [one.reason for one in of(TurnEnded, events)] == [reason]


def test_a_wait_begins_when_it_is_asked_and_ends_when_a_person_decides():
    assert NO_HOOKS not in stands(OPENED, ASKED, BEGUN).blind_spots, "it would have told"
    waiting = stands(OPENED, ASKED, BEGUN, RUNS, wants(3))
    assert (waiting.state, waiting.waiting_on) == ("waiting", "bash: make")
    after = stands(OPENED, ASKED, BEGUN, RUNS, wants(3), decided(9, "approved", decisionSource="human_response"))
    assert (after.state, after.waits, after.waited_ns) == ("working", 1, 6_000_000_000)


@pytest.mark.parametrize(
    ("kind", "accepted", "by_person", "ends"),
    [
        ("approved-for-session", True, True, False),
        ("denied-interactively-by-user", False, True, False),
        ("cancelled", False, True, True),
        ("denied-by-rules", False, False, False),
    ],
)
def test_who_decided_and_what_follows(kind, accepted, by_person, ends):
    (answer,) = of(PermissionAnswered, read(RUNS, wants(3), decided(4, kind)))
    assert (answer.accepted, answer.by_person, answer.ends_turn, answer.name) == (accepted, by_person, ends, "bash")


def test_calls_that_never_end_are_not_kept_for_ever():
    reader = BY_AGENT["copilot"].reader(Path(PATH))
    for number in range(OPEN + 500):
        reader.read(json.dumps(line(2, "tool.execution_start", toolCallId=f"t{number}", toolName="bash")).encode())
    assert len(reader._tools) == OPEN


def test_what_a_hook_has_decided_waits_for_nobody():
    assert of(PermissionAsked, read(RUNS, wants(3, resolvedByHook=True))) == []


def test_a_question_is_a_wait_until_it_is_answered():
    asks = line(
        2, "tool.execution_start", toolCallId="t1", toolName="ask_user", arguments={"message": "Which color?"}
    )  # fmt: skip
    waiting = stands(OPENED, ASKED, BEGUN, asks)
    assert (waiting.state, waiting.waiting_for, waiting.waiting_on) == ("waiting", "question", "ask_user: Which color?")
    after = stands(OPENED, ASKED, BEGUN, asks, line(7, "human_response.recorded", toolCallId="t1", requestId="r1"))
    assert (after.state, after.waits) == ("working", 1)


@pytest.mark.parametrize(
    ("ends", "ok", "interrupted", "error"),
    [
        ({"success": True, "shellExecution": {"exitCode": 0}}, True, False, ""),
        ({"success": True, "shellExecution": {"exitCode": 2}}, False, False, "exit code 2"),
        ({"success": False, "error": {"message": "rejected", "code": "denied"}}, False, True, "rejected"),
    ],
)
def test_a_command_may_fail_though_its_tool_did_not(ends, ok, interrupted, error):
    (done,) = of(ToolFinished, read(RUNS, line(3, "tool.execution_complete", toolCallId="t1", **ends)))
    assert (done.name, done.ok, done.interrupted, done.error) == ("bash", ok, interrupted, error)


def test_what_a_summary_cost_is_told_by_no_other_channel():
    tokens = {"inputTokens": 1200, "outputTokens": 60, "cacheReadTokens": 0, "model": "gpt-5.4", "duration": 329}
    usage = {"prompt_tokens": 1200, "completion_tokens_details": {"reasoning_tokens": 16}}
    events = read(
        line(1, "session.compaction_start", trigger="manual"),
        line(2, "model.model_call_success", modelCall={"api_id": "c9"}, responseUsage=usage),
        line(3, "session.compaction_complete", success=True, compactionTokensUsed=tokens),
    )
    assert [type(one) for one in events] == [CompactionStarted, LlmCalled, SessionSeen, CompactionEnded] or events
    (call,) = of(LlmCalled, events)
    assert (call.call_id, call.side, call.tokens) == ("c9", True, Tokens(1200, output=60, reasoning=16))
    (failed,) = of(CompactionEnded, read(line(3, "session.compaction_complete", success=False, error="no")))
    assert failed.signal == "session.compaction_complete"


def test_what_a_skill_or_an_agent_says_is_nobodys_prompt():
    assert of(PromptSubmitted, read(line(1, "user.message", content="how to", source="skill-pdf"))) == []
    began = line(1, "subagent.started", "a1", agentName="explore", toolCallId="t1")
    asked = line(2, "user.message", "a1", content="look", source=f"agent-{SESSION}")
    events = read(began, asked)
    assert [(one.agent_id, one.type) for one in of(SubagentStarted, events)] == [("a1", "explore"), ("a1", None)]
    assert of(PromptSubmitted, events) == []


def test_a_subagent_of_a_build_without_ids_is_called_by_its_kind_as_hooks_do():
    began = line(1, "subagent.started", "t1", agentName="explore", toolCallId="t1")
    runs = line(2, "tool.execution_start", "t1", toolCallId="t2", toolName="bash")
    events = read(began, runs, line(3, "subagent.failed", "t1", agentName="explore", toolCallId="t1", error="no"))
    assert {one.agent_id for one in events if not isinstance(one, SessionSeen)} == {"explore"}


def test_a_session_that_goes_on_is_no_longer_over():
    again = line(9, "session.resume", selectedModel="gpt-5.4", context={"cwd": "/home/dev/web"}, eventCount=4)
    events = read(OPENED, ASKED, line(5, "session.shutdown", shutdownType="routine"), again)
    assert [type(one) for one in events if isinstance(one, SessionEnded | SessionStarted)] == [
        SessionEnded,
        SessionStarted,
    ]
    assert stands(OPENED, ASKED, line(5, "session.shutdown", shutdownType="routine"), again).state == "idle"


def test_a_build_that_writes_no_usage_leaves_it_unknown():
    said = line(3, "assistant.message", content="Done.", toolRequests=[], outputTokens=60)
    session = stands(OPENED, ASKED, BEGUN, said, line(3.1, "assistant.turn_end", turnId="0"))
    assert (session.state, session.turns) == ("completed", 1)
    assert NO_TELEMETRY in session.blind_spots
    assert FROM_TRANSCRIPT not in session.blind_spots


def test_a_type_that_is_new_is_told_and_one_that_is_known_is_not():
    (new,) = read(line(1, "session.teleported", where="elsewhere"))
    assert isinstance(new, Drifted)
    assert read(line(1, "system.message", content="You are"), line(2, "hook.start", hookType="sessionStart")) == []
