"""Spans of every convention become steps: figures equal to what was served, gaps named, structure sound."""

import random
import warnings
from types import SimpleNamespace

import pytest

from aimon_trace import TraceRun, TraceWarning, to_otlp, wire
from aimon_trace.convert import SpanConverter
from aimon_trace.errors import ConversionError
from aimon_trace.steps import LLMCallStep, RetrievalStep, StateChangeStep, ToolCallStep
from receiver import codec, otlp
from receiver.status import Refused
from tests.fakes import captures

FRAMEWORKS = [
    (f"frameworks/{folder.name}", name)
    for folder in sorted((captures.ROOT / "frameworks").iterdir())
    for name in captures.scenarios(f"frameworks/{folder.name}")
]


def bodies(agent, name):
    return [one.body for one in captures.sent(name, agent) if one.signal == "traces"]


def quiet(**options) -> SpanConverter:
    return SpanConverter(warn_on_missing=False, **options)


def figures(runs) -> dict[str, object]:
    """What `expected.json` tells of a capture, read off its runs."""
    steps = [step for run in runs for step in run.steps]
    calls = [step for step in steps if isinstance(step, LLMCallStep)]
    tools = [step for step in steps if isinstance(step, ToolCallStep)]
    found = [step for step in steps if isinstance(step, RetrievalStep)]
    paid = [*calls, *found, *(step for step in steps if isinstance(step, StateChangeStep))]
    failed = [step for step in steps if getattr(step, "error", None) and step not in tools]
    above = {step.parent_step_id for step in failed} | {
        up for tool in tools if tool.error for up in _above(steps, tool)
    }
    first = [step for step in failed if step.step_id not in above and not _failed_below(steps, step)]
    reads, writes = (
        sum(getattr(call, name) or 0 for call in calls) for name in ("tokens_cache_read", "tokens_cache_write")
    )
    read = sum(getattr(step, "tokens_in", 0) or 0 for step in paid)
    return {
        "llm_calls": sum(not call.error for call in calls),
        "llm_calls_failed": sum(bool(call.error) for call in calls),
        "tool_calls": len(tools),
        "tool_errors": sum(tool.success is False for tool in tools),
        "retrievals": sum(step.tokens_in is None for step in found),
        "embeddings": sum(step.tokens_in is not None for step in found),
        "input_inclusive": read,
        "output": sum(call.tokens_out or 0 for call in calls),
        "errors": len(first),
        "error_type": first[-1].error_type if first else None,
        "tokens": {
            "input": read - reads - writes, "cache_read": reads, "cache_write": writes,
            "output": sum(call.tokens_out or 0 for call in calls),
            "reasoning": sum(call.tokens_reasoning or 0 for call in calls), "input_inclusive": read,
        },
    }  # fmt: skip


def _above(steps, step):
    parents = {one.step_id: one.parent_step_id for one in steps}
    up = parents[step.step_id]
    while up is not None:
        yield up
        up = parents[up]


def _failed_below(steps, step):
    return any(getattr(one, "error", None) and step.step_id in _above(steps, one) for one in steps)


@pytest.mark.parametrize(("agent", "name"), FRAMEWORKS)
def test_frameworks_come_to_what_was_served(agent, name):
    runs = quiet().convert_traces(bodies(agent, name))
    expected, found = captures.expected(name, agent)["totals"], figures(runs)
    known = {name: value for name, value in expected.items() if value is not None and name in found}
    if "tokens" in known:
        known["tokens"] = {part: value or 0 for part, value in known["tokens"].items()}
    for zero in ("llm_calls_failed", "tool_errors", "retrievals", "embeddings"):
        known.setdefault(zero, 0)
    assert {name: found[name] for name in known} == known
    for run in runs:
        assert TraceRun.from_json(run.to_json()) == run


@pytest.mark.parametrize("name", captures.scenarios("claude-code"))
def test_claude_codes_spans_come_to_what_was_served(name):
    spans = bodies("claude-code", name)
    if not any(body for body in spans) or name == "print_minimal":  # that one sends logs alone
        return
    totals = captures.expected(name)["totals"]
    found = figures(quiet().convert_traces(spans))
    assert found["llm_calls"] == totals["llm_calls"]
    assert found["tokens"] == totals["tokens"]


@pytest.mark.parametrize("name", captures.scenarios("codex"))
def test_codexs_spans_come_to_what_was_served(name):
    runs = quiet().convert_traces(bodies("codex", name))
    if not runs:  # those send logs alone, or nothing
        assert name in {"error-429-fatal", "exec-500-fatal", "exec-overflow"}
        return
    told = captures.expected(name, "codex")["totals"]["tokens"]
    untold = 1560 if name == "interactive-approval" else 0  # a turn that a person took back tells no sum
    assert sum(run.total_tokens() for run in runs) == told["input_inclusive"] + told["output"] - untold
    tools = {
        "exec-subagent": 2,
        "interactive-approval": 2,
        "interactive-compact": 1,
        "tool-failure": 1,
        "tools-http-json": 2,
    }
    assert sum(run.total_tool_calls() for run in runs) == tools.get(name, 0)


