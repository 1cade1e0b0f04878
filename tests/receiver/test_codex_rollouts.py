"""What Codex's rollouts tell besides work: how full the context is, what was copied, what a person did not ask for."""

import pytest

from aimon_core.events import (
    CompactionEnded,
    CompactionStarted,
    Event,
    Gauged,
    LlmCalled,
    PromptSubmitted,
    SessionSeen,
    SubagentStarted,
    ToolFinished,
    ToolStarted,
    TurnEnded,
)
from aimon_core.session import RateLimit
from tests.fakes.events import at
from tests.fakes.transcripts import stamp, told

ME, OTHER = "01a1fbe0-0791-73e3-a8ab-73344fba7327", "01a1fbe0-0791-73e3-a8ab-73344fba0000"
ASKED = {"turn_attribution": {"turn_trigger": "user"}}
FULL = {"input_tokens": 0, "output_tokens": 0, "total_tokens": 258_400}


def line(seconds, kind, payload, **besides):
    return {"timestamp": stamp(seconds), "type": kind, "payload": payload} | besides


def happened(seconds, kind, **payload):
    return line(seconds, "event_msg", payload | {"type": kind})


def item(seconds, kind, call_id="c1", *, inherited=False, **payload):
    metadata = {"history_sequence": 1} | ({"inherited_user_message": True} if inherited else {})
    return line(seconds, "response_item", payload | {"type": kind, "call_id": call_id}, metadata=metadata)


def opened(**payload):
    return line(0, "session_meta", {"id": ME, "session_id": ME, "cwd": "/home/dev/shop-api"} | payload)


def begun(seconds, turn="t1", **payload):
    return happened(seconds, "task_started", turn_id=turn, **payload)


def spent(seconds, response="r1", tokens=100):
    usage = {"input_tokens": tokens, "output_tokens": 10, "total_tokens": tokens + 10}
    return line(seconds, "token_usage_record", {"response_id": response, "usage": usage})


def estimated(seconds, **usage):
    info = {"total_token_usage": {"total_tokens": 5}, "last_token_usage": usage, "model_context_window": 258_400}
    return happened(seconds, "token_count", info=info)


def allowed(seconds, **windows):
    return happened(seconds, "token_count", info=None, rate_limits={"limit_id": "codex", "plan_type": None} | windows)


FIVE_HOURS = {"used_percent": 41.5, "window_minutes": 300, "resets_at": 1_795_291_095}
WEEK = {"used_percent": 12, "window_minutes": 10_080, "resets_in_seconds": 3_600}


@pytest.mark.parametrize(
    ("windows", "limits"),
    [
        ({"primary": FIVE_HOURS, "secondary": WEEK},
         (RateLimit("five_hour", 41.5, 1_795_291_095 * 10**9), RateLimit("seven_day", 12, at(3_602)))),
        ({"primary": {"used_percent": 7.0}, "secondary": None}, (RateLimit("primary", 7.0),)),
        ({"primary": None, "secondary": None}, ()),
        ({"primary": "half"}, ()),
        ({"primary": FIVE_HOURS | {"resets_at": 10**17}}, ()),
        ({"primary": FIVE_HOURS | {"used_percent": -1}}, ()),
    ],
)  # fmt: skip
def test_how_much_of_the_account_is_used_up_is_told_with_the_next_thing_that_happens(windows, limits):
    events = told("codex", opened(), begun(1), allowed(2, **windows), prompt(3), prompt(4))
    assert [event.limits for event in events if isinstance(event, Gauged)] == [limits] * bool(limits)


def prompt(seconds, text="Fix it"):
    return happened(
        seconds, "item_completed", item={"type": "UserMessage", "content": [{"type": "text", "text": text}]}
    )


def rollout(*lines):
    return told("codex", *lines, path=f"rollout-2026-11-21T02-12-05-{ME}.jsonl")


def of(kind: type[Event], events):
    return [event for event in events if isinstance(event, kind)]


def test_the_context_holds_what_the_client_says_and_not_what_the_model_could():
    events = rollout(opened(), begun(1, model_context_window=258_400, **ASKED), prompt(1), spent(2), spent(3, "r2"))
    assert [(one.context_used, one.context_limit) for one in of(Gauged, events)] == [(None, 258_400)]


def test_a_usage_of_nothing_is_no_call_and_tells_how_full_the_context_is():
    failed = happened(3, "task_complete", error={"message": "no room", "codex_error_info": "context_window_exceeded"})
    events = rollout(opened(), begun(1, **ASKED), prompt(1), estimated(2, **FULL), failed)
    assert of(LlmCalled, events) == []
    assert [(one.context_used, one.context_limit) for one in of(Gauged, events)] == [(258_400, 258_400)]
    assert [one.error_type for one in of(TurnEnded, events)] == ["validation"]


def test_after_a_call_the_estimate_before_it_holds_no_more():
    lines = [estimated(4, **FULL | {"total_tokens": 7_201}), happened(5, "task_complete"), begun(6, "t2", **ASKED)]
    events = rollout(opened(), begun(1, **ASKED), prompt(1), spent(2), *lines, prompt(6), spent(7, "r2"))
    assert [one.context_used for one in of(Gauged, events)] == [7_201, None]


