"""MLflow's documents without its library: what real servers (3.17) kept of real programs comes to what was true."""

import json
from typing import Any

import pytest

from aimon_core import pricing
from aimon_core.errors import Unavailable, UsageError
from aimon_trace.expectations import Expectations
from aimon_trace.metrics import TraceMetrics
from aimon_trace.mlflow import library
from aimon_trace.mlflow.library import Library
from aimon_trace.mlflow.metrics import metrics
from aimon_trace.scorers import judge
from tests.contract.test_imports import loaded
from tests.fakes.captures import ROOT, expected

PRICES = pricing.load()


def document(name: str) -> dict[str, Any]:
    return json.loads((ROOT / "mlflow" / f"{name}.json").read_text())


def read(*names: str) -> TraceMetrics:
    return metrics([document(name) for name in names], PRICES)


def test_what_aimon_exported_comes_back_whole():
    found, truth = read("aimon_with_content"), expected("tui_permission")["totals"]
    assert found.tokens is not None
    assert (found.tokens.input, found.tokens.cache_read, found.tokens.cache_creation, found.tokens.output) == (
        4980, 17_270, 3062, 247,
    )  # fmt: skip
    assert (found.llm_calls, found.turns, found.by_name) == (truth["llm_calls"], 4, {"Bash": 3, "AskUserQuestion": 1})
    assert (found.cost.usd, found.cost.basis) == (pytest.approx(truth["cost_usd_reported"]), "reported")
    assert [call.refused for call in found.tool_calls] == [False, True, False, False]
    assert found.failed_tools == ()
    assert all(call.subject for call in found.tool_calls if call.name == "Bash")
    assert found.waits is not None
    assert (found.waits.count, found.waits.longest_seconds) == (4, 9.461)
    assert (found.agent, found.session_id) == ("claude-code", "7cb5ab13-c5d2-4030-ae0f-7ac163357d57")


def test_the_plug_in_of_mlflow_tells_inputs_files_and_the_text_answers_alone():
    """It makes no span of an answer that only asks for tools: 309 of 515 tokens, and no figure of ours can know."""
    found = read("claude_plugin")
    assert found.by_name == {"Bash": 1, "Read": 1, "Edit": 1, "Write": 1}, "not tool_Bash"
    assert found.tool_calls[0].input["command"] == "ls -1"
    assert found.files.created == ("/home/dev/projects/shop-api/health.py",)
    assert found.files.modified == found.files.read == ("/home/dev/projects/shop-api/app.py",)
    assert found.tokens is not None
    assert (found.tokens.input, found.tokens.output, found.llm_calls) == (309, 129, 3)
    assert found.cost.usd == pytest.approx(0.0222236), (
        "MLflow's own 0.0209876 takes the caches out of an input that has none"
    )
    assert found.waits is None, "nobody tells"


@pytest.mark.parametrize(
    ("name", "capture"),
    [
        ("langchain_openinference_agent_tool", "langchain-openinference/agent_tool"),
        ("vercel_ai_sdk_streaming", "vercel-ai-sdk/streaming"),
        ("langchain_openllmetry_streaming", "langchain-openllmetry/streaming"),
    ],
)
def test_each_convention_is_counted_once_with_the_cache_apart(name, capture):
    found = read(name)
    truth = json.loads((ROOT / "frameworks" / capture / "expected.json").read_text())["totals"]
    assert found.tokens is not None
    tokens = truth["tokens"]
    assert (found.tokens.input, found.tokens.cache_read, found.tokens.output) == (
        tokens["input"], tokens["cache_read"], tokens["output"],
    )  # fmt: skip
    assert (found.llm_calls, len(found.tool_calls)) == (truth["llm_calls"], truth["tool_calls"])


def test_several_traces_add_up():
    both, one = read("aimon_with_content", "claude_plugin"), read("aimon_with_content")
    assert both.tokens is not None
    assert one.tokens is not None
    assert both.tokens.output == one.tokens.output + 129
    assert len(both.tool_calls) == len(one.tool_calls) + 4
    assert both.start_time is not None
    assert both.start_time <= one.start_time


