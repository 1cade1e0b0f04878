"""Traces as documents on the command line: a session becomes one, and one becomes a session."""

import json

import pytest

from aimon_core.errors import AimonError
from aimon_trace import Tracer, TraceRun, load, save
from aimon_tui import documents
from tests.fakes.captures import expected, sent
from tests.fakes.program import Program


@pytest.fixture
def program(tmp_path):
    return Program(tmp_path)


@pytest.fixture
def run():
    with Tracer.run("shopper", listeners=()) as tracer:
        for number in range(1_200):
            tracer.llm_call("gpt-5.5", "i", "o", tokens_in=10, metadata={"n": number})
        tracer.tool_call("search", success=False, error="no")
    return tracer.get_trace()


def test_a_session_is_exported_as_a_trace_from_the_running_aimon_and_from_the_journal(program):
    totals = expected("print_tools")["totals"]
    with program.serving() as aimon:
        assert set(aimon.send(*(one for one in sent("print_tools") if one.signal != "hooks"))) == {200}
        (key,) = (one["key"] for one in aimon.ask("/api/v1/sessions?all=1")["sessions"])
        running = program.run("export", key, "--trace-run", "--port", str(aimon.port))
        aimon.end()
    kept = program.run("export", key, "--trace-run", "--port", "1")
    assert (running.returncode, kept.returncode) == (0, 0)
    for told in (running, kept):
        (line,) = told.stdout.splitlines()
        trace = TraceRun.from_json(line)
        assert trace.agent_info.name == "claude-code"
        assert len(trace.get_llm_calls()) == totals["llm_calls"]
        assert trace.total_tokens() == totals["tokens"]["input_inclusive"] + totals["tokens"]["output"]
        assert trace.metadata["session_id"] == key.partition(":")[2]
    assert TraceRun.from_json(running.stdout).steps == TraceRun.from_json(kept.stdout).steps


def test_one_way_out_is_named(program):
    for wrong in ([], ["--trace-run", "--json"]):
        told = program.run("export", "x", *wrong)
        assert (told.returncode, "--trace-run" in told.stderr) == (2, True)


@pytest.mark.parametrize("name", ["trace.json", "trace.jsonl"])
def test_a_trace_is_replayed_into_the_ledger(program, run, tmp_path, name):
    told = program.run("replay", str(save(run, tmp_path / name)), "--json")
    document = json.loads(told.stdout)
    (session,) = document["sessions"]
    assert (session["key"], session["llm_calls"]) == (f"shopper:{run.run_id}", 1_200)
    assert (session["tool_calls"], session["tool_errors"]) == (1, 1)
    assert session["tokens"]["total"] == run.total_tokens() == 12_000


def test_a_trace_is_told_as_it_happened(run, tmp_path):
    requests = documents.requests(save(run, tmp_path / "trace.json"))
    times = [request.at_ns for request in requests]
    assert times == sorted(times)
    assert len(requests) >= 4, "no more than 500 steps at a time, and the run itself"


def test_what_is_no_trace_is_said_so(tmp_path):
    path = tmp_path / "trace.json"
    path.write_text("{}")
    with pytest.raises(AimonError, match="no trace"):
        documents.requests(path)
    assert load(save(TraceRun(agent_info={"name": "a"}), tmp_path / "empty.json")).steps == []