def test_a_summary_that_a_person_asks_for_is_work_and_no_turn():
    events = rollout(
        opened(), begun(1, **ASKED), prompt(1), spent(2), happened(3, "task_complete"), begun(4, "t2"),
        spent(5, "r2", 4_000), line(6, "compacted", {"message": "…"}), happened(7, "task_complete"),
    )  # fmt: skip
    assert [call.prompt_id for call in of(LlmCalled, events)] == ["t1", None]
    assert [(one.prompt_id, one.at_ns) for one in of(CompactionStarted, events)] == [("t2", at(4))], "before its call"
    assert len(of(CompactionEnded, events)) == len(of(TurnEnded, events)) == 1


def test_builds_that_do_not_say_why_a_turn_began_say_who_asked():
    said = happened(1, "user_message", message="Fix it")
    events = rollout(opened(), begun(1), said, spent(2), happened(3, "task_complete"))
    assert [call.prompt_id for call in of(LlmCalled, events)] == ["t1"]
    assert of(CompactionStarted, events) == []
    assert len(of(TurnEnded, events)) == 1


def test_a_subagent_has_not_done_what_it_was_told_of_the_thread_that_began_it():
    copied = item(1, "function_call", name="spawn_agent", arguments="{}", inherited=True)
    own = [item(2, "function_call", "c2", name="exec_command", arguments='{"cmd": "ls"}')]
    events = rollout(opened(session_id=OTHER), begun(1), copied, begun(2, "t2"), *own)
    assert [(tool.call_id, tool.agent_id, tool.session_id) for tool in of(ToolStarted, events)] == [("c2", ME, OTHER)]
    assert of(PromptSubmitted, events) == []


@pytest.mark.parametrize(
    ("output", "ok"),
    [
        ("unsupported call: update_plan", False),
        ("apply_patch verification failed: Failed to read file", False),
        ("approval policy is Never; reject command", False),
        ("failed to parse function arguments: missing field", False),
        ("Chunk ID: 1\nProcess exited with code 2\nOutput:\n", False),
        ("Chunk ID: 1\nProcess exited with code 0\nOutput:\n", True),
        ("Chunk ID: 1\nOutput:\nunsupported call: of a test", True),
        ([{"type": "input_text", "text": "unsupported call: "}], True),
        (None, True),
    ],
)
def test_a_call_that_never_ran_failed_though_only_its_words_say_so(output, ok):
    call = item(1, "function_call", name="exec_command", arguments="{}")
    events = rollout(opened(), call, item(2, "function_call_output", **({"output": output} if output else {})))
    assert [tool.ok for tool in of(ToolFinished, events)] == [ok]


def counted(seconds, total, tokens):
    last = {"input_tokens": tokens, "output_tokens": 10, "total_tokens": tokens + 10}
    return happened(
        seconds, "token_count", info={"total_token_usage": {"total_tokens": total}, "last_token_usage": last}
    )


def test_a_fork_has_not_done_what_it_copied():
    """Builds before 0.169 copy the history, stamped with the moment of the fork, and tell its last usage once more."""
    origin = line(10, "session_meta", {"id": OTHER, "cwd": "/home/dev/elsewhere"})
    copied = [begun(10, "t1"), happened(10, "user_message", message="of the origin"), counted(10.002, 110, 100)]
    own = [begun(12, "t2"), happened(12, "user_message", message="of the fork"), counted(12, 110, 100)]
    forked = line(10, "session_meta", {"id": ME, "forked_from_id": OTHER, "cwd": "/home/dev/shop-api"})
    events = rollout(forked, origin, *copied, *own, counted(13, 320, 200))
    assert {event.session_id for event in events} == {ME}
    assert [prompt.text for prompt in of(PromptSubmitted, events)] == ["of the fork"]
    assert [call.tokens.input for call in of(LlmCalled, events)] == [200]
    assert [seen.cwd for seen in of(SessionSeen, events)] == ["/home/dev/shop-api"]


def test_a_subagent_of_a_build_that_names_no_session_is_its_parents():
    source = {"subagent": {"thread_spawn": {"parent_thread_id": OTHER, "depth": 1}}}
    letter = happened(1, "user_message", message="Count the files")
    events = rollout(opened(session_id=None, source=source), begun(1), letter, counted(2, 110, 100))
    assert {(event.session_id, event.agent_id) for event in events} == {(OTHER, ME)}
    assert [type(event) for event in events] == [SubagentStarted, LlmCalled]


@pytest.mark.parametrize("source", ["exec", {"subagent": "review"}, {"subagent": {"other": "x"}}, None])
def test_a_source_that_names_no_thread_makes_no_subagent(source):
    events = rollout(opened(session_id=None, source=source), begun(1), prompt(1))
    assert {(event.session_id, event.agent_id) for event in events} == {(ME, None)}


def test_subagents_that_use_alike_are_not_taken_for_one():
    calls = []
    for child in (ME, OTHER):
        meta = line(0, "session_meta", {"id": child, "session_id": "root"})
        calls += of(LlmCalled, told("codex", meta, counted(2, 110, 100), path=f"rollout-x-{child}.jsonl"))
    assert len({call.unit for call in calls}) == 2
