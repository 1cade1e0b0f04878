"""Hook payloads of Claude Code to events."""

from typing import Any

import pytest

from aimon_core.events import (
    CompactionEnded,
    CompactionStarted,
    Event,
    PermissionAnswered,
    PermissionAsked,
    SessionSeen,
    SubagentEnded,
    ToolFinished,
    ToolStarted,
    TurnEnded,
)
from receiver.hooks import HOOK_AGENTS, translate

AT_NS = 1_795_226_400_000_000_000


def hook(name: str, **fields: Any) -> list[Event]:
    base = {"session_id": "s1", "cwd": "/home/dev/shop", "hook_event_name": name}
    return translate("claude-code", base | fields, AT_NS)


def one(name: str, **fields: Any) -> Event:
    events = hook(name, **fields)
    assert isinstance(events[0], SessionSeen)
    return events[1]


def test_every_hook_tells_where_the_session_is() -> None:
    assert hook("CwdChanged") == [
        SessionSeen(
            agent="claude-code", session_id="s1", at_ns=AT_NS, channel="hook", signal="CwdChanged", cwd="/home/dev/shop"
        )
    ]


def test_a_permission_request_is_joined_to_its_call_by_the_tools_input() -> None:
    call = {"tool_name": "Bash", "tool_input": {"command": "rm -rf build", "description": "clean"}}
    begins, asks = one("PreToolUse", **call, tool_use_id="t1"), one("PermissionRequest", **call)
    assert isinstance(begins, ToolStarted)
    assert isinstance(asks, PermissionAsked)
    assert begins.digest == asks.digest
    assert asks.subject == "rm -rf build"
    other = one("PermissionRequest", tool_name="Bash", tool_input={"command": "ls"})
    assert isinstance(other, PermissionAsked)
    assert other.digest != asks.digest


def test_a_question_shows_its_words() -> None:
    asks = one(
        "PermissionRequest", tool_name="AskUserQuestion", tool_input={"questions": [{"question": "Which database?"}]}
    )
    assert isinstance(asks, PermissionAsked)
    assert (asks.kind, asks.subject) == ("question", "Which database?")


@pytest.mark.parametrize(
    ("kind", "waits"),
    [("permission_prompt", "permission"), ("agent_needs_input", "dialog"), ("elicitation_dialog", "question")],
)
def test_notifications_that_wait(kind: str, waits: str) -> None:
    asks = one("Notification", notification_type=kind, message="Claude needs your permission")
    assert isinstance(asks, PermissionAsked)
    assert asks.kind == waits


def test_a_compaction_begins_and_ends() -> None:
    begins, ends = one("PreCompact", trigger="manual", prompt_id="p9"), one("PostCompact", trigger="manual")
    assert isinstance(begins, CompactionStarted)
    assert isinstance(ends, CompactionEnded)
    assert begins.prompt_id == "p9"


def test_an_idle_prompt_ends_a_turn_that_esc_ended() -> None:
    ends = one("Notification", notification_type="idle_prompt")
    assert isinstance(ends, TurnEnded)
    assert ends.reason == "idle"


def test_other_notifications_mean_nothing_for_the_state() -> None:
    assert len(hook("Notification", notification_type="auth_success")) == 1


def test_a_stop_with_running_subagents_names_them() -> None:
    tasks = [
        {"id": "a1", "type": "subagent", "status": "running"},
        {"id": "b", "type": "shell"},
        {"id": "a2", "type": "subagent", "status": "completed"},
    ]
    ends = one("Stop", last_assistant_message="Done.", background_tasks=tasks)
    assert isinstance(ends, TurnEnded)
    assert (ends.background, ends.text) == (("a1",), "Done.")


def test_a_batch_names_the_calls_that_the_client_refused_itself() -> None:
    found = hook("PostToolBatch", tool_calls=[{"tool_name": "Bash", "tool_use_id": "t9"}, "junk"])[1:]
    assert [(type(event), getattr(event, "call_id", "")) for event in found] == [(ToolFinished, "t9")]


def test_a_failed_tool_and_an_interrupted_one() -> None:
    broken, stopped = (
        one("PostToolUseFailure", tool_name="Bash", error="exit 1"),
        one("PostToolUseFailure", is_interrupt=True),
    )
    assert isinstance(broken, ToolFinished)
    assert isinstance(stopped, ToolFinished)
    assert (broken.ok, broken.interrupted, stopped.interrupted) == (False, False, True)


def test_a_summary_is_no_subagent() -> None:
    assert len(hook("SubagentStop", agent_id="a1", agent_type="")) == 1
    assert isinstance(one("SubagentStop", agent_id="a1", agent_type="general-purpose"), SubagentEnded)


def test_a_denial_by_the_classifier_is_an_answer() -> None:
    denied = one("PermissionDenied", tool_name="Bash", tool_use_id="t1")
    assert isinstance(denied, PermissionAnswered)
    assert (denied.accepted, denied.by_person) == (False, False)


@pytest.mark.parametrize(
    "payload", [{}, {"session_id": "s"}, {"hook_event_name": "Stop"}, {"session_id": 7, "hook_event_name": "Stop"}]
)
def test_a_payload_without_identity_is_refused(payload: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="session_id"):
        translate("claude-code", payload, AT_NS)


@pytest.mark.parametrize("junk", [None, 7, "x" * 1_000_000, [], {"a": {"b": []}}])
def test_fields_of_the_wrong_type_do_no_harm(junk: object) -> None:
    names = (
        "SessionStart",
        "UserPromptSubmit",
        "PreToolUse",
        "PermissionRequest",
        "PostToolBatch",
        "Notification",
        "Stop",
        "StopFailure",
        "SubagentStop",
    )
    fields = (
        "prompt",
        "tool_name",
        "tool_input",
        "tool_use_id",
        "tool_calls",
        "background_tasks",
        "message",
        "error",
        "agent_id",
        "source",
        "model",
    )
    for name in names:
        for event in hook(name, **dict.fromkeys(fields, junk)):
            assert event.session_id == "s1"
            assert all(
                len(value) <= 256
                for field in type(event).__struct_fields__
                if isinstance(value := getattr(event, field), str)
            )


def test_the_agents_with_hooks_are_known() -> None:
    assert "claude-code" in HOOK_AGENTS
    with pytest.raises(KeyError):
        translate("nobody", {}, AT_NS)
