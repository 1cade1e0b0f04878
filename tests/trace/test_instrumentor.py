"""What every instrumentor does, whatever its framework: shown with a source and a provider that stand in for real ones.

`tests/frameworks` shows the same with the real ones.
"""

from types import SimpleNamespace

import pytest

from aimon_trace import (
    InstrumentorAlreadyActiveError,
    InstrumentorNotActiveError,
    RedactionConfig,
    TraceError,
    load,
)
from aimon_trace.instrument import Instrumentor
from aimon_trace.instrument.packages import Source
from tests.trace.test_convert import LLM, span


class Stage(Source):
    """A source that was turned on by somebody else, and stays on."""

    __slots__ = ()

    def switch(self):
        return SimpleNamespace(is_instrumented_by_opentelemetry=True)


class Lost(Source):
    """A source that is not installed."""

    __slots__ = ()

    def switch(self):
        raise ModuleNotFoundError("No module named 'stage'", name="stage")


class StageInstrumentor(Instrumentor):
    name, package, needs = "stage", "no-such-package", (Stage("my.own", "S", "stage"),)


class LostInstrumentor(Instrumentor):
    name, package, needs = "lost", "lost", (Stage("my.own", "S", "stage"), Lost("my.lost", "S", "stage"))


class Provider:
    """Plays spans to its processors."""

    def __init__(self):
        self.processors = []

    def add_span_processor(self, processor):
        self.processors.append(processor)

    def play(self, *spans):
        """Each in the one before; the outermost ends last."""
        for one in spans:
            for processor in self.processors:
                processor.on_start(one)
        for one in reversed(spans):
            for processor in self.processors:
                processor.on_end(one)


ROOT = {"openinference.span.kind": "CHAIN", "input.value": "mail jane@example.com", "output.value": "done"}


def call(**more):
    return span(span_id=2, parent=1, attributes=LLM | {"input.value": "hi", "output.value": "ho"}, **more)


def root(**more):
    return span(span_id=1, name="shop", attributes=ROOT, **more)


@pytest.fixture
def provider():
    return Provider()


def test_a_run_is_a_file_with_the_agents_name(provider, tmp_path):
    one = StageInstrumentor(tmp_path / "traces", agent_name="buyer", agent_version="2", tracer_provider=provider)
    with one:
        provider.play(root(), call())
    (run,) = one.get_traces()
    assert [step.step_type for step in run.steps] == ["state_change", "user_input", "llm_call", "final_output"]
    assert run.agent_info.model_dump() == {
        "name": "buyer", "version": "2", "framework": "stage", "framework_version": None,
    }  # fmt: skip
    (file,) = (tmp_path / "traces").iterdir()
    assert (file.name, load(file)) == (f"trace-{run.run_id}.json", run)
    assert "jane@example.com" not in file.read_text()


def test_without_a_name_it_is_what_the_run_calls_itself(provider):
    with StageInstrumentor(tracer_provider=provider) as one:
        provider.play(root())
    assert one.get_traces()[0].agent_info.name == "shop"


@pytest.mark.parametrize(
    ("options", "said", "answered"),
    [
        ({}, "hi", "ho"),
        ({"capture_inputs": False}, "[REDACTED]", "ho"),
        ({"capture_outputs": False}, "hi", "[REDACTED]"),
        ({"redaction": RedactionConfig(capture_inputs=False, replacement="-")}, "-", "ho"),
    ],
)
def test_what_is_kept_is_as_configured(provider, options, said, answered):
    with StageInstrumentor(tracer_provider=provider, **options) as one:
        provider.play(root(), call())
    (told,) = one.get_traces()[0].get_llm_calls()
    assert (told.input, told.output, told.tokens_in) == (said, answered, 5)


def test_runs_in_one_trace_of_somebody_elses_are_told_apart(provider):
    with StageInstrumentor(tracer_provider=provider) as one:
        provider.play(root(parent=9))
        provider.play(span(span_id=3, parent=9, name="shop", attributes=ROOT))
    first, second = one.get_traces()
    assert first.run_id != second.run_id
    assert first.metadata["trace_id"] == second.metadata["trace_id"]


def test_what_comes_late_is_in_the_same_run(provider, tmp_path):
    first, late = root(), call()
    with StageInstrumentor(tmp_path, tracer_provider=provider) as one:
        (relay,) = provider.processors
        relay.on_start(first)
        relay.on_start(late)
        relay.on_end(first)
        assert one.get_traces()[0].get_llm_calls() == []
        relay.on_end(late)
    (run,) = one.get_traces()
    (file,) = tmp_path.iterdir()
    assert len(run.get_llm_calls()) == len(load(file).get_llm_calls()) == 1


def test_spans_that_are_no_steps_are_no_run(provider, tmp_path):
    with StageInstrumentor(tmp_path, tracer_provider=provider) as one:
        provider.play(span(attributes={"http.request.method": "GET"}))
    assert (one.get_traces(), list(tmp_path.iterdir())) == ([], [])


@pytest.mark.parametrize(("options", "service"), [({}, "shop"), ({"agent_name": "buyer"}, "buyer")])
def test_whoever_listens_hears_who_the_agent_is(provider, options, service):
    heard = []
    listener = SimpleNamespace(span=heard.append)
    with StageInstrumentor(tracer_provider=provider, listeners=[listener], **options):
        provider.play(root(), call())
    assert [one.name for one in heard] == ["n", "shop"]
    assert {one.resource.attributes["service.name"] for one in heard} == {service}


def test_it_is_on_once_and_a_provider_hears_of_it_once(provider):
    one = StageInstrumentor(tracer_provider=provider)
    for _ in range(3):
        with one:
            assert one.is_instrumented()
            with pytest.raises(InstrumentorAlreadyActiveError):
                StageInstrumentor(tracer_provider=provider).instrument()
    assert not one.is_active
    with pytest.raises(InstrumentorNotActiveError):
        one.uninstrument()
    provider.play(root())
    assert (len(provider.processors), one.get_traces()) == (1, [])


def test_spans_that_go_elsewhere_are_not_pretended_to_be_heard(provider):
    with StageInstrumentor(tracer_provider=provider), pytest.raises(InstrumentorAlreadyActiveError) as refused:
        type("OtherInstrumentor", (StageInstrumentor,), {"name": "other"})(tracer_provider=Provider()).instrument()
    assert "tracer_provider" in refused.value.hint


def test_what_cannot_be_turned_on_is_off_again(provider, tmp_path):
    with pytest.raises(TraceError, match="stage is not installed"):
        LostInstrumentor(tracer_provider=provider).instrument()
    with pytest.raises(TraceError, match="span processor"):
        StageInstrumentor(tracer_provider=object.__new__(type("Proxy", (), {}))).instrument()
    (tmp_path / "file").touch()
    with pytest.raises(FileExistsError):
        StageInstrumentor(tmp_path / "file", tracer_provider=provider).instrument()
    with StageInstrumentor(tracer_provider=provider) as one:
        assert one.is_active