def test_a_trace_reads_like_a_document():
    run = quiet().convert_trace(bodies("frameworks/langchain-openinference", "agent_tool"))
    steps = {step.step_id: step for step in run.steps}
    told = [
        (step.step_type, steps[step.parent_step_id].new_value if step.parent_step_id else None) for step in run.steps
    ]
    assert told == [
        ("state_change", None), ("user_input", "weather_agent"),
        ("state_change", "weather_agent"), ("llm_call", "model"),
        ("state_change", "weather_agent"), ("tool_call", "tools"),
        ("state_change", "weather_agent"), ("llm_call", "model"), ("final_output", "weather_agent"),
    ]  # fmt: skip
    (tool,) = run.get_tool_calls()
    assert (tool.tool_name, tool.arguments, tool.result) == ("get_weather", {"input": "Oslo"}, "Oslo: 7 C, cloudy")
    assert run.steps[1].content == "What is the weather in Oslo?"
    assert run.steps[-1].content == "It is 7 C and cloudy in Oslo."
    first, last = run.get_llm_calls()
    assert first.input[0] == {"role": "system", "content": "Be brief."}
    assert first.output["tool_calls"][0]["name"] == "get_weather"
    assert last.output == {"role": "assistant", "content": "It is 7 C and cloudy in Oslo."}
    assert (run.agent_info.name, run.agent_info.framework) == ("demo-agent", "langchain")


@pytest.mark.parametrize(
    ("agent", "texts"),
    [("langchain-otel-genai", ["", ""]), ("langchain-openllmetry", ["Staff get 20 days of vacation.", None])],
)
def test_retrievals_tell_query_and_documents(agent, texts):
    run = quiet().convert_trace(bodies(f"frameworks/{agent}", "retrieval"))
    (found,) = run.get_steps_by_type("retrieval")
    assert (found.query, found.match_count) == ("vacation policy", 2)
    assert found.results[0].content == texts[0]
    assert found.results[0].score in {0.95, None}


def test_a_question_to_a_person_is_an_interrupt_and_no_error():
    runs = quiet().convert_traces(bodies("frameworks/langchain-openinference", "interrupt"))
    (asks,) = (step for run in runs for step in run.get_steps_by_type("interrupt"))
    assert "approve deletion?" in asks.prompt
    assert [run.status for run in runs] == ["completed", "completed"]


def span(**told):
    """A span as OpenTelemetry's SDK hands it to processors."""
    context = SimpleNamespace(trace_id=0xA, span_id=told.pop("span_id", 0xB))
    parent = told.pop("parent", None)
    return SimpleNamespace(**{
        "context": context, "parent": parent and SimpleNamespace(span_id=parent), "name": "n",
        "start_time": 1_795_226_400_000_000_000, "end_time": 1_795_226_400_250_000_000, "attributes": {}, "events": (),
        "status": SimpleNamespace(status_code=SimpleNamespace(value=0), description=None),
        "resource": SimpleNamespace(attributes={"service.name": "shop"}),
        "instrumentation_scope": SimpleNamespace(name="my.own", version="1"), **told,
    })  # fmt: skip


LLM = {"openinference.span.kind": "LLM", "llm.model_name": "gpt-5.5", "llm.token_count.prompt": 5}


