"""Captured runs to metrics: every step where a judge looks for it."""

from datetime import UTC, datetime

import pytest

from aimon_core.errors import AimonError
from aimon_trace import files, sources
from aimon_trace.expectations import Expectations
from aimon_trace.metrics import from_run
from aimon_trace.run import AgentInfo, TraceRun
from aimon_trace.scorers import judge
from aimon_trace.steps import InterruptStep, LLMCallStep, ToolCallStep, UserInputStep

NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)


def llm(step_id, model="gpt-4o", **told) -> LLMCallStep:
    return LLMCallStep(step_id=step_id, timestamp=NOW, model=model, input="?", output="!", **told)


def tool(step_id, name, **told) -> ToolCallStep:
    return ToolCallStep(step_id=step_id, timestamp=NOW, tool_name=name, **told)


def run(*steps) -> TraceRun:
    told = TraceRun(agent_info=AgentInfo(name="shop-agent"), started_at=NOW)
    for step in steps:
        told.add_step(step)
    return told


def test_a_run_is_judged_like_a_transcript():
    told = run(
        UserInputStep(step_id="u", timestamp=NOW, content="go"),
        llm("a", tokens_in=1_000, tokens_out=100, tokens_cache_read=600, tokens_cache_write=100, tokens_reasoning=40),
        llm("b", tokens_in=10, tokens_out=1, latency_ms=2_500),
        tool("t1", "Bash", arguments={"command": "rm -rf /tmp/x"}, result="", success=True),
        tool("t2", "search", error="timed out", latency_ms=100),
        tool("t3", "Write", arguments={"file_path": "a.py"}, result="ok"),
        InterruptStep(step_id="i", timestamp=NOW, prompt="may I?", wait_duration_ms=70_000),
    )
    metrics = from_run(told)
    tokens = metrics.tokens
    assert (tokens.input, tokens.cache_read, tokens.cache_creation, tokens.output, tokens.reasoning) == (
        310,
        600,
        100,
        101,
        40,
    )
    assert (metrics.agent, metrics.turns, metrics.llm_calls) == ("shop-agent", 1, 2)
    assert [call.success for call in metrics.tool_calls] == [True, False, True]
    assert metrics.files.created == ("a.py",)
    assert metrics.duration_seconds == 2.5, "of a run that goes on, to the last thing that is known"
    assert (metrics.waits.count, metrics.waits.longest_seconds) == (1, 70)
    assert metrics.cost.basis == "computed"
    scores = judge(metrics, Expectations.of({"banned_tools": ["rm -rf"], "max_wait": 60, "error_rate": 0.5}))
    assert {score.name: score.value for score in scores if score.value != "skip"} == {
        "banned_tools": "no", "error_rate": "yes", "max_wait": "no",
    }  # fmt: skip


def test_dollars_are_what_steps_estimate_and_else_what_the_table_says():
    reported = from_run(run(llm("a", tokens_in=1, tokens_out=1, cost_estimate=0.25)))
    assert (reported.cost_usd, reported.cost.basis) == (0.25, "reported")
    mixed = from_run(run(llm("a", cost_estimate=0.25), llm("b", tokens_in=10, tokens_out=5)))
    assert mixed.cost.basis == "mixed"
    assert mixed.cost_usd == pytest.approx(0.25 + (10 * 2.5 + 5 * 10) / 1e6)
    unknown = from_run(run(llm("a", "house-7", tokens_in=1)))
    assert (unknown.cost_usd, unknown.cost.unpriced_models) == (None, ("house-7",))


def test_a_run_without_usage_tells_no_tokens():
    assert from_run(run(llm("a"))).tokens is None
    assert from_run(run()).empty


def test_why_a_run_failed_is_told():
    told = run(llm("a", error="429"))
    told.finish(ValueError("no rows"))
    assert from_run(told).errors == ("429", "ValueError: no rows")


@pytest.mark.parametrize("name", ["run.json", "run.jsonl"])
def test_both_forms_of_a_file_are_read_as_runs(tmp_path, name):
    told = run(llm("a", tokens_in=1, tokens_out=1), tool("t", "search", result="x"))
    told.finish()
    files.save(told, tmp_path / name)
    assert sources.within(tmp_path) == [tmp_path / name]
    assert sources.read(tmp_path / name) == from_run(told)


def test_a_broken_run_is_said_to_be_none(tmp_path):
    (tmp_path / "run.json").write_text('{"run_id": "x", "agent_info": 7}')
    with pytest.raises(AimonError):
        sources.read(tmp_path / "run.json")
