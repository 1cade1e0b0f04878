"""A run as one document: what holds of the whole, and files of every version that was ever written."""

import json
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aimon_trace.errors import StepValidationError, TraceUnreadable
from aimon_trace.run import AgentInfo, TraceRun
from aimon_trace.steps import LLMCallStep, ToolCallStep

NOW = datetime(2026, 11, 21, 2, 16, 4, tzinfo=UTC)
SAMPLES = sorted((Path(__file__).parent / "samples").iterdir())


def run(**told) -> TraceRun:
    return TraceRun(**{"agent_info": AgentInfo(name="shopper"), "started_at": NOW, **told})


def call(step_id: str, **told) -> LLMCallStep:
    return LLMCallStep(**{"step_id": step_id, "timestamp": NOW, "model": "m", "input": "i", "output": "o", **told})


def test_steps_are_added_in_their_order():
    told = run()
    told.add_step(call("a"))
    told.add_step(ToolCallStep(step_id="b", timestamp=NOW, tool_name="t", parent_step_id="a"))
    assert [step.step_id for step in told.steps] == ["a", "b"]
    assert [told.total_tool_calls(), len(told.get_llm_calls()), len(told.get_steps_by_type("tool_call"))] == [1, 1, 1]


def test_an_id_is_taken_once_and_a_parent_is_there():
    told = run()
    told.add_step(call("a"))
    with pytest.raises(StepValidationError, match="'a' is taken"):
        told.add_step(call("a"))
    with pytest.raises(StepValidationError, match="'x' of step 'b'"):
        told.add_step(call("b", parent_step_id="x"))
    told.steps.append(call("c"))  # past the method: still known
    with pytest.raises(StepValidationError):
        told.add_step(call("c"))
    assert [step.step_id for step in told.steps] == ["a", "c"]


def test_tokens_are_the_total_where_one_is_told():
    told = run(steps=[call("a", tokens_in=10, tokens_out=5), call("b", tokens_in=1, tokens_out=1, tokens_total=100)])
    assert told.total_tokens() == 115


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"steps": [call("a"), call("a")]}, "'a' is there twice"),
        ({"steps": [call("a", parent_step_id="z")]}, "'a' lies in 'z'"),
        ({"ended_at": NOW - timedelta(seconds=1)}, "ended_at is before"),
        ({"schema_version": "2.0"}, "version 2.0"),
    ],
)
def test_a_document_that_contradicts_itself_is_none(wrong, why):
    text = json.dumps({**run().model_dump(mode="json"), **json.loads(json.dumps(wrong, default=_plain))})
    with pytest.raises(TraceUnreadable, match=why):
        TraceRun.from_json(text)


def _plain(value):
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value.isoformat()


def test_a_child_may_stand_before_its_parent():
    assert run(steps=[call("a", parent_step_id="b"), call("b")]).steps[0].parent_step_id == "b"


def test_a_run_is_created_running_and_then_over():
    told = run()
    assert told.status == "created"
    told.add_step(call("a"))
    assert told.status == "running"
    told.finish(at=NOW + timedelta(seconds=2))
    assert (told.status, told.error) == ("completed", None)
    told.finish(ValueError("no"), at=NOW - timedelta(seconds=2))  # a clock that went back
    assert (told.status, told.error) == ("failed", {"type": "ValueError", "message": "no"})
    assert told.ended_at == NOW


def test_a_later_minor_version_is_read():
    assert run(schema_version="1.7").schema_version == "1.7"


def test_what_json_does_not_know_is_written_as_its_word():
    told = run(steps=[ToolCallStep(step_id="a", timestamp=NOW, tool_name="t", result=object)])
    assert "<class 'object'>" in told.to_json()
    assert "null" not in told.to_json()


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_what_was_ever_written_is_read_and_loses_nothing(path):
    """Samples are never changed, only added: whoever kept a trace can read it."""
    told = json.loads(path.read_text())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        again = json.loads(TraceRun.from_json(path.read_text()).to_json(exclude_none=False))
    assert _holds(told, again)


def _holds(before, after) -> bool:
    """Whether everything that was told is still there; names that were renamed are looked for under the new one."""
    new = {"llm.model_name": "model", "llm.token_count.prompt": "tokens_in", "llm.token_count.completion": "tokens_out"}
    if isinstance(before, dict):
        return all(
            name == "openinference.span.kind" or _holds(value, after.get(new.get(name, name)))
            for name, value in before.items()
        )
    if isinstance(before, list):
        return len(before) == len(after) and all(map(_holds, before, after))
    return before == after or _same_moment(before, after)


def _same_moment(before, after) -> bool:
    try:
        return abs(datetime.fromisoformat(before) - datetime.fromisoformat(after)) < timedelta(milliseconds=1)
    except (TypeError, ValueError):
        return False


def test_there_are_samples():
    assert {path.stem for path in SAMPLES} >= {"contextforge-0.1", "aimon-1.0"}
