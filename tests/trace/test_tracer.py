"""A run told step by step: nesting by context in threads and tasks, failures, times, files."""

import asyncio
import contextvars
import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from aimon_core.clock import SteppedClock
from aimon_trace import AgentInfo, RedactionConfig, StepValidationError, TaskInfo, Tracer, TracerNotActiveError, load


class Heard:
    """A listener that remembers."""

    def __init__(self):
        self.told = []

    def began(self, run):
        self.told.append(("began", run.agent_info.name))

    def over(self, run, step):
        self.told.append(("over", step.step_id, step.model_copy(deep=True)))

    def ended(self, run):
        self.told.append(("ended", run.status))


def nests(tracer):
    return {step.step_id: step.parent_step_id for step in tracer.get_trace().steps}


def test_every_kind_of_step_is_told():
    with Tracer.run(AgentInfo(name="a", version="1"), TaskInfo(goal="g")) as tracer:
        ids = [
            tracer.user_input("hello", input_type="text"),
            tracer.llm_call("m", [{"role": "user", "content": "x"}], {"content": "y"}, tokens_in=3, provider="openai"),
            tracer.tool_call("t", {"a": 1}, [1], success=True, resource_impact={"amount": 1, "unit": "call"}),
            tracer.retrieval("q", [{"content": "d", "score": 0.5}]),
            tracer.memory_read({"k": 1}, ["a", "b"], total_available=9),
            tracer.memory_write("fact", "update", {"a": 1}, entity_id="e"),
            tracer.interrupt("may I?", "yes", 12.0),
            tracer.state_change("node", "b", "a", "done", metadata={"n": 1}),
            tracer.final_output({"a": 1}, format="json"),
        ]
    run = tracer.get_trace()
    assert ids == [f"step-{number:04}" for number in range(1, 10)]
    assert [step.step_id for step in run.steps] == ids
    assert [run.steps[3].match_count, run.steps[4].match_count] == [1, 2]
    assert run.status == "completed"
    assert run.task_info.goal == "g"


def test_steps_nest_by_context_or_as_told():
    with Tracer.run("a") as tracer:
        outside = tracer.user_input("x")
        with tracer.state_change("node") as node:
            inner = tracer.llm_call("m", "i", "o")
            with tracer.tool_call("t") as tool:
                deep = tracer.retrieval("q")
            after = tracer.tool_call("u", parent_step_id=outside)
        last = tracer.final_output("x")
    expected = {outside: None, node: None, inner: node, tool: node, deep: tool, after: outside, last: None}
    assert nests(tracer) == expected


def test_threads_begin_nowhere_unless_they_are_told_where():
    with Tracer.run("a") as tracer, tracer.state_change("node") as node:

        def work(number):
            inside = node if number % 2 else None
            if inside:
                with tracer.within(inside), tracer.tool_call(f"t{number}") as tool:
                    return inside, tool, tracer.llm_call("m", "i", "o")
            with tracer.tool_call(f"t{number}") as tool:
                return None, tool, tracer.llm_call("m", "i", "o")

        with ThreadPoolExecutor(8) as pool:
            told = list(pool.map(work, range(200)))
    found = nests(tracer)
    assert len(found) == 401
    assert all(found[tool] == parent and found[call] == tool for parent, tool, call in told)


async def test_tasks_nest_where_they_were_made_and_never_in_each_other():
    gate = asyncio.Barrier(20)

    async def work(number):
        async with tracer.tool_call(f"t{number}") as tool:
            await gate.wait()
            return tool, await tracer.llm_call("m", "i", "o")

    async with Tracer.run_async("a") as tracer, tracer.state_change("node") as node:
        told = await asyncio.gather(*map(work, range(20)))
    found = nests(tracer)
    assert all(found[tool] == node and found[call] == tool for tool, call in told)


