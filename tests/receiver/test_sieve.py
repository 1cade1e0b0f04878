"""Known noise goes before anything is built of it, and nothing else does."""

import pytest

from receiver import steps
from receiver.dialects import Interpreter, claude_code
from receiver.record import SIGNALS
from receiver.sieve import sift
from receiver.slim import CLASSES
from tests.fakes.door import opened, requests
from tests.fakes.otlp import put


def request(*names: str, scope: str = "com.anthropic.claude_code.events"):
    """A message with a record of each name."""
    message = CLASSES["Logs"]()
    scoped = message.resource_logs.add().scope_logs.add()
    scoped.scope.name = scope
    for name in names:
        record = scoped.log_records.add()
        record.body.s = name
        put(record.attributes, {"session.id": "s1"})
    return message


def left(message) -> list[str]:
    return [log.body.s for group in message.resource_logs for one in group.scope_logs for log in one.log_records]


@pytest.mark.parametrize("names", ["", "n", "k", "nk", "kn", "knnk", "nnkknn", "kkk", "nnn", "nk" * 2_000, "n" * 2_500])
def test_noise_goes_and_the_rest_stays_in_its_order(names):
    numbered = [f"{name}{number if name == 'k' else ''}" for number, name in enumerate(names)]
    message = request(*numbered)
    gone = steps.at_once(sift(message.resource_logs[0].scope_logs[0].log_records, {"n"}))
    assert left(message) == [name for name in numbered if name != "n"]
    assert gone == ["n"] * names.count("n")


def test_a_record_that_says_a_sentence_is_known_by_its_event():
    message = request("Hook ran in 20 ms.", "")
    for log in message.resource_logs[0].scope_logs[0].log_records:
        put(log.attributes, {"event.name": "claude_code.hook_registered"})
    assert steps.at_once(Interpreter().sift("logs", message)) == 2
    assert left(message) == []


@pytest.mark.parametrize("signal", SIGNALS)
def test_nothing_that_is_read_is_noise(signal):
    assert claude_code.NOISE[signal].isdisjoint(claude_code.READS[signal])


def test_noise_of_one_language_may_be_news_in_another():
    message = request("claude_code.hook_registered", scope="elsewhere")
    assert steps.at_once(Interpreter().sift("logs", message)) == 0
    assert left(message) == ["claude_code.hook_registered"]


async def test_noise_is_acknowledged_and_counted_and_not_kept():
    async with opened(wants_deliveries=True) as door:
        noise = request(*["claude_code.hook_registered"] * 3).SerializeToString()
        protobuf = {"Content-Type": "application/x-protobuf"}
        assert (await door.post("/v1/logs", noise, protobuf)).status == 200
        assert door.sink.deliveries == []
        await door.post("/v1/logs", requests(2) + noise, protobuf)
        (delivery,) = door.sink.deliveries
        assert b"hook_registered" not in delivery.body
        stats = (await door.get("/api/v1/stats")).json
        assert (stats["records"], stats["noise"]) == (8, {"claude-code/claude_code.hook_registered": 6})
        assert (stats["unclaimed"], stats["drift"]) == ({}, [])
