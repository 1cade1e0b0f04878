"""From the bytes of a request to ledger and journal: acknowledged means kept, and nobody waits for another's body."""

import asyncio
import gc
import gzip
import json
import time

import pytest
from aiohttp import web

from aimon_core.journal import JournalFailed
from receiver.codec import decode
from receiver.dialects import Interpreter
from receiver.otlp import records
from receiver.status import Overloaded
from tests.fakes.door import JSON, PROTOBUF, opened, requests

MIB = 2**20


async def test_what_is_acknowledged_stands_in_the_ledger():
    async with opened() as door:
        heard = await door.post("/v1/logs", requests(3), PROTOBUF)
        assert heard.status == 200
        session = door.ledger.get("claude-code:s1")
        assert (session.llm_calls, session.tokens.input, session.tokens.output) == (3, 9, 6)
        assert (door.receiver.counters.requests, door.receiver.counters.records) == (1, 3)
        assert door.receiver.rate() == 3 / 60


@pytest.mark.parametrize(
    ("trouble", "after"), [(Overloaded(7), "7"), (JournalFailed("the disk is full"), "1")], ids=["ledger", "journal"]
)
async def test_503_when_the_sink_cannot_keep_up_and_a_retry_adds_nothing(trouble, after):
    async with opened() as door:
        door.sink.trouble = trouble
        heard = await door.post("/v1/logs", requests(3), PROTOBUF)
        assert (heard.status, heard.headers["Retry-After"]) == (503, after)
        door.sink.trouble = None
        for _ in range(2):
            assert (await door.post("/v1/logs", requests(3), PROTOBUF)).status == 200
        assert door.ledger.get("claude-code:s1").llm_calls == 3


async def test_429_when_all_bodies_together_are_too_many_and_room_comes_back():
    body = requests(100)
    async with opened(in_flight_limit=len(body) - 1) as door:
        heard = await door.post("/v1/logs", body, PROTOBUF)
        assert (heard.status, heard.headers["Retry-After"]) == (429, "1")
        for _ in range(3):
            assert (await door.post("/v1/logs", requests(90), PROTOBUF)).status == 200


async def test_a_long_request_lets_others_in_and_is_acknowledged_once_it_is_whole():
    async with opened(wants_deliveries=True) as door:
        heard = await door.post("/v1/logs", requests(250), PROTOBUF)
        assert heard.status == 200
        assert door.sink.parts == [100, 100, 50]
        assert len(door.sink.deliveries) == 1
        assert door.ledger.get("claude-code:s1").llm_calls == 250


async def test_a_delivery_translates_to_the_same_counts_and_holds_no_prompt():
    async with opened(wants_deliveries=True) as door:
        await door.post("/v1/logs", requests(3), PROTOBUF)
        (delivery,) = door.sink.deliveries
        assert delivery.kind == "logs"
        assert delivery.arrived_ns == door.clock.now_ns()
        assert b"a plan" not in delivery.body
        again = records("logs", decode("logs", delivery.body, "protobuf"), delivery.arrived_ns)
        assert sum(event.tokens.input for event in Interpreter().translate(again)) == 9


async def test_without_a_journal_no_delivery_is_made():
    async with opened() as door:
        await door.post("/v1/logs", requests(3), PROTOBUF)
        assert door.sink.deliveries == []


async def test_a_client_that_hangs_up_without_waiting_is_heard():
    body = json.dumps({"hook_event_name": "Stop", "session_id": "s1"}).encode()
    async with opened() as door:
        async with door.connected() as (_, writer):
            writer.write(door.head("/hooks/claude-code", length=len(body)) + body)
            writer.write_eof()
        await asyncio.wait_for(door.sink.taken.wait(), 5)


async def test_a_client_that_is_gone_before_its_turn_is_heard(monkeypatch):
    monkeypatch.setattr(web.BaseRequest, "transport", property(lambda request: None))
    async with opened() as door:
        await door.post("/v1/logs", requests(3), PROTOBUF)
        assert door.ledger.get("claude-code:s1").llm_calls == 3


async def longest_pause(door, body, headers):
    """How long the loop stood still at most while a body was taken: CPU seconds: other programs do not count."""
    pauses = []

    async def watch():
        last = time.process_time()
        while True:
            await asyncio.sleep(0)
            now = time.process_time()
            pauses.append(now - last)
            last = now

    watching = asyncio.create_task(watch())
    assert (await door.post("/v1/logs", body, headers)).status == 200
    watching.cancel()
    return max(pauses)


@pytest.fixture
def young_heap():
    """What pytest itself keeps is not searched for garbage meanwhile; the program freezes its own after the start."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.slow
@pytest.mark.usefixtures("young_heap")
@pytest.mark.parametrize("prompt", ["a plan", "a secret: my-password=hunter2"], ids=["harmless", "suspicious"])
async def test_s06_a_body_of_two_mib_holds_the_loop_for_less_than_50_ms(prompt):
    body = requests(2 * MIB * 1_000 // len(requests(1_000, prompt=prompt)), prompt=prompt)
    assert 1.9 * MIB < len(body) < 2.1 * MIB
    squeezed, headers = gzip.compress(body, 1), PROTOBUF | {"Content-Encoding": "gzip"}
    async with opened(wants_deliveries=True) as door:
        assert min([await longest_pause(door, squeezed, headers) for _ in range(2)]) < 0.05


@pytest.mark.slow
@pytest.mark.usefixtures("young_heap")
async def test_s06_two_mib_of_json_hold_the_loop_for_less_than_50_ms():
    log = {"timeUnixNano": "1", "body": {"stringValue": "claude_code.tool_result"}, "attributes": []}
    log["attributes"] = [{"key": f"key{n}", "value": {"stringValue": "some value"}} for n in range(15)]
    body = json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [log] * 2200}]}]}).encode()
    assert 1.9 * MIB < len(body) < 2.1 * MIB
    async with opened(wants_deliveries=True) as door:
        assert min([await longest_pause(door, body, JSON) for _ in range(4)]) < 0.05
