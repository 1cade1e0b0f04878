"""Many traces judged and told: in processes, with bad files among them, in four formats that others can read."""

import json
import multiprocessing
from pathlib import Path

import pytest
from junitparser import Error, Failure, JUnitXml, Skipped
from pydantic import ValidationError

from aimon_trace import evaluate, manifest, report, shapes, sources
from aimon_trace.evaluate import NOTHING, Reading, Report
from aimon_trace.metrics import from_transcript
from receiver import frozen_shapes
from tests.fakes.transcript import TRANSCRIPTS, Transcript

SCHEMAS = Path(__file__).parents[2] / "docs" / "schema"


@pytest.fixture
def expecting(tmp_path):
    """A manifest with these expectations."""

    def write(text: str = "tool_limits: {Bash: 1}", cases: str = "") -> manifest.Manifest:
        folder = tmp_path / "skill"
        folder.mkdir(exist_ok=True)
        (folder / "manifest.yaml").write_text(f"trace_expectations: {{{text}}}")
        if cases:
            (folder / "ground_truth.yaml").write_text(cases)
        return manifest.load(folder / "manifest.yaml")

    return write


@pytest.fixture
def folder(tmp_path):
    """Good, bad and broken traces, some in folders below."""
    place = tmp_path / "traces"
    Transcript("good").prompt().call("Bash", command="ls").answer().write(place / "good.jsonl")
    Transcript("bad").prompt().call("Bash", command="a").call("Bash", command="b").answer().write(
        place / "x" / "bad.jsonl"
    )
    Transcript("sub").prompt().call("Bash", command="c").answer().write(place / "good" / "subagents" / "agent-1.jsonl")
    (place / "broken.jsonl").write_text("{\n")
    (place / "empty.jsonl").write_text("")
    (place / "notes.json").write_text("{}")
    return place


def found(expected: manifest.Manifest, paths: list[Path], **more) -> Report:
    results = evaluate.files(paths, expected, **more)
    return Report(name=expected.name, expectations=expected.expected, results=tuple(results))


def test_a_folder_holds_traces_at_any_depth_and_no_subagents_of_their_own(folder):
    assert [str(path.relative_to(folder)) for path in sources.within(folder)] == [
        "broken.jsonl", "empty.jsonl", "good.jsonl", "x/bad.jsonl",
    ]  # fmt: skip


def test_a_bad_file_is_a_failed_result_and_the_others_are_judged(folder, expecting):
    told = found(expecting(), sources.within(folder), jobs=1)
    by_name = {Path(result.source).name: result for result in told.results}
    assert {name: result.success for name, result in by_name.items()} == {
        "broken.jsonl": False, "empty.jsonl": False, "good.jsonl": False, "bad.jsonl": False,
    }  # fmt: skip
    assert "no transcript" in by_name["broken.jsonl"].error
    assert by_name["empty.jsonl"].violations[0].value == "error"
    assert by_name["bad.jsonl"].violations[0].rationale == "Tool limit violations: Bash: 2 > 1"
    assert not told.success


def test_the_subagents_of_a_trace_are_judged_with_it_unless_they_are_left_out(folder, expecting):
    path = folder / "good.jsonl"
    (with_them,) = evaluate.files([path], expecting())
    (without,) = evaluate.files([path], expecting(), reading=Reading(subagents=False))
    assert (with_them.success, without.success) == (False, True)


def test_several_processes_find_the_same_in_the_same_order(folder, expecting):
    paths, heard = sources.within(folder), []
    several = evaluate.files(paths, expecting(), jobs=2, told=heard.append)
    assert several == evaluate.files(paths, expecting(), jobs=1)
    assert sorted(result.source for result in heard) == sorted(map(str, paths))
    assert multiprocessing.active_children() == []


def test_a_case_adds_to_what_is_expected_of_its_own_trace(tmp_path, expecting):
    cases = "test_cases: [{id: one, expectations: {required_tools: [Write]}, metadata: {session_id: s7}}]"
    expected = expecting(cases=cases)
    told = Transcript("s7").prompt().call("Bash", command="ls").answer()
    (by_id,) = evaluate.files([told.write(tmp_path / "a.jsonl")], expected)
    assert by_id.case == "one"
    assert [score.name for score in by_id.violations] == ["required_tools"]
    other = Transcript("s8").prompt().call("Bash", command="ls").answer().write(tmp_path / "b.jsonl")
    assert evaluate.files([other], expected)[0].success
    (named,) = evaluate.files([other], expected, "one")
    assert not named.success


def test_a_trace_of_which_nothing_is_expected_does_not_pass(tmp_path, expecting):
    cases = "test_cases: [{id: one, expectations: {loop: 3}}]"
    (result,) = evaluate.files([TRANSCRIPTS / "text.jsonl"], expecting("", cases))
    assert (result.success, result.error) == (False, NOTHING)
    assert not Report(name="x", expectations={}, results=()).success


def everything(folder, expecting) -> Report:
    """A report with each kind of score in it."""
    expected = expecting("tool_limits: {Bash: 1}, max_wait: 5, required_tools: [Bash], banned_tools: ['<&>']")
    return found(expected, [*sources.within(folder), TRANSCRIPTS / "tool_loop.jsonl"], jobs=1)


