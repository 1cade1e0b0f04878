"""Steps as documents: what each kind says, what older writers said, and that nothing unknown is lost."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import ValidationError

from aimon_trace.errors import TraceWarning
from aimon_trace.steps import KINDS, STEP, LLMCallStep, RetrievalResult, ToolCallStep, UnknownStep

BASE = {"step_id": "step-0001", "timestamp": "2026-11-21T02:16:04.123Z"}
STEPS = {
    "user_input": {"content": "hello"},
    "llm_call": {"model": "gpt-5.5", "input": [{"role": "user", "content": "hi"}], "output": {"content": "yo"}},
    "tool_call": {"tool_name": "search", "arguments": {"q": "x"}, "result": [1, None, "a"]},
    "retrieval": {"query": "x", "results": [{"content": "a", "score": 0.5, "metadata": {"id": 1}}], "match_count": 1},
    "memory_read": {"query": {"user": 1}, "results": ["a"], "match_count": 1, "relevance_scores": [0.5]},
    "memory_write": {"operation": "put", "namespace": ["a"], "key": "k", "changes": [{"path": "a", "new_value": 1}]},
    "interrupt": {"prompt": "May I?", "response": {"yes": True}, "wait_duration_ms": 12.5},
    "state_change": {"state_key": "node", "new_value": "plan", "old_value": None, "reason": "done"},
    "final_output": {"content": {"answer": 42}, "format": "json"},
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_written_as_it_was_read(kind):
    step = STEP.validate_python({**BASE, "step_type": kind, **STEPS[kind]})
    assert type(step) is KINDS[kind]
    assert STEP.validate_json(step.model_dump_json()) == step
    assert STEP.validate_json(step.model_dump_json(exclude_none=True)) == step


def test_names_of_the_original_are_read():
    told = {
        **BASE, "openinference.span.kind": "LLM", "llm.model_name": "gpt-5.5", "llm.token_count.prompt": 3,
        "llm.token_count.completion": 4, "input": "hi", "output": "yo",
    }  # fmt: skip
    step = STEP.validate_python(told)
    assert isinstance(step, LLMCallStep)
    assert (step.model, step.tokens_in, step.tokens_out, step.total) == ("gpt-5.5", 3, 4, 7)
    assert '"model":"gpt-5.5"' in step.model_dump_json()


def test_a_step_of_an_unknown_kind_is_kept_whole():
    told = {**BASE, "step_type": "dream", "about": {"sheep": ["electric"]}}
    with pytest.warns(TraceWarning, match="dream"):
        step = STEP.validate_python(told)
    assert isinstance(step, UnknownStep)
    assert step.model_dump(mode="json", exclude_none=True) == told


def test_an_unknown_field_is_kept():
    with pytest.warns(TraceWarning, match="ToolCallStep: kept fields unknown here: colour"):
        step = STEP.validate_python({**BASE, "step_type": "tool_call", "tool_name": "a", "colour": "red"})
    assert step.model_dump(exclude_none=True)["colour"] == "red"


@pytest.mark.parametrize(
    "wrong",
    [
        {"step_type": "llm_call", "model": "a", "input": "b", "output": "c", "tokens_in": -1},
        {"step_type": "llm_call", "model": "a", "input": 5, "output": "c"},
        {"step_type": "tool_call"},
        {"step_type": "retrieval", "query": "a", "match_count": 1, "results": [{"content": "a", "score": 1.5}]},
        {"step_type": "memory_write", "operation": "forget"},
        {"step_type": "interrupt", "prompt": "a", "wait_duration_ms": float("inf")},
        {"step_type": "user_input", "content": "a", "step_id": ""},
        {"content": "a"},
    ],
)
def test_what_is_no_step_is_refused(wrong):
    with pytest.raises(ValidationError):
        STEP.validate_python({**BASE, **wrong})


def test_times_are_utc_to_the_millisecond():
    here = datetime(2026, 11, 21, 4, 16, 4, 123_987, tzinfo=timezone(timedelta(hours=2)))
    step = ToolCallStep(step_id="a", timestamp=here, tool_name="b")
    assert step.timestamp == datetime(2026, 11, 21, 2, 16, 4, 123_000, tzinfo=UTC)
    assert '"timestamp":"2026-11-21T02:16:04.123Z"' in step.model_dump_json()
    naive = ToolCallStep(step_id="a", timestamp=datetime(2026, 11, 21, 2, 16, 4), tool_name="b")  # noqa: DTZ001 - that one
    assert naive.timestamp.tzinfo is UTC


def test_a_duration_has_one_name_for_whoever_reads():
    assert STEP.validate_python({**BASE, "step_type": "interrupt", **STEPS["interrupt"]}).duration_ms == 12.5
    assert STEP.validate_python({**BASE, "step_type": "tool_call", "tool_name": "a", "latency_ms": 3}).duration_ms == 3
    assert STEP.validate_python({**BASE, "step_type": "user_input", "content": "a"}).duration_ms is None


def test_a_document_need_not_tell_its_text():
    assert RetrievalResult(metadata={"id": "d1"}).content == ""
