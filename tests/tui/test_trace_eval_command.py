"""`aimon trace-eval` and `aimon list-traces`: sources, exit codes, files; the documented CI job, run as it stands."""

import json
import os
import re
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from junitparser import JUnitXml

from aimon_trace import shapes
from aimon_tui.console import program
from tests.fakes.captures import sent
from tests.fakes.program import Program
from tests.fakes.transcript import TRANSCRIPTS, Transcript

DOCUMENT = (Path(__file__).parents[2] / "docs" / "trace-eval.md").read_text("utf-8")
SESSION = "abaa2f48-4cec-45ef-9cda-68d1543b3cb6"
FILES = str(TRANSCRIPTS / "files.jsonl")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Runs the command in a folder with a manifest, on a machine that has nothing else."""
    for name in ("CONFIG", "STATE", "DATA", "CACHE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("AIMON_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.delenv("CLAUDE_CONFIG_DIR", raising=False)
    monkeypatch.setenv("AIMON_PORT", "1")  # nobody listens there
    monkeypatch.chdir(tmp_path)
    Path("manifest.yaml").write_text("trace_expectations: {tool_limits: {Bash: 2}, cost_budget: 0.01}")
    Path("strict.yaml").write_text("trace_expectations: {tool_limits: {Bash: 1}}")

    def run(*arguments: str, code: int = 0):
        done = CliRunner().invoke(program, arguments, prog_name="aimon")
        assert done.exit_code == code, done.output
        return done

    return run


def test_one_trace_is_judged_by_the_manifest_here(run):
    done = run("trace-eval", "--trace", FILES)
    assert done.stdout.startswith("PASS  ")
    assert done.stdout.endswith("1 passed, 0 failed.\n")
    assert run("trace-eval", "judge", "--trace", FILES).stdout == done.stdout
    failed = run("trace-eval", "strict.yaml", "--trace", FILES, code=1)
    assert "Tool limit violations: Bash: 2 > 1" in failed.stdout


def test_the_manifest_of_a_skill_is_found_by_its_name(run):
    Path("skills/shop").mkdir(parents=True)
    Path("strict.yaml").rename("skills/shop/manifest.yaml")
    assert "against shop expectations" in run("trace-eval", "shop", "--trace", FILES, code=1).stdout
    run("trace-eval", "shop", "--base", "skills", "--trace", FILES, code=1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--trace", FILES, "--local"], "Name one kind of source"),
        (["nobody", "--trace", FILES], "There is no nobody/manifest.yaml"),
        (["empty.yaml", "--trace", FILES], "no trace_expectations"),
        (["wrong.yaml", "--trace", FILES], "Did you mean 'tool_limits'"),
        (["--trace", "gone.jsonl"], "does not exist"),
        (["--trace-dir", "nothing"], "There is no trace in nothing"),
        (["--trace", FILES, "--case", "one"], "no test case 'one'"),
        (["--trace", FILES, "--feedback"], "Only a trace of MLflow"),
        (["--trace", FILES, "--format", "pdf"], "pdf"),
    ],
)
def test_what_is_called_wrongly_ends_with_2_and_a_line(run, arguments, words):
    Path("empty.yaml").write_text("skill: {name: x}")
    Path("wrong.yaml").write_text("trace_expectations: {tool_limit: {}}")
    Path("nothing").mkdir()
    assert words in run("trace-eval", *arguments, code=2).stderr


def test_a_folder_is_judged_with_a_bad_file_in_it(run):
    Transcript("a").prompt().call("Bash", command="ls").answer().write(Path("traces/deep/a.jsonl"))
    Path("traces/broken.jsonl").write_text("?\n")
    done = run("trace-eval", "--trace-dir", "traces", "--format", "json", "--jobs", "2", code=1)
    told = json.loads(done.stdout)
    shapes.SHAPES["trace_eval"].validate_json(done.stdout)
    assert (told["traces_passed"], told["traces_failed"]) == (1, 1)
    assert done.stderr == "", "no bar where nobody looks"
    Path("traces/broken.jsonl").unlink()
    run("trace-eval", "--trace-dir", "traces")


def test_a_report_goes_to_a_file_and_a_summary_is_added_to_another(run):
    Path("summary.md").write_text("before\n")
    done = run(
        "trace-eval", "--trace", FILES, "--format", "junit", "--output", "out/report.xml", "--summary", "summary.md"
    )
    assert done.stdout == ""
    assert "1 passed" in done.stderr
    assert JUnitXml.fromfile("out/report.xml").tests == 13
    assert Path("summary.md").read_text().startswith("before\n### ✅ Traces against ")


def test_a_case_of_the_ground_truth_adds_to_what_is_expected(run):
    Path("ground_truth.yaml").write_text("test_cases: [{id: files, expectations: {required_tools: [WebFetch]}}]")
    assert "Missing required tools: ['WebFetch']" in run("trace-eval", "--trace", FILES, code=1).stdout
    other = str(TRANSCRIPTS / "text.jsonl")
    run("trace-eval", "--trace", other)
    run("trace-eval", "--trace", other, "--case", "files", code=1)


def test_subagents_may_be_left_out(run):
    path = str(TRANSCRIPTS / "subagent.jsonl")
    Path("manifest.yaml").write_text("trace_expectations: {tool_limits: {Bash: 0}}")
    run("trace-eval", "--trace", path, code=1)
    run("trace-eval", "--trace", path, "--no-subagents")


def test_prices_of_ones_own_count(run):
    told = Transcript().prompt().answer()
    told.lines[-1]["message"]["model"] = "house-7"
    path = str(told.write(Path("s.jsonl")))
    assert "no price for house-7" in run("trace-eval", "--trace", path, code=1).stdout
    Path("own.toml").write_text('[prices."house-7"]\ninput = 10\noutput = 100\n')
    assert "Cost ($0.0030) within budget" in run("trace-eval", "--trace", path, "--config", "own.toml").stdout
    assert json.loads(run("trace-eval", "show", path, "--config", "own.toml").stdout)["cost"]["usd"] == pytest.approx(
        0.003
    )


def test_without_a_source_the_newest_transcript_of_the_project_is_judged(run, tmp_path):
    assert "No agent has left a transcript" in run("trace-eval", code=1).stderr
    project = tmp_path / ".claude" / "projects" / re.sub("[^A-Za-z0-9]", "-", str(tmp_path))
    told = Transcript("mine").prompt().call("Bash", command="ls").answer()
    for line in told.lines:
        line["cwd"] = str(tmp_path)
    path = told.write(project / "mine.jsonl")
    for arguments in ((), ("--local",), ("--auto",)):
        assert f"PASS  {path}" in run("trace-eval", *arguments).stdout
    rows = json.loads(run("list-traces", "--local", "--json").stdout)
    assert [(row["agent"], row["path"], row["project"]) for row in rows] == [("claude-code", str(path), str(tmp_path))]
    assert str(path) in run("list-traces").stdout


def test_nothing_to_list_is_said(run):
    assert run("list-traces").stdout == "No traces.\n"
    assert "not both" in run("list-traces", "--local", "--experiment", "x", code=2).stderr


def test_a_good_trace_makes_a_manifest_that_it_passes(run):
    Path("manifest.yaml").unlink()
    done = run("trace-eval", "init", FILES, "--name", "shop")
    assert "manifest.yaml expects tool_limits, token_budget" in done.stderr
    run("trace-eval", "--trace", FILES)
    assert "is there already" in run("trace-eval", "init", FILES, code=2).stderr
    assert yaml.safe_load(run("trace-eval", "init", "--output", "-").stdout)["scorers"]["trace_expectations"][
        "required_tools"
    ]
    assert "no file gone.jsonl" in run("trace-eval", "init", "gone.jsonl", "--output", "x.yaml", code=2).stderr


def test_what_a_trace_comes_to_is_json(run):
    told = run("trace-eval", "show", FILES).stdout
    shapes.SHAPES["trace_metrics"].validate_json(told)
    assert len(json.loads(run("trace-eval", "show", FILES, "--full").stdout)["tool_calls"]) == 7


def test_two_traces_are_told_side_by_side(run):
    other = str(TRANSCRIPTS / "tool_loop.jsonl")
    lines = run("trace-eval", "diff", other, FILES).stdout.splitlines()
    assert lines[0].split() == ["first", "second", "change"]
    assert next(line for line in lines if line.startswith("tokens.input")).split() == [
        "tokens.input",
        "80",
        "320",
        "+240",
        "(+300%)",
    ]
    told = json.loads(run("trace-eval", "diff", other, FILES, "--json").stdout)
    assert told["tools.by_name.Edit"] == {"first": 0, "second": 1, "change": 1}
    assert run("trace-eval", "diff", FILES, FILES).stdout == "They do not differ.\n"
    assert "model" in run("trace-eval", "diff", FILES, FILES, "--all").stdout


def test_mlflow_without_its_library_is_a_failed_result_that_says_what_to_install(run, monkeypatch):
    monkeypatch.setitem(sys.modules, "aimon_trace.mlflow", None)
    for option in ("--run-id", "--trace-id"):
        assert "pip install 'aimon-tui[mlflow]'" in run("trace-eval", option, "x1", code=1).stdout
    assert "need its library" in run("list-traces", "--experiment", "x", code=1).stderr


class Mlflow:
    """What the room that speaks to MLflow does."""

    def __init__(self):
        self.written = []

    def metrics_of_trace(self, trace_id):
        from aimon_trace.metrics import from_transcript

        return from_transcript(FILES)

    metrics_of_run = metrics_of_trace

    def list_traces(self, limit, experiment):
        from types import SimpleNamespace

        from aimon_core.clock import SystemClock
        from aimon_trace.gathering import moment

        return [
            SimpleNamespace(
                trace_id="tr-9", name="shop", state="OK", tokens=7, started_at=moment(SystemClock().now_ns())
            )
        ][:limit]

    def write_feedback(self, trace_id, scores):
        self.written.append((trace_id, [score.name for score in scores if score.value != "skip"]))
        return len(self.written[-1][1])


def test_runs_and_traces_of_mlflow_are_judged_and_scores_written_back(run, monkeypatch):
    mlflow = Mlflow()
    monkeypatch.setitem(sys.modules, "aimon_trace.mlflow", mlflow)
    assert "PASS  mlflow:r1" in run("trace-eval", "--run-id", "r1").stdout
    done = run("trace-eval", "--trace-id", "tr-1", "--feedback")
    assert "PASS  mlflow-trace:tr-1" in done.stdout
    assert mlflow.written == [("tr-1", ["tool_count", "cost_budget"])]
    assert "2 scores are on the trace tr-1." in done.stderr
    assert "tr-9" in run("list-traces", "--experiment", "x").stdout
    Path(".claude").mkdir()
    Path(".claude/settings.json").write_text('{"env": {"MLFLOW_CLAUDE_TRACING_ENABLED": "true"}}')
    assert "PASS  mlflow-trace:tr-9" in run("trace-eval", "--auto").stdout


def test_a_session_is_judged_live_and_from_the_journal(tmp_path):
    aimon = Program(tmp_path)
    (tmp_path / "manifest.yaml").write_text(
        "trace_expectations: {required_tools: [Bash, Write], tool_limits: {Bash: 0}}"
    )
    with aimon.serving() as serving:
        assert set(serving.send(*sent("print_tools"))) == {200}
        place = ("--port", str(serving.port))
        live = aimon.run("trace-eval", "--session", SESSION[:8], "--format", "json", *place)
        assert (live.returncode, live.stderr) == (1, "")
        assert "There is no session other" in aimon.run("trace-eval", "--session", "other", *place).stderr
    later = aimon.run("trace-eval", "--session", SESSION[:8], "--format", "json", "--port", "1")
    assert later.returncode == 1
    assert "this is what its journal holds" in later.stderr
    first, second = json.loads(live.stdout), json.loads(later.stdout)
    assert first["all_violations"] == second["all_violations"] != []
    assert first["results"][0]["source"] == f"session:claude-code:{SESSION}"
    assert first["results"][0]["metrics_summary"]["cost_usd"] == pytest.approx(0.028079, abs=1e-6)


def test_a_session_is_watched_until_it_is_over(tmp_path):
    aimon = Program(tmp_path)
    (tmp_path / "manifest.yaml").write_text("trace_expectations: {tool_limits: {Bash: 0}, required_tools: [Bash]}")
    requests = sent("print_tools")
    ends = max(place for place, one in enumerate(requests) if one.signal == "hooks" and b"SessionEnd" in one.body)
    with aimon.serving("--no-persist") as serving:
        serving.send(*requests[:1])
        command = [*aimon.command, "trace-eval", "--watch", SESSION, "--port", str(serving.port)]
        with subprocess.Popen(
            command, env=aimon.environment, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as watching:
            patience = threading.Timer(30, watching.kill)
            patience.start()
            serving.send(*requests[1:ends])
            lines = [watching.stdout.readline()]
            while lines[-1] and "tool_count: Tool limit violations" not in lines[-1]:
                lines.append(watching.stdout.readline())
            serving.send(*requests[ends:])
            lines += watching.stdout.read().splitlines(keepends=True)
            assert watching.wait() == 1
            patience.cancel()
    assert "no     tool_count: Tool limit violations: Bash: 1 > 0\n" in lines
    assert "yes    required_tools: All 1 required tools were used\n" in lines
    assert lines[-1] == f"Evaluated 1 trace(s) against {tmp_path.name} expectations. 0 passed, 1 failed.\n"


def blocks(word: str) -> str:
    """The block of the document that begins with a comment that names a file."""
    return re.search(rf"```yaml\n# \S*{re.escape(word)}\n(.*?)```", DOCUMENT, re.DOTALL)[1]


@pytest.mark.parametrize(("bash_calls", "code"), [(3, 0), (6, 1)])
def test_the_job_of_the_documentation_fails_a_pull_request_whose_run_broke_its_budget(tmp_path, bash_calls, code):
    told = Transcript("ci").prompt()
    for number in range(bash_calls):
        told.call("Bash", command=f"pytest -q test_{number}.py")
    told.answer().write(tmp_path / "left.jsonl")
    left = tmp_path / ".claude" / "projects" / "-shop" / "ci.jsonl"
    tools = tmp_path / "bin"
    tools.mkdir()
    for name, script in {
        "pip": '[ "$*" = "install aimon-tui" ]',
        "claude": f'[ "$1" = -p ] && mkdir -p {left.parent} && cp {tmp_path}/left.jsonl {left}',
    }.items():
        (tools / name).write_text(f"#!/bin/sh\n{script}\n")
        (tools / name).chmod((tools / name).stat().st_mode | stat.S_IXUSR)
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent" / "manifest.yaml").write_text(blocks("agent/manifest.yaml"))
    aimon = Program(tmp_path)
    path = os.pathsep.join([str(tools), str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = aimon.environment | {"PATH": path, "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")}
    steps = yaml.safe_load(blocks("agent.yaml"))["jobs"]["budget"]["steps"]
    commands = [step["run"] for step in steps if "run" in step]
    assert len(commands) == 3
    done = [
        subprocess.run(["bash", "-e", "-c", one], env=environment, cwd=tmp_path, capture_output=True, text=True)
        for one in commands
    ]
    assert [one.returncode for one in done] == [0, 0, code], done[-1].stderr
    summary = (tmp_path / "summary.md").read_text()
    assert ("Bash: 6 > 5" in summary) is bool(code)
    assert JUnitXml.fromfile(str(tmp_path / "report.xml")).failures == code


def test_the_manifests_of_the_documentation_are_understood():
    from aimon_trace.expectations import KEYS, Expectations

    told = [yaml.safe_load(text) for text in re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)]
    whole = next(one for one in told if "scorers" in one)["scorers"]["trace_expectations"]
    assert not Expectations.of(whole).empty
    assert set(re.findall(r"(?m)^\| `(\w+)`", DOCUMENT)) == set(KEYS)


def test_a_wide_terminal_shows_how_far_it_is(run, monkeypatch):
    """The bar is click's; that it is fed is ours."""
    from aimon_tui.console import trace_eval

    seen = []
    real = trace_eval.click.progressbar

    def bar(**told):
        seen.append(told["length"])
        return real(**told | {"hidden": True})

    monkeypatch.setattr(trace_eval.click, "progressbar", bar)
    run("trace-eval", "--trace", FILES, "--trace", str(TRANSCRIPTS / "text.jsonl"))
    assert seen == [2]
