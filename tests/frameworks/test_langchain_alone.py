"""What an instrumentor of LangChain does that no handler does: on and off, whose spans, beside whom, how late."""

import pytest

from aimon_trace import InstrumentorAlreadyActiveError, InstrumentorNotActiveError, TraceWarning
from aimon_trace.instrument import LangChainInstrumentor, OpenAIInstrumentor
from tests.frameworks.conftest import served, told

pytestmark = pytest.mark.frameworks


def test_it_is_on_once_and_off_again(api, agents):
    one = LangChainInstrumentor()
    assert not one.is_instrumented()
    with one:
        assert one.is_active
        with pytest.raises(InstrumentorAlreadyActiveError):
            one.instrument()
        with pytest.raises(InstrumentorAlreadyActiveError):
            LangChainInstrumentor().instrument()
    with pytest.raises(InstrumentorNotActiveError):
        one.uninstrument()
    agents.model(api).invoke("T-TELL")
    assert one.get_traces() == []
    with one:
        agents.model(api).invoke("T-TELL")
    assert len(one.get_traces()) == 1


def test_a_provider_of_ones_own_hears_all_and_is_shared(api, agents):
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    spans = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(spans))
    agent = agents.agent(api, agents.get_weather)
    with (
        LangChainInstrumentor(tracer_provider=provider) as one,
        provider.get_tracer("web").start_as_current_span("GET /forecast"),
    ):
        agent.invoke(agents.say("T-WEATHER"))
        agent.invoke(agents.say("T-WEATHER"))
    first, second = one.get_traces()
    assert first.run_id != second.run_id
    assert first.metadata["trace_id"] == second.metadata["trace_id"]
    assert told(first, second) == served(api)
    assert "GET /forecast" in {span.name for span in spans.get_finished_spans()}


def test_who_is_instrumented_by_somebody_else_is_listened_to_by_name(api, agents):
    from openinference.instrumentation.langchain import LangChainInstrumentor as Theirs
    from opentelemetry.sdk.trace import TracerProvider

    provider = TracerProvider()
    Theirs().instrument(tracer_provider=provider)
    try:
        with pytest.raises(InstrumentorAlreadyActiveError) as refused:
            LangChainInstrumentor().instrument()
        assert "tracer_provider" in refused.value.hint
        with LangChainInstrumentor(tracer_provider=provider) as one:
            agents.model(api).invoke("T-TELL")
        assert told(*one.get_traces()) == served(api)
        assert Theirs().is_instrumented_by_opentelemetry
    finally:
        Theirs().uninstrument()


def test_who_comes_late_has_a_part_and_is_told_so(api, agents):
    from langchain_core.runnables import RunnableLambda

    one = LangChainInstrumentor()
    model = agents.model(api)
    chain = RunnableLambda(lambda _: one.instrument() and "T-TELL", name="begin") | model
    try:
        with pytest.warns(TraceWarning, match="partial"):
            chain.invoke("go")
    finally:
        one.uninstrument()
    (run,) = one.get_traces()
    assert run.metadata["partial"] is True
    assert told(run) == served(api)


def test_a_run_in_flight_is_traced_to_its_end(api, agents):
    one = LangChainInstrumentor().instrument()
    model = agents.model(api, stream_usage=True)
    stream = model.stream("T-TELL")
    next(stream)
    one.uninstrument()
    list(stream)
    assert told(*one.get_traces()) == served(api)


def test_several_at_once_have_traces_of_their_own(api, agents):
    import openai

    with LangChainInstrumentor() as chains, OpenAIInstrumentor() as calls:
        agents.model(api).invoke("T-TELL")
        client = openai.OpenAI(base_url=f"{api.url}/v1")
        client.chat.completions.create(model="gpt-5.5", messages=[{"role": "user", "content": "T-TELL"}])
    assert len(chains.get_traces()) == 1
    assert told(*chains.get_traces()) == (41, 10, 7, 2)
    assert told(*calls.get_traces()) == served(api)