def test_spans_of_the_sdk_are_converted_in_this_process():
    failed = SimpleNamespace(status_code=SimpleNamespace(value=2), description="Error code: 429")
    spans = [
        span(span_id=2, parent=1, attributes=LLM | {"input.value": "hi", "llm.finish_reasons": ("stop",)}),
        span(
            span_id=3,
            parent=1,
            status=failed,
            attributes={"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "t"},
        ),
        span(span_id=1, attributes={"openinference.span.kind": "AGENT", "agent.name": "a"}),
    ]
    run = SpanConverter().convert_trace(spans, "mine")
    agent, call, tool = run.steps
    assert [call.parent_step_id, tool.parent_step_id] == [agent.step_id] * 2
    assert (call.model, call.tokens_in, call.input, call.latency_ms) == ("gpt-5.5", 5, "hi", 250)
    assert (tool.success, tool.error, tool.error_type) == (False, "Error code: 429", "rate_limit")
    assert (run.agent_info.name, run.run_id) == ("mine", "00000000-0000-0000-0000-00000000000a")


def test_one_span_is_one_step_in_whatever_form():
    body = bodies("frameworks/openai-otel-genai", "streaming")[0]
    (record,) = otlp.records("traces", codec.decode("traces", body, "protobuf"), 0)
    told = SpanConverter().convert_span(body)
    assert told == SpanConverter().convert_span(record)
    assert isinstance(told, LLMCallStep)
    assert SpanConverter().convert_span(span(attributes={"http.request.method": "GET"})) is None


def test_a_missing_attribute_is_named_with_its_span():
    bare = span(attributes={"openinference.span.kind": "LLM"})
    with pytest.warns(
        TraceWarning, match=r"Span 000000000000000b missing required attribute 'llm\.model_name', using default"
    ):
        assert SpanConverter().convert_span(bare).model == "unknown"
    with pytest.raises(ConversionError, match=r"000000000000000b.*'llm\.model_name'"):
        SpanConverter(strict_mode=True).convert_span(bare)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert quiet().convert_span(bare).model == "unknown"


def test_attributes_of_ones_own_are_read_as_told():
    mappings = {"my.kind": "openinference.span.kind", "my.model": "llm.model_name", "my.cost": "cost_estimate"}
    told = span(attributes={"my.kind": "LLM", "my.model": "mine-1", "my.cost": 0.5})
    step = SpanConverter(strict_mode=True, custom_mappings=mappings).convert_span(told)
    assert (step.model, step.cost_estimate) == ("mine-1", 0.5)
    assert SpanConverter().convert_span(told) is None


def test_what_wraps_a_call_gives_it_what_it_knows():
    spans = [
        span(span_id=1, attributes=LLM | {"input.value": "hi", "output.value": "yo"}),
        span(span_id=2, parent=1, attributes=LLM),
    ]
    run = SpanConverter().convert_trace(spans)
    (call,) = run.get_llm_calls()
    assert (call.step_id, call.input, call.output, call.tokens_in) == ("0000000000000002", "hi", "yo", 5)


def test_spans_that_lie_in_a_circle_are_read():
    ends = ((1, 2), (2, 1), (3, 9))
    spans = [span(span_id=one, parent=other, attributes={**LLM, "gen_ai.response.id": str(one)}) for one, other in ends]
    assert (
        SpanConverter().convert_trace(spans).total_tokens() == 10
    )  # one of the two wraps the other, the third is alone


@pytest.mark.parametrize(
    ("value", "error"),
    [(5, ConversionError), ("spans", ConversionError), ([], ConversionError), (b"\xff\xff", Refused)],
)
def test_what_is_no_span_is_said_so(value, error):
    with pytest.raises(error):
        SpanConverter().convert_trace(value)


def test_a_field_that_no_step_can_hold_is_left_out_with_a_word():
    wrong = span(attributes={**LLM, "my.cost": -1.0})
    converter = SpanConverter(custom_mappings={"my.cost": "cost_estimate"})
    with pytest.warns(TraceWarning, match=r"Span 000000000000000b makes no LLMCallStep as it is: cost_estimate"):
        step = converter.convert_span(wrong)
    assert (step.model, step.cost_estimate) == ("gpt-5.5", None)
    with pytest.raises(ConversionError, match="cost_estimate"):
        SpanConverter(strict_mode=True, custom_mappings={"my.cost": "cost_estimate"}).convert_span(wrong)


WEIRD = [
    None, "", "x" * 70_000, "[1,", '{"a":' * 200, '[[{"role":5}]]', -5, 2**62, float("nan"), 1e300, True, b"\xff", [],
    [1, "a", None], {}, {"a": {"b": [None]}}, "\ud800",
    '{"messages": "x", "parts": 5}', '{"documents": [3, {"score": "x"}]}',
]  # fmt: skip


@pytest.mark.parametrize("seed", range(40))
def test_whatever_a_span_says_becomes_a_run(seed):
    chance = random.Random(seed)
    agent, name = chance.choice(FRAMEWORKS)
    messages = [codec.decode("traces", body, "protobuf") for body in bodies(agent, name)]
    records = [one for message in messages for one in otlp.records("traces", message, 0)]
    for record in records:
        for attribute in chance.sample(sorted(record.raw), min(6, len(record.raw))):
            if attribute == "openinference.span.kind":
                continue
            del record.raw[attribute]
            wire.put(record.raw, {attribute: chance.choice(WEIRD)})
        record.message.end_time_unix_nano = chance.choice([0, record.message.end_time_unix_nano, 2**63])
        above = record.message.parent_span_id
        record.message.parent_span_id = chance.choice([b"", chance.choice(records).span_id, above])
    run = quiet().convert_trace(records)
    assert TraceRun.from_json(run.to_json()) == run
    assert quiet().convert_trace(to_otlp(run)) == run
