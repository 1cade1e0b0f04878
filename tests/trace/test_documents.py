"""Documents made of traces: a manifest drafted, two compared, those that lie on this machine."""

import os
import shutil

import pytest
import yaml

from aimon_trace import draft, local
from aimon_trace.comparison import compare
from aimon_trace.expectations import Expectations
from aimon_trace.manifest import load
from aimon_trace.metrics import TraceMetrics, from_transcript
from aimon_trace.scorers import judge, passed
from tests.fakes.captures import ROOT, scenarios
from tests.fakes.transcript import TRANSCRIPTS, Transcript


@pytest.mark.parametrize("name", scenarios())
def test_a_trace_passes_the_manifest_that_is_drafted_from_it(name):
    for path in (ROOT / "claude-code" / name / "transcripts").glob("*.jsonl"):
        metrics = from_transcript(path)
        expected = draft.expected(metrics, room=1)
        assert passed(judge(metrics, Expectations.of(expected))), expected


def test_a_draft_is_a_manifest_with_room(tmp_path):
    metrics = from_transcript(TRANSCRIPTS / "files.jsonl")
    (tmp_path / "manifest.yaml").write_text(draft.manifest("shop", draft.expected(metrics, room=2)))
    loaded = load(tmp_path / "manifest.yaml")
    assert loaded.name == "shop"
    expected = loaded.expectations()
    assert {name: limit.max for name, limit in expected.tool_limits.items()} == {
        "Write": 4,
        "Read": 4,
        "Edit": 2,
        "Bash": 4,
    }
    assert expected.token_budget.max_total == 930
    assert [rule.path for rule in expected.expected_files] == ["query.sql"]
    assert expected.cost_budget.max_usd == 0.0076
    assert expected.error_rate.max == 0.29


def test_a_draft_leaves_out_what_the_trace_does_not_tell():
    assert draft.expected(TraceMetrics(llm_calls=1)) == {}
    assert yaml.safe_load(draft.manifest("x", draft.TEMPLATE))["scorers"]["trace_expectations"] == {
        "tool_limits": {"Bash": 10, "Read": 20}, "token_budget": {"max_total": 100_000}, "required_tools": ["Read"],
    }  # fmt: skip


def test_two_traces_are_compared_figure_by_figure():
    first, second = (from_transcript(TRANSCRIPTS / f"{name}.jsonl") for name in ("tool_loop", "files"))
    lines = {line.name: line for line in compare(first, second)}
    assert lines["tokens.input"].change == 240
    assert (lines["tools.by_name.Edit"].first, lines["tools.by_name.Edit"].second) == (0, 1)
    assert lines["files.created"].change is None
    assert "session_id" not in lines
    assert all(line.first == line.second for line in compare(first, first))


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A home with transcripts of three agents."""
    for name, folder in (
        ("CLAUDE_CONFIG_DIR", "claude"),
        ("CODEX_HOME", "codex"),
        ("COPILOT_HOME", "copilot"),
        ("GEMINI_CLI_HOME", "gemini"),
    ):
        monkeypatch.setenv(name, str(tmp_path / folder))
    monkeypatch.setenv("HOME", str(tmp_path))
    shop = tmp_path / "claude" / "projects" / "-home-dev-shop"
    for age, name in enumerate(("old", "new")):
        path = Transcript(name).prompt().answer().write(shop / f"{name}.jsonl")
        os.utime(path, (1_000 + age, 1_000 + age))
    Transcript("helper").prompt().answer().write(shop / "new" / "subagents" / "agent-1.jsonl")
    rollout = next((ROOT / "codex" / "plain-http-binary" / "transcripts").glob("*.jsonl"))
    day = tmp_path / "codex" / "sessions" / "2026" / "11" / "21"
    day.mkdir(parents=True)
    shutil.copy(rollout, day / rollout.name)
    return tmp_path


def test_transcripts_of_this_machine_are_found_the_newest_first(machine):
    found = list(local.newest())
    assert [one.agent for one in found] == ["codex", "claude-code", "claude-code"]
    assert [one.path.stem for one in found[1:]] == ["new", "old"]
    assert found[1].cwd == "/home/dev/shop"
    assert found[0].cwd


def test_those_of_a_project_keep_the_dash_that_begins_their_folder(machine):
    from pathlib import Path

    assert [one.path.stem for one in local.newest(Path("/home/dev/shop"))] == ["new", "old"]
    assert list(local.newest(Path("/home/dev"))) == []
    (codex,) = [one for one in local.newest() if one.agent == "codex"]
    assert [one.path for one in local.newest(Path(codex.cwd))] == [codex.path]
