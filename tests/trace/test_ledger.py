"""Sessions of the ledger to metrics: the screen's figures, and those of the transcript of the same session."""

import json

import pytest

from aimon_core.wire import session_dict, span_dict, turn_dict
from aimon_trace.expectations import Expectations
from aimon_trace.metrics import TraceMetrics, from_session, from_transcript
from aimon_trace.scorers import judge
from receiver.shapes import SHAPES
from tests.fakes.captures import ROOT, expected, scenarios, sent
from tests.fakes.told import told
from tests.walk.test_captures import fed

UNEXPORTED = {"tui_interrupt_agent"}


def of_capture(name: str) -> list[TraceMetrics]:
    """What the sessions come to that a capture's telemetry and hooks tell of."""
    store = fed(sent(name))
    found = []
    for session in store.sessions(every=True):
        turns = [
            turn_dict(turn) | {"spans": [span_dict(span) for span in turn.spans]}
            for turn in store.growing(session.key)
            if turn is not None
        ]
        document = json.loads(json.dumps({"v": 1, "turns": turns}))
        SHAPES["spans"].validate_json(json.dumps(document))
        found.append(from_session(session_dict(session), document["turns"]))
    return found


@pytest.mark.parametrize("name", scenarios())
def test_a_session_comes_to_the_truth_of_its_capture(name):
    truth = expected(name)["sessions"]
    for metrics in of_capture(name):
        known = truth[metrics.session_id]
        tokens = metrics.tokens
        sums = (tokens.input, tokens.cache_read, tokens.cache_creation, tokens.output) if tokens else (0, 0, 0, 0)
        assert sums == tuple(known["tokens"][part] for part in ("input", "cache_read", "cache_write", "output"))
        assert metrics.llm_calls == known["llm_calls"]
        assert metrics.by_name == known["tool_uses_asked"] or name in UNEXPORTED
        if tokens:
            assert metrics.cost_usd == pytest.approx(known["cost_usd_reported"], abs=1e-6)


@pytest.mark.parametrize("name", ["print_tools", "print_subagents2", "tui_tools", "tui_subagents", "tui_permission"])
def test_ledger_and_transcript_agree_on_a_session(name):
    for metrics in of_capture(name):
        path = ROOT / "claude-code" / name / "transcripts" / f"{metrics.session_id}.jsonl"
        other = from_transcript(path)
        assert metrics.by_name == other.by_name
        assert sorted(call.id for call in metrics.failed_tools) == sorted(call.id for call in other.failed_tools)
        assert metrics.turns == other.turns
        assert metrics.subagents == other.subagents
        assert metrics.model == other.model
        written = {*other.files.created, *other.files.modified}
        assert {*metrics.files.created, *metrics.files.modified} == written
        assert [call.subject for call in metrics.tool_calls if call.name == "Bash"] == [
            call.subject for call in other.tool_calls if call.name == "Bash"
        ]


def test_waits_for_a_permission_are_judged():
    (metrics,) = [one for one in of_capture("tui_permission") if one.tool_calls]
    assert metrics.waits.count > 0
    assert metrics.waits.longest_seconds <= metrics.waits.total_seconds
    scores = {
        score.name: score for score in judge(metrics, Expectations.of({"permission_waits": 0, "max_wait": 3_600}))
    }
    assert scores["permission_waits"].value == "no"
    assert scores["max_wait"].value == "yes"
    assert any(call.refused for call in metrics.tool_calls)


def test_where_nobody_tells_of_waits_none_are_known():
    blind = told("s1", "completed", blind_spots=("no hooks: waits invisible",), llm_calls=1)
    assert from_session(blind, []).waits is None
    assert from_session(told("s1", "completed", llm_calls=1), []).waits.count == 0


def test_the_dollars_of_a_session_that_called_no_model_are_unknown():
    assert from_session(told("s1", "idle"), []).cost_usd is None
    assert from_session(told("s1", "idle"), []).tokens is None
