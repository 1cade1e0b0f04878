"""MLflow for real: sessions go out, come back with the ledger's figures, are judged there, and the verdict stays.

`make test-mlflow` runs it; without the extra it is skipped by name.
"""

import json
import os
import urllib.request
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from aimon_core import pricing
from aimon_core.errors import Unavailable
from aimon_trace import mlflow as ours
from aimon_trace.expectations import Expectations
from aimon_trace.mlflow.library import Library
from aimon_trace.mlflow.metrics import metrics
from aimon_trace.scorers import Score, judge
from receiver.export.mlflow import headers
from receiver.export.mlflow_server import MlflowServer
from tests.fakes.captures import ROOT, expected, of_folder, sent
from tests.fakes.program import Program
from tests.mlflow.server import Missing, running

pytestmark = [pytest.mark.mlflow, pytest.mark.filterwarnings("ignore")]  # its own deprecations are not ours to mend

PROJECT = "shop-api"
CAPTURES = ("print_tools", "tui_permission", "print_subagent")
FRAMEWORKS = sorted(path.parent for path in (ROOT / "frameworks").glob("*/*/expected.json"))
TRANSCRIPT = next((ROOT / "claude-code" / "print_tools" / "transcripts").glob("**/*.jsonl"))
LIMITS = Expectations.of({"tool_limits": {"Bash": 2}, "token_budget": {"max_total": 100_000}, "max_wait": 5})


@pytest.fixture(scope="module")
def uri(tmp_path_factory):
    try:
        with running(tmp_path_factory.mktemp("mlflow")) as address, pytest.MonkeyPatch.context() as patch:
            patch.setenv("MLFLOW_TRACKING_URI", address)
            yield address
    except Missing as missing:
        pytest.skip(f"{missing}")


def exported(folder: Path, capture: str, *arguments: str, over: bool = True) -> tuple[str, str]:
    """The id of the trace that `aimon export` made of a capture, and what it said; not `over`, it still runs."""
    folder.mkdir()
    program = Program(folder)
    with program.serving() as serving:
        assert set(serving.send(*(one for one in sent(capture) if over or b"SessionEnd" not in one.body))) == {200}
        done = program.run("export", PROJECT, "--port", str(serving.port), *arguments)
        serving.end()
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    return done.stderr.split()[-1].removesuffix("."), done.stderr