def test_a_trace_is_judged_by_what_its_tools_ran():
    scores = judge(read("claude_plugin"), Expectations.of({"banned_tools": ["ls"], "expected_files": ["*/health.py"]}))
    assert {one.name: one.value for one in scores if one.value != "skip"} == {
        "banned_tools": "no",
        "file_existence": "yes",
    }


def test_a_trace_without_spans_is_empty_and_keeps_its_id():
    found = metrics([{"info": {"trace_id": "tr-1"}, "data": {"spans": []}}], PRICES)
    assert (found.session_id, found.empty, found.tokens) == ("tr-1", True, None)


def span(span_id: str, parent: str | None = None, failed: bool = False, **told: Any) -> dict[str, Any]:
    attributes = {name.replace("__", "."): json.dumps(value) for name, value in told.items()}
    status = {"code": "STATUS_CODE_ERROR" if failed else "STATUS_CODE_OK", "message": "429 slow down" if failed else ""}
    return {
        "trace_id": "t", "span_id": span_id, "parent_span_id": parent, "name": told.get("name", "tool_Bash"),
        "start_time_unix_nano": 1, "end_time_unix_nano": None, "status": status, "attributes": attributes,
    }  # fmt: skip


def of(*spans: dict[str, Any]) -> TraceMetrics:
    return metrics([{"info": {}, "data": {"spans": list(spans)}}], PRICES)


def test_usage_that_spans_above_repeat_counts_once():
    usage = {"input_tokens": 100, "cache_read_input_tokens": 60, "output_tokens": 10, "total_tokens": 110}
    call = {"mlflow__spanType": "CHAT_MODEL", "mlflow__llm__model": "gpt-5.5", "mlflow__chat__tokenUsage": usage}
    chain = {"mlflow__spanType": "CHAIN", "mlflow__chat__tokenUsage": usage}
    found = of(span("a", **chain), span("b", "a", **chain), span("c", "b", **call))
    assert found.tokens is not None
    assert (found.tokens.input, found.tokens.cache_read, found.llm_calls) == (40, 60, 1)
    claude = of(span("c", **call | {"mlflow__llm__model": "claude-opus-5-5"}))
    assert claude.tokens is not None
    assert claude.tokens.input == 100, "MLflow keeps the cache beside the input of Anthropic's"


def test_a_model_without_a_price_makes_the_cost_unknown():
    usage = {"input_tokens": 100, "output_tokens": 10}
    found = of(span("a", mlflow__spanType="LLM", model="nobody-knows", mlflow__chat__tokenUsage=usage))
    assert (found.cost_usd, found.cost.unpriced_models) == (None, ("nobody-knows",))


def test_failed_calls_are_errors_and_failed_tools_are_not():
    found = of(span("a", failed=True, mlflow__spanType="LLM", name="chat"), span("b", failed=True))
    assert (found.errors, found.llm_calls) == (("429 slow down",), 0)
    assert [call.name for call in found.failed_tools] == ["Bash"]


def test_an_input_that_is_a_bare_text_is_kept():
    found = of(span("a", mlflow__spanType="TOOL", mlflow__spanInputs="Oslo", tool__name="weather"))
    assert (found.tool_calls[0].name, found.tool_calls[0].input) == ("weather", {"input": "Oslo"})


def test_nothing_of_mlflow_is_loaded_before_it_is_asked():
    assert not [
        name for name in loaded("aimon_trace.mlflow", "aimon_trace.mlflow.metrics") if name.startswith("mlflow")
    ]


def test_without_the_library_or_an_address_one_line_says_what_to_do(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(UsageError, match=r"Which MLflow is not said. Set MLFLOW_TRACKING_URI"):
        Library()
    monkeypatch.setitem(__import__("sys").modules, "mlflow", None)
    with pytest.raises(Unavailable, match=r"pip install 'aimon-tui\[mlflow\]'"):
        Library("http://127.0.0.1:9")


def test_a_database_needs_the_whole_of_mlflow(monkeypatch):
    monkeypatch.setattr(library, "_has_whole", lambda: False)
    with pytest.raises(Unavailable, match=r"sqlite:///m.db needs the whole of MLflow. `pip install mlflow`"):
        Library("sqlite:///m.db")