async def test_concurrent_runs_are_kept_apart():
    gate = asyncio.Barrier(10)

    async def run(number):
        async with Tracer.run_async(f"agent {number}") as tracer:
            assert Tracer.current() is tracer
            with tracer.state_change("node"):
                await gate.wait()
                Tracer.current().llm_call(f"m{number}", "i", "o")
        return tracer.get_trace()

    for number, trace in enumerate(await asyncio.gather(*map(run, range(10)))):
        assert [step.model for step in trace.get_llm_calls()] == [f"m{number}"]
    assert Tracer.current() is None


def test_a_run_inside_a_run_has_its_own_nesting():
    with (
        Tracer.run("outer") as outer, outer.state_change("node") as node,
        Tracer.run("inner") as inner, inner.tool_call("t") as tool,
    ):  # fmt: skip
        there = outer.llm_call("m", "i", "o")
        here = inner.llm_call("m", "i", "o")
    assert (nests(outer)[there], nests(inner)[here]) == (node, tool)


def test_a_run_without_a_block_touches_no_context():
    before = contextvars.copy_context()
    first, second = Tracer("a").begin(), Tracer("b").begin()
    first.tool_call("t")
    second.llm_call("m", "i", "o")
    first.end(ValueError("no"))
    second.end()
    second.end(ValueError("too late"))
    assert [len(one.get_trace().steps) for one in (first, second)] == [1, 1]
    assert [one.get_trace().status for one in (first, second)] == ["failed", "completed"]
    assert contextvars.copy_context() == before


def test_what_the_block_raises_fails_the_run_and_the_step_it_left(tmp_path):
    with pytest.raises(KeyError), Tracer.run("a", output_path=tmp_path) as tracer, tracer.tool_call("t"):
        raise KeyError("password=hunter2hunter2")
    run = tracer.get_trace()
    (tool,) = run.get_tool_calls()
    assert (tool.success, tool.error_type) == (False, "KeyError")
    assert run.error["type"] == "KeyError"
    assert "hunter2" not in run.to_json()
    assert load(tmp_path / f"trace-{run.run_id}.json") == run


def test_a_caught_exception_fails_only_its_step():
    with Tracer.run("a") as tracer:
        with pytest.raises(TimeoutError), tracer.llm_call("m", "i") as call:
            raise TimeoutError
        with tracer.tool_call("t", success=False, error="mine") as told:
            pass
    steps = {step.step_id: step for step in tracer.get_trace().steps}
    assert (steps[call].error, steps[call].error_type) == ("TimeoutError", "TimeoutError")
    assert (steps[told].error, steps[told].success) == ("mine", False)
    assert tracer.get_trace().status == "completed"


def test_times_are_of_the_beginning_and_durations_are_measured():
    clock = SteppedClock()
    with Tracer.run("a", clock=clock) as tracer:
        with tracer.tool_call("t"):
            clock.advance(1.5)
        tracer.llm_call("m", "i", "o", latency_ms=500)
        with tracer.interrupt("may I?") as asked:
            clock.advance(2)
            asked.update(response="yes")
        clock.advance(1)
    run = tracer.get_trace()
    tool, call, asks = run.steps
    assert [tool.duration_ms, call.duration_ms, asks.duration_ms, asks.response] == [1500, 500, 2000, "yes"]
    assert [(step.timestamp - run.started_at).total_seconds() for step in run.steps] == [0, 1, 1.5]
    assert (run.ended_at - run.started_at).total_seconds() == 4.5


def test_a_step_is_held_where_there_is_no_block():
    clock = SteppedClock()
    with Tracer.run("a", clock=clock) as tracer:
        call = tracer.tool_call("search").hold()
        clock.advance(1.5)
        call.done(ValueError("no"), result="none")
    (step,) = tracer.get_trace().steps
    assert (step.latency_ms, step.result, step.success) == (1500, "none", False)
    assert (step.error, step.error_type) == ("no", "ValueError")


def test_more_is_told_of_a_step_when_it_is_known():
    with Tracer.run("a") as tracer, tracer.llm_call("m", "i") as call:
        call.update(output={"content": "me@example.com"}, tokens_out=5)
        with pytest.raises(StepValidationError, match="tokens_out"):
            call.update(tokens_out=-5)
    (step,) = tracer.get_trace().get_llm_calls()
    assert (step.output, step.tokens_out) == ({"content": "[REDACTED]"}, 5)


