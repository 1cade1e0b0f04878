"""A collector over the receiver's own doors: what is sent comes back as runs."""

import asyncio

import aiohttp
import pytest

from aimon_trace import CollectorError, OTLPCollector, load
from tests.fakes import captures
from tests.trace.test_convert import bodies, quiet

PB = {"Content-Type": "application/x-protobuf"}
AGENT = ("frameworks/langchain-otel-genai", "session")


async def post(port, *told):
    async with aiohttp.ClientSession() as session:
        for body in told:
            async with session.post(f"http://127.0.0.1:{port}/v1/traces", data=body, headers=PB) as answer:
                assert answer.status == 200


async def test_what_is_sent_comes_back_as_runs(tmp_path):
    async with OTLPCollector("127.0.0.1:0", quiet(), tmp_path) as collector:
        await post(collector.port, *bodies(*AGENT))
        runs = collector.get_traces()
    expected = captures.expected(AGENT[1], AGENT[0])["totals"]
    assert sum(len(run.get_llm_calls()) for run in runs) == expected["llm_calls"]
    assert runs == quiet().convert_traces(bodies(*AGENT))
    assert sorted(load(path).run_id for path in tmp_path.iterdir()) == sorted(run.run_id for run in runs)


async def test_a_trace_is_complete_when_its_root_has_come():
    from receiver import codec

    (body,) = bodies("frameworks/langchain-openinference", "agent_tool")
    message = codec.decode("traces", body, "protobuf")
    spans = message.resource_spans[0].scope_spans[0].spans
    root = next(place for place, span in enumerate(spans) if not span.parent_span_id)
    whole = message.SerializeToString()
    del spans[root]
    async with OTLPCollector("127.0.0.1:0") as collector:
        await post(collector.port, message.SerializeToString())
        assert collector.get_traces() == []
        assert len(collector.get_traces(complete=False)) == 1
        await post(collector.port, whole)
        (run,) = collector.get_traces()
    assert len(run.steps) == 9


async def test_logs_are_taken_and_are_no_traces():
    (log, *_) = (one for one in captures.sent("print_hello") if one.signal == "logs")
    async with OTLPCollector("127.0.0.1:0") as collector, aiohttp.ClientSession() as session:
        url, kind = f"http://127.0.0.1:{collector.port}/v1/logs", {"Content-Type": log.content_type}
        async with session.post(url, data=log.body, headers=kind) as answer:
            assert answer.status == 200
        assert collector.get_traces(complete=False) == []


async def test_a_port_is_taken_once():
    async with OTLPCollector("127.0.0.1:0") as collector:
        with pytest.raises(CollectorError, match="already"):
            await collector.start()
        with pytest.raises(CollectorError, match=str(collector.port)):
            await OTLPCollector(f"127.0.0.1:{collector.port}").start()
    await collector.stop()
    await collector.start()
    await collector.stop()


@pytest.mark.parametrize("endpoint", ["", "localhost", "127.0.0.1:port", "127.0.0.1:70000"])
def test_what_is_no_address_is_said_so(endpoint):
    with pytest.raises(CollectorError):
        OTLPCollector(endpoint)


async def test_other_machines_are_not_listened_to():
    with pytest.raises(CollectorError, match="loopback"):
        await OTLPCollector("0.0.0.0:0").start()


async def test_old_traces_make_room(monkeypatch):
    monkeypatch.setattr("aimon_trace.collect.SPANS", 2)
    first, second = bodies("frameworks/openai-otel-genai", "streaming"), bodies(*AGENT)
    async with OTLPCollector("127.0.0.1:0", quiet()) as collector:
        await post(collector.port, *first, *second)
        held = collector.get_traces()
    assert collector.dropped == 1
    assert held == quiet().convert_traces(second)


async def test_grpc_is_taken_where_it_is_asked_for():
    grpc = pytest.importorskip("grpc")
    from tests.receiver.test_grpc import free_port

    port = free_port()
    async with OTLPCollector(f"127.0.0.1:{port}", quiet(), protocol="grpc") as collector:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            export = channel.unary_unary("/opentelemetry.proto.collector.trace.v1.TraceService/Export")
            for body in bodies(*AGENT):
                await asyncio.wait_for(export(body), 10)
        assert collector.get_traces() == quiet().convert_traces(bodies(*AGENT))
