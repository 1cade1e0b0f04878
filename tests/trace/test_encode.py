"""Runs as spans: read back they are what they were, and the ledger counts in them what they count themselves."""

import json
import warnings
from pathlib import Path

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.store import SessionStore
from aimon_trace import Tracer, TraceRun
from aimon_trace.convert import SpanConverter
from aimon_trace.encode import to_otlp
from receiver import codec, otlp
from receiver.dialects import Interpreter
from tests.fakes import captures
from tests.trace.test_convert import FRAMEWORKS, bodies, quiet

SAMPLES = sorted((Path(__file__).parent / "samples").iterdir())


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_a_run_comes_back_as_it_was(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        run = TraceRun.from_json(path.read_text())
        assert SpanConverter().convert_trace(to_otlp(run)) == run


def in_ledger(*requests: bytes) -> SessionStore:
    interpreter, store = Interpreter(), SessionStore(SteppedClock())
    for body in requests:
        store.apply(interpreter.translate(otlp.records("traces", codec.decode("traces", body, "protobuf"), 0)))
    assert interpreter.unclaimed == interpreter.unread == {}
    return store


@pytest.mark.parametrize(("agent", "name"), FRAMEWORKS)
@pytest.mark.parametrize("content", [True, False], ids=["whole", "figures"])
def test_the_ledger_counts_what_the_run_counts(agent, name, content):
    runs = quiet().convert_traces(bodies(agent, name))
    totals = in_ledger(*(to_otlp(run, content=content) for run in runs)).totals()
    calls = [call for run in runs for call in run.get_llm_calls()]
    assert (totals.llm_calls, totals.llm_calls_failed) == (
        sum(not one.error for one in calls),
        sum(bool(one.error) for one in calls),
    )
    assert totals.tool_calls == sum(run.total_tool_calls() for run in runs)
    assert totals.tool_errors == sum(tool.success is False for run in runs for tool in run.get_tool_calls())
    assert totals.tokens.total == sum(call.total for call in calls)
    assert totals.tokens.cache_read == sum(call.tokens_cache_read or 0 for call in calls)


def record() -> TraceRun:
    with Tracer.run("shopper") as tracer, tracer.state_change("node"):
        tracer.user_input("what I asked")
        with tracer.tool_call("search", {"q": "what I asked"}) as tool:
            tool.update(result="what was found")
        tracer.llm_call("gpt-5.5", "what I asked", error="429 what went wrong", error_type="rate_limit")
        tracer.llm_call("gpt-5.5", "what I asked", "what it said", tokens_in=100, cost_estimate=0.25)
    return tracer.get_trace()


def test_figures_go_without_what_was_said():
    run = record()
    assert b"what" in to_otlp(run)
    assert b"what" not in to_otlp(run, content=False)
    (session,) = in_ledger(to_otlp(run, content=False)).sessions(every=True)
    assert (session.key, session.turns, session.state) == (f"shopper:{run.run_id}", 1, "completed")
    assert (session.llm_calls, session.llm_calls_failed, session.last_error_type) == (1, 1, "rate_limit")
    assert (session.tool_calls, session.cost.usd) == (1, 0.25)


def test_a_run_sent_twice_counts_once():
    body = to_otlp(record())
    assert in_ledger(body, body).totals().llm_calls == in_ledger(body).totals().llm_calls == 1


def test_a_failed_run_is_a_failed_turn():
    with pytest.raises(ValueError, match="no"), Tracer.run("shopper") as tracer:
        raise ValueError(tracer.llm_call("m", "i", "o") and "no")
    (session,) = in_ledger(to_otlp(tracer.get_trace())).sessions(every=True)
    assert session.state == "failed"
    again = SpanConverter().convert_trace(to_otlp(tracer.get_trace()))
    assert again.error == {"type": "ValueError", "message": "no"}


def test_others_find_the_words_of_the_conventions():
    (call,) = (
        one
        for one in otlp.records("traces", codec.decode("traces", to_otlp(record()), "protobuf"), 0)
        if one.integer("gen_ai.usage.input_tokens")
    )
    assert call.name == "chat gpt-5.5"
    assert call.text("gen_ai.request.model") == "gpt-5.5"
    assert call.text("input.value") == "what I asked"
    assert json.loads(call.raw["aimon_trace.step"].s)["tokens_in"] == 100


def test_a_session_in_the_ledger_becomes_a_run():
    from receiver.export.pieces import whole
    from receiver.steps import at_once

    interpreter, store = Interpreter(), SessionStore(SteppedClock())
    for sent in captures.sent("print_tools"):
        if sent.signal in {"logs", "traces"}:
            message = codec.decode(sent.signal, sent.body, "json" if "json" in sent.content_type else "protobuf")
            store.apply(interpreter.translate(otlp.records(sent.signal, message, 0)))
    (session,) = store.sessions(every=True)
    pieces = at_once(whole(session, store.growing(session.key), content=True))
    run = quiet().convert_trace([piece.body for piece in pieces])
    expected = captures.expected("print_tools")["totals"]
    assert (len(run.get_llm_calls()), run.total_tool_calls()) == (expected["llm_calls"], session.tool_calls)
    tokens = expected["tokens"]
    assert run.total_tokens() == tokens["input_inclusive"] + tokens["output"]
    assert sum(call.tokens_cache_read or 0 for call in run.get_llm_calls()) == tokens["cache_read"]
    assert sum(call.cost_estimate or 0 for call in run.get_llm_calls()) == pytest.approx(expected["cost_usd_reported"])
    assert run.metadata["session_id"] == session.session_id
    assert [step.step_type for step in run.steps][:2] == ["state_change", "user_input"]