def test_outside_of_a_run_there_is_nothing_to_tell(tmp_path):
    tracer = Tracer("a")
    with pytest.raises(TracerNotActiveError):
        tracer.user_input("x")
    with pytest.raises(TracerNotActiveError):
        tracer.get_trace()
    with Tracer.run("a") as tracer:
        assert tracer.is_active
    with pytest.raises(TracerNotActiveError):
        tracer.final_output("x")
    with pytest.raises(TracerNotActiveError):
        tracer.begin()
    with pytest.raises(StepValidationError, match="no path"):
        tracer.save()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda tracer: tracer.llm_call("m", "i", "o", tokens_in="many"),
        lambda tracer: tracer.llm_call("m", "i", "o", latency_ms=-1),
        lambda tracer: tracer.tool_call("t", parent_step_id="step-9999"),
        lambda tracer: tracer.memory_write("fact", "forget"),
        lambda tracer: tracer.retrieval("q", [{"content": "a", "score": 7}]),
    ],
)
def test_what_is_no_step_is_refused_and_the_run_goes_on(wrong):
    with Tracer.run("a") as tracer:
        with pytest.raises(StepValidationError):
            wrong(tracer)
        tracer.final_output("x")
    assert [step.step_type for step in tracer.get_trace().steps] == ["final_output"]


def test_what_the_agent_does_to_its_data_later_is_not_seen():
    messages, documents = [{"role": "user", "content": "a"}], [{"content": "d", "score": 0.5, "metadata": {"id": 1}}]
    with Tracer.run("a") as tracer:
        tracer.llm_call("m", messages, "o")
        tracer.retrieval("q", documents)
        messages.append({"role": "user", "content": "b"})
        documents[0].clear()
    call, found = tracer.get_trace().steps
    assert len(call.input) == 1
    assert found.results[0].metadata == {"id": 1}


def test_listeners_hear_of_steps_once_they_are_over():
    heard = Heard()
    with Tracer.run("a", listeners=[heard]) as tracer:
        with tracer.tool_call("t") as tool:
            call = tracer.llm_call("m", "i", "o")
            tool.update(result="r")
        last = tracer.final_output("x")
    assert [told[:2] for told in heard.told] == [
        ("began", "a"), ("over", tool), ("over", call), ("over", last), ("ended", "completed"),
    ]  # fmt: skip
    assert heard.told[1][2].result == "r"


def test_a_long_run_is_written_as_it_goes_and_not_held(tmp_path):
    path = tmp_path / "run.jsonl"
    with Tracer.run("a", output_path=path) as tracer, tracer.state_change("node"):
        for number in range(300):
            with tracer.tool_call(f"t{number}"):
                tracer.llm_call("m", "i", "o")
        assert len(tracer.get_trace().steps) < 4
    run = tracer.get_trace()
    assert (len(run.steps), run.status) == (601, "completed")
    assert load(path) == run
    assert {json.loads(line).get("record") for line in path.read_text().splitlines()} == {"run", "end", None}


def test_a_run_that_cannot_be_saved_says_so_and_hides_no_failure(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError), Tracer.run("a", output_path=tmp_path / "file" / "x.json"):
        pass
    with pytest.raises(ValueError, match="mine") as raised, Tracer.run("a", output_path=tmp_path / "file" / "x.json"):
        raise ValueError("mine")
    assert "could not be saved" in raised.value.__notes__[0]


def test_redaction_is_as_configured():
    with Tracer.run("a", redaction=RedactionConfig(enabled=False)) as tracer:
        tracer.user_input("me@example.com")
    assert tracer.get_trace().steps[0].content == "me@example.com"


def test_many_threads_take_no_id_twice():
    with Tracer.run("a") as tracer:
        threads = [
            threading.Thread(target=lambda: [tracer.user_input("x") for _ in range(200)], daemon=True) for _ in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len({step.step_id for step in tracer.get_trace().steps}) == 1600