def test_the_json_has_the_names_of_the_plan_and_the_shape_of_its_schema(folder, expecting):
    told = json.loads(report.as_json(everything(folder, expecting)))
    shapes.SHAPES["trace_eval"].validate_python(told)
    assert told.keys() >= {
        "success", "skill_name", "traces_evaluated", "traces_passed", "traces_failed", "expectations", "results",
        "all_violations", "message",
    }  # fmt: skip
    result = next(one for one in told["results"] if one["source"].endswith("bad.jsonl"))
    assert result.keys() >= {"source", "metrics_summary", "scorer_results", "violations", "success"}
    assert result["metrics_summary"].keys() >= {
        "session_id", "total_tokens", "total_tool_calls", "num_turns", "duration_seconds",
    }  # fmt: skip
    assert result["violations"][0] == {"scorer": "tool_count", "rationale": "Tool limit violations: Bash: 2 > 1"}
    assert {"source": result["source"], **result["violations"][0]} in told["all_violations"]
    assert told["message"] == "Evaluated 5 trace(s) against skill expectations. 0 passed, 5 failed."
    with pytest.raises(ValidationError):
        shapes.SHAPES["trace_eval"].validate_python(told | {"more": 1})


@pytest.mark.parametrize("name", ["text", "tool_loop", "files", "subagent"])
def test_the_figures_of_a_trace_have_the_shape_of_their_schema(name):
    told = json.loads(json.dumps(from_transcript(TRANSCRIPTS / f"{name}.jsonl").to_dict()))
    shapes.SHAPES["trace_metrics"].validate_json(json.dumps(told))
    assert told.keys() >= {
        "session_id", "start_time", "end_time", "duration_seconds", "tokens", "tools", "files", "conversation", "model",
    }  # fmt: skip
    assert told["tokens"].keys() >= {"total", "input", "output", "cache_creation", "cache_read"}
    assert told["tools"].keys() >= {"total_calls", "by_name", "by_category"}
    assert told["conversation"].keys() >= {"turns", "user_messages"}


@pytest.mark.parametrize("name", shapes.SHAPES)
def test_a_frozen_schema_is_what_the_shape_says(name):
    frozen = frozen_shapes.schema(name, shapes.SHAPES, report.VERSION)
    assert (SCHEMAS / f"{name}.json").read_text() == frozen, "run python -m aimon_trace.shapes docs/schema"


def test_a_reader_of_junit_reads_it(folder, expecting, tmp_path):
    told = everything(folder, expecting)
    (tmp_path / "report.xml").write_text(report.junit(told), "utf-8")
    read = JUnitXml.fromfile(str(tmp_path / "report.xml"))
    suites = {Path(suite.name).name: suite for suite in read}
    assert list(suites) == ["broken.jsonl", "empty.jsonl", "good.jsonl", "bad.jsonl", "tool_loop.jsonl"]
    bad = {case.name: [type(one) for one in case.result] for case in suites["bad.jsonl"]}
    assert (bad["tool_count"], bad["max_wait"], bad["loop"], bad["required_tools"]) == (
        [Failure],
        [Error],
        [Skipped],
        [],
    )
    (failure,) = next(case for case in suites["bad.jsonl"] if case.name == "tool_count").result
    assert failure.message == "Tool limit violations: Bash: 2 > 1"
    counted = [sum(getattr(suite, name) for suite in read) for name in ("tests", "failures", "errors", "skipped")]
    assert counted == [read.tests, read.failures, read.errors, read.skipped]
    assert read.failures == sum(score.value == "no" for result in told.results for score in result.scores)
    assert [case.name for case in suites["broken.jsonl"]] == ["trace"]


def test_markdown_is_a_table_that_no_trace_can_break(folder, expecting):
    told = everything(folder, expecting)
    nasty = told.results[0].model_copy(update={"source": "a|b\n<img src=x>[link](http://x)`c`", "error": "x|y\nz"})
    text = report.markdown(told.model_copy(update={"results": (nasty, *told.results[1:])}))
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    assert len(rows) == 1 + len(told.results)
    assert {line.replace("\\|", "").count("|") for line in rows} == {7}
    assert "<img" not in text
    assert "[link]" not in text.replace("\\[", "(")
    assert text.startswith("### ❌ Traces against skill")
    assert "**tool_count**: Tool limit violations: Bash: 2 > 1" in text


def test_a_person_reads_why_a_trace_failed_and_of_a_single_one_why_it_passed(folder, expecting):
    lines = report.text(everything(folder, expecting)).splitlines()
    assert any(line.startswith("FAIL  ") and "bad.jsonl  174 tokens · $0.0014 · 2 tools" in line for line in lines)
    assert "      ✗ tool_count: Tool limit violations: Bash: 2 > 1" in lines
    assert lines[-1].endswith("0 passed, 5 failed.")
    single = report.text(found(expecting(), [TRANSCRIPTS / "tool_loop.jsonl"])).splitlines()
    assert single[0].startswith("PASS  ")
    assert single[0].endswith("tool_loop.jsonl  116 tokens · $0.0009 · 1 tools · 0.7s")
    assert single[1] == "      ✓ tool_count: All 1 tool limits satisfied"


def test_no_escape_of_a_trace_reaches_a_terminal(tmp_path, expecting):
    told = Transcript().prompt().call("\x1b]0;owned\x07Bash", command="ls").answer().write(tmp_path / "s.jsonl")
    text = report.text(
        found(expecting("tool_sequence: {tools: [Read, Bash], order: exact}, banned_tools: ['*Bash']"), [told])
    )
    assert "\x1b" not in text
    assert "\x07" not in text
