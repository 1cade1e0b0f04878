"""Which of Codex's spans tell whose a thread is, and of the work that nobody asked for by a prompt."""

from aimon_core.events import (
    CompactionEnded,
    CompactionStarted,
    PromptSubmitted,
    SubagentStarted,
    ToolFinished,
    TraceSeen,
    TurnEnded,
)
from aimon_core.orphans import traced
from tests.receiver.test_codex_dialect import codex_span, read, with_event

TASK = {"thread__id": "7", "turn__id": "turn1"}


def task(name):
    """The span of what a thread does, with the profile that tells whose it is."""
    profile = {"event__name": "codex.turn_profile", "conversation__id": "t1", "turn_id": "turn1"}
    return with_event(codex_span(name, **TASK), **profile)


def test_a_review_is_a_turn_whose_trace_has_the_thread_that_does_it():
    record = task("session_task.review")
    trace, prompt, end = read(record)
    assert isinstance(trace, TraceSeen)
    assert (trace.session_id, trace.trace_id) == ("t1", record.trace_id)
    assert isinstance(prompt, PromptSubmitted)
    assert isinstance(end, TurnEnded)
    assert (prompt.at_ns, prompt.prompt_id) == (record.start_ns, None), "others call it as the reviewer's turn is"
    assert (end.complete, end.prompt_id) == (True, None)


def test_a_thread_is_a_subagent_of_whoever_its_trace_is():
    starts = {"event__name": "codex.conversation_starts", "conversation__id": "child"}
    record = with_event(codex_span("session_init"), **starts)
    (link,) = [event for event in read(record) if isinstance(event, SubagentStarted)]
    assert (link.session_id, link.agent_id) == (traced(record.trace_id), "child")


def test_a_trace_is_of_the_thread_that_begins_a_subagent_in_it():
    tool = {"call_id": "c1", "conversation__id": "t1"}
    spawned = read(codex_span("collaborationspawn_agent", tool_name="collaborationspawn_agent", **tool))
    assert [type(event) for event in spawned] == [TraceSeen, ToolFinished]
    assert [type(event) for event in read(codex_span("exec_command", tool_name="exec_command", **tool))] == [
        ToolFinished
    ]


def test_a_summary_that_a_person_asks_for_begins_and_ends_beside_all_turns():
    record = task("session_task.compact")
    began, ended = read(record)
    assert isinstance(began, CompactionStarted)
    assert isinstance(ended, CompactionEnded)
    assert (began.at_ns, ended.at_ns, began.prompt_id) == (record.start_ns, record.at_ns, "turn1")