def asked(uri: str, path: str, told: dict[str, Any] | None = None) -> dict[str, Any]:
    """What the server's own API says."""
    body = None if told is None else json.dumps(told).encode()
    request = urllib.request.Request(f"{uri}/api/{path}", body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


@pytest.mark.parametrize("capture", CAPTURES)
def test_a_session_comes_back_as_it_was(uri, tmp_path, capture):
    trace_id, _ = exported(tmp_path / "one", capture, "--mlflow", uri, "--experiment", "agents")
    found, truth = ours.metrics_of_trace(trace_id), expected(capture)["totals"]
    assert found.session_id == sent_session(capture)
    assert found.tokens is not None
    assert (found.tokens.input, found.tokens.cache_read, found.tokens.cache_creation, found.tokens.output) == tuple(
        truth["tokens"][part] for part in ("input", "cache_read", "cache_write", "output")
    )
    assert found.llm_calls == truth["llm_calls"]
    assert found.cost_usd == pytest.approx(truth["cost_usd_reported"], abs=1e-6)
    info = asked(uri, f"3.0/mlflow/traces/{trace_id}")["trace"]["trace_info"]
    assert json.loads(info["trace_metadata"]["mlflow.trace.cost"])["total_cost"] == pytest.approx(
        truth["cost_usd_reported"]
    )


def test_a_session_that_still_runs_is_there_without_its_own_span_and_whole_once_it_is_over(uri, tmp_path):
    where = ("--mlflow", uri, "--experiment", "running")
    for name, over in (("one", False), ("two", True)):
        trace_id, _ = exported(tmp_path / name, "print_beta", *where, over=over)
        found, truth = ours.metrics_of_trace(trace_id), expected("print_beta")["totals"]
        assert found.tokens is not None
        assert (found.tokens.input, found.tokens.output) == (truth["tokens"]["input"], truth["tokens"]["output"])
        info = asked(uri, f"3.0/mlflow/traces/{trace_id}")["trace"]["trace_info"]
        usage = json.loads(info["trace_metadata"]["mlflow.trace.tokenUsage"])
        assert usage["output_tokens"] == truth["tokens"]["output"]
        assert info["state"] == ("OK" if over else "IN_PROGRESS")


def sent_session(capture: str) -> str:
    hook = next(json.loads(one.body) for one in sent(capture) if one.signal == "hooks")
    return str(hook["session_id"])


def test_scores_are_feedback_on_the_trace_and_judging_again_leaves_one_of_each(uri, tmp_path):
    trace_id, _ = exported(tmp_path / "one", "tui_permission", "--mlflow", uri, "--experiment", "agents")
    scores = judge(ours.metrics_of_trace(trace_id), LIMITS)
    unjudged = Score(name="loop", value="error", rationale="cannot tell")
    for _ in range(2):
        assert ours.write_feedback(trace_id, [*scores, unjudged]) == 4
    info = asked(uri, f"3.0/mlflow/traces/{trace_id}")["trace"]["trace_info"]
    told = {one["assessment_name"]: one for one in info["assessments"]}
    assert len(info["assessments"]) == 4
    values = {name: one["feedback"].get("value") for name, one in told.items()}
    assert values == {"tool_count": "no", "token_budget": "yes", "max_wait": "no", "loop": None}
    assert told["tool_count"]["rationale"] == "Tool limit violations: Bash: 3 > 2"
    assert told["tool_count"]["source"] == {"source_type": "CODE", "source_id": "aimon"}
    assert told["loop"]["feedback"]["error"]["error_message"] == "cannot tell"


def test_the_command_judges_a_trace_and_leaves_its_scores_there(uri, tmp_path):
    trace_id, _ = exported(tmp_path / "one", "tui_tools", "--mlflow", uri, "--experiment", "commands")
    skill = tmp_path / "skills" / "shop"
    skill.mkdir(parents=True)
    (skill / "manifest.yaml").write_text("trace_expectations:\n  tool_limits: {Bash: 2}\n  cost_budget: 1\n")
    program = Program(tmp_path)
    arguments = ("trace-eval", "shop", "--trace-id", trace_id, "--feedback", "--base", str(tmp_path / "skills"))
    done = program.run(*arguments, "--format", "json", MLFLOW_TRACKING_URI=uri)
    assert done.returncode == 1, done.stderr
    (result,) = json.loads(done.stdout)["results"]
    assert (result["source"], result["metrics_summary"]["total_tokens"]) == (f"mlflow-trace:{trace_id}", 2209)
    info = asked(uri, f"3.0/mlflow/traces/{trace_id}")["trace"]["trace_info"]
    values = {one["assessment_name"]: one["feedback"]["value"] for one in info["assessments"]}
    assert values == {"tool_count": "no", "cost_budget": "yes"}
    listed = program.run("list-traces", "--experiment", "commands", MLFLOW_TRACKING_URI=uri)
    assert (listed.returncode, trace_id in listed.stdout) == (0, True), listed.stderr


def test_a_run_is_its_traces_and_a_list_is_newest_first(uri, tmp_path):
    server = MlflowServer(uri, {})
    experiment = server.made_experiment("runs")
    run_id = asked(uri, "2.0/mlflow/runs/create", {"experiment_id": experiment})["run"]["info"]["run_id"]
    where = ("--mlflow", uri, "--experiment", experiment, "--run-id", run_id)
    first, _ = exported(tmp_path / "one", "print_hello", *where)
    second, _ = exported(tmp_path / "two", "print_stream", *where)
    found = ours.metrics_of_run(run_id)
    assert found.tokens is not None
    truths = [expected(name)["totals"]["tokens"] for name in ("print_hello", "print_stream")]
    assert (found.tokens.output, found.turns) == (sum(one["output"] for one in truths), 2)
    listed = ours.list_traces(10, "runs")
    assert [one.trace_id for one in listed] == sorted({first, second}, key=lambda one: one != listed[0].trace_id)
    assert listed[0].started_at >= listed[1].started_at
    assert [one.trace_id for one in ours.list_traces(1, "runs")] == [listed[0].trace_id]


def test_a_run_without_traces_is_the_transcript_among_its_artifacts(uri):
    experiment = MlflowServer(uri, {}).made_experiment("artifacts")
    run = asked(uri, "2.0/mlflow/runs/create", {"experiment_id": experiment})["run"]["info"]
    folder = Path(run["artifact_uri"])
    folder.mkdir(parents=True)
    (folder / "session.jsonl").write_bytes(TRANSCRIPT.read_bytes())
    try:
        metadata.version("mlflow")
    except metadata.PackageNotFoundError:
        with pytest.raises(Unavailable, match="its artifacts need the whole of MLflow"):
            ours.metrics_of_run(run["run_id"])
        return
    found = ours.metrics_of_run(run["run_id"])
    assert found.tokens is not None
    assert (found.tokens.input, found.tokens.output) == (515, 215)


def test_a_database_without_a_server_is_read_by_the_whole_of_mlflow(tmp_path):
    uri = f"sqlite:///{tmp_path}/mlflow.db"
    try:
        library = Library(uri)
    except Unavailable as error:
        pytest.skip(str(error))
    mlflow = library._mlflow
    mlflow.set_tracking_uri(uri)
    mlflow.set_experiment("offline")
    with mlflow.start_span("agent", span_type="AGENT"), mlflow.start_span("tool_Bash", span_type="TOOL") as tool:
        tool.set_inputs({"command": "rm -rf build"})
    mlflow.flush_trace_async_logging()
    (listed,) = ours.list_traces(5, "offline", uri)
    found = ours.metrics_of_trace(listed.trace_id, uri)
    assert [(call.name, call.subject) for call in found.tool_calls] == [("Bash", "rm -rf build")]
    assert ours.write_feedback(listed.trace_id, judge(found, Expectations.of({"banned_tools": ["rm -rf"]})), uri) == 1
    (assessment,) = library.trace(listed.trace_id)["info"]["assessments"]
    assert assessment["feedback"]["value"] == "no"


@pytest.mark.parametrize("folder", FRAMEWORKS, ids=lambda one: f"{one.parent.name}-{one.name}")
def test_what_other_programs_told_mlflow_is_counted_exactly(uri, folder):
    server = MlflowServer(uri, {})
    experiment = server.made_experiment(f"{folder.parent.name}/{folder.name}")
    for one in of_folder(folder, folder.parent.name):
        if one.signal == "traces":
            told = {"Content-Type": one.content_type, **headers(experiment, None)}
            urllib.request.urlopen(urllib.request.Request(server.traces_url, one.body, told)).close()
    found = metrics([one.to_dict() for one in Library().search(experiment, 100, spans=True)], pricing.load())
    truth = json.loads((folder / "expected.json").read_text())["totals"]
    tokens = found.tokens
    counted = {
        "llm_calls": found.llm_calls,
        "tool_calls": len(found.tool_calls),
        "input_inclusive": tokens.input + tokens.cache_read + tokens.cache_creation if tokens else 0,
        "output": tokens.output if tokens else 0,
    }
    assert counted == {name: value if truth.get(name) is None else truth[name] for name, value in counted.items()}


def test_what_is_not_there_is_said(uri, tmp_path):
    for question, said in (
        (lambda: ours.metrics_of_trace(f"tr-{'0' * 31}1"), "MLflow has no trace tr-0"),
        (lambda: ours.metrics_of_run("none"), "MLflow has no run none"),
        (lambda: ours.list_traces(1, "none"), "MLflow has no experiment none"),
        (lambda: ours.list_traces(1, uri="http://127.0.0.1:9"), "No MLflow answers at http://127.0.0.1:9: "),
    ):
        with pytest.raises(Unavailable, match=said):
            question()
    done = Program(tmp_path).run("export", PROJECT, "--mlflow", uri, "--experiment", "77", "--port", "9")
    assert (done.returncode, done.stderr) == (
        1,
        "MLflow has no experiment 77. A name makes it where there is none.\n",
    )


def test_its_telemetry_is_off(uri):
    Library()
    assert (os.environ["MLFLOW_DISABLE_TELEMETRY"], os.environ["DO_NOT_TRACK"]) == ("true", "true")
    from mlflow.telemetry.utils import is_telemetry_disabled

    assert is_telemetry_disabled()
