"""Hostile bodies are refused with a reason, cheaply; a single bad character loses nothing."""

import json
import math
import time
from contextlib import suppress
from pathlib import Path

import psutil
import pytest
from hypothesis import HealthCheck, given, settings, strategies

from receiver.codec import decode
from receiver.dialects import Interpreter
from receiver.otlp import records
from receiver.privacy import mask_message, without_private
from receiver.status import Reason, Refused
from receiver.steps import at_once
from tests.fakes.bodies import attribute, field, span_of, traces
from tests.receiver.test_captures_decode import read

SAMPLES = Path(__file__).parent.parent / "captures" / "otlp-samples"
NAMES = (
    "scopeSpans spans attributes key value stringValue intValue doubleValue arrayValue kvlistValue values name kind "
    "traceId status code events links startTimeUnixNano sum gauge histogram dataPoints asInt asDouble flags body"
).split()


def refusal(signal, body, encoding, **options):
    with pytest.raises(Refused) as caught:
        decode(signal, body, encoding, **options)
    return caught.value.reason


@pytest.mark.parametrize("encoding", ["json", "protobuf"])
def test_s09_a_lone_surrogate_becomes_a_replacement_character(encoding):
    if encoding == "json":
        body = attribute({"stringValue": "half \ud83d of"})
        assert b"\\ud83d of" in body
    else:
        value = field(1, b"half \xed\xa0\xbd of")  # as JavaScript encoders write half a pair
        body = field(1, field(2, field(2, field(9, field(1, b"k") + field(2, value)))))
    span = decode("traces", body, encoding).resource_spans[0].scope_spans[0].spans[0]
    assert span.attributes["k"].s == "half \ufffd of"
    span.SerializeToString()


def test_s09_mending_leaves_everything_else_as_it_was():
    text = 'whole \U0001f600, "quoted", \\ud83d written out, half \ud83d'
    span = span_of(attribute({"stringValue": text}))
    assert span.attributes["k"].s == text.replace("\ud83d", "\ufffd")


def test_s09_bare_nan_in_json_does_not_lose_the_batch():
    span = span_of(attribute({"doubleValue": float("nan")}))
    assert math.isnan(span.attributes["k"].d)


HOSTILE_JSON = {
    "no json": b"{",
    "an array": b"[]",
    "a number": b"1",
    "deep": b"[" * 5_000 + b"]" * 5_000,
    "very deep": b'{"a":' * 100_000,
    "deep below an unknown name": b'{"x":' + b"[" * 900 + b"]" * 900 + b',"resourceSpans":1}',
    "bad utf-8": b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"\xff\xfe"}]}]}]}',
    "huge int": attribute({"intValue": "9" * 5000}),
    "int of 65 bits": attribute({"intValue": 2**64}),
    "bare huge int": b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"kind":' + b"9" * 200_000 + b"}]}]}]}",
    "negative time": traces({"startTimeUnixNano": -1}),
    "id not hex": traces({"traceId": "not hex"}),
    "text that is a number": attribute({"stringValue": 5}),
    "attributes that are a map": traces({"attributes": {"k": "v"}}),
    "an attribute without a key": traces({"attributes": [{"value": {"stringValue": "v"}}]}),
    "spans that are a map": b'{"resourceSpans":{"scopeSpans":{}}}',
    "a span that is a text": traces("span"),
    "an unknown enum": traces({"kind": "SPAN_KIND_NEW"}),
}


@pytest.mark.parametrize("name", HOSTILE_JSON)
def test_s09_hostile_json_is_malformed(name):
    assert refusal("traces", HOSTILE_JSON[name], "json") is Reason.MALFORMED


def nested(depth):
    value = field(1, b"x")
    for _ in range(depth):
        value = field(5, field(1, value))
    return field(1, field(2, field(2, field(9, field(1, b"k") + field(2, value)))))


HOSTILE_PROTOBUF = {
    "truncated": field(1, b"x" * 50)[:20],
    "bad utf-8": field(1, field(2, field(2, field(5, b"\xff\xfe")))),
    "deep": nested(5_000),
    "no protobuf": b"hello, this is no protobuf at all",
    "zeros": bytes(1000),
}


@pytest.mark.parametrize("name", HOSTILE_PROTOBUF)
def test_s09_hostile_protobuf_is_malformed(name):
    assert refusal("traces", HOSTILE_PROTOBUF[name], "protobuf") is Reason.MALFORMED


def test_s09_attributes_nested_deeper_than_protobuf_can_be_read_again_are_malformed():
    def lists(depth):
        value = {"stringValue": "x"}
        for _ in range(depth):
            value = {"kvlistValue": {"values": [{"key": "k", "value": value}]}}
        return attribute(value)

    message = decode("traces", lists(24), "json")
    assert decode("traces", message.SerializeToString(), "protobuf") == message
    assert refusal("traces", lists(25), "json") is Reason.MALFORMED


SPANS = b"\x12\x00"
METRIC = {"sum": 7, "gauge": 5, "histogram": 9, "exponential_histogram": 10, "summary": 11}


@pytest.mark.parametrize("signal", ["logs", "traces"])
def test_s10_no_more_than_20000_records_are_taken(signal):
    body = field(1, field(2, SPANS * 19_998))
    assert decode(signal, body, "protobuf") is not None
    assert refusal(signal, field(1, field(2, SPANS * 20_000)), "protobuf") is Reason.TOO_LARGE


@pytest.mark.parametrize("kind", METRIC)
def test_s10_points_of_every_kind_of_metric_are_counted(kind):
    points = field(1, field(2, field(2, field(METRIC[kind], b"\x0a\x00" * 20_000))))
    assert refusal("metrics", points, "protobuf") is Reason.TOO_LARGE


@pytest.mark.parametrize("body", [b"\x0a\x00" * 30_000, field(1, b"\x12\x00" * 30_000)], ids=["resources", "scopes"])
def test_s10_groups_count_like_records(body):
    assert refusal("traces", body, "protobuf") is Reason.TOO_LARGE


def test_s10_json_records_are_counted():
    records = ",".join(["{}"] * 20_001)
    body = f'{{"resourceLogs":[{{"scopeLogs":[{{"logRecords":[{records}]}}]}}]}}'.encode()
    assert refusal("logs", body, "json") is Reason.TOO_LARGE
    assert refusal("logs", b'{"resourceLogs":[{},{},{}]}', "json", limit=2) is Reason.TOO_LARGE


@pytest.mark.parametrize(
    "body",
    [
        field(1, field(2, SPANS * 2_000_000)),
        field(1, SPANS * 2_000_000),
        b"\x0a\x00" * 2_000_000,
        field(1, field(2, b"\x92\x00\x00" * 1_500_000)),  # the same tag, written longer than need be
        field(1, field(2, b"\xf8\x01\x01\xf9\x01" + bytes(8) + SPANS * 1_000_000)),  # behind fields nobody knows
    ],
    ids=["spans", "scopes", "resources", "long tags", "unknown fields"],
)
def test_s10_millions_of_empty_messages_are_counted_before_any_is_built(body):
    process = psutil.Process()
    before, started = process.memory_info().rss, time.process_time()
    assert refusal("traces", body, "protobuf") is Reason.TOO_LARGE
    assert process.memory_info().rss - before < 8 * 2**20
    assert time.process_time() - started < 0.3


def test_s10_what_cannot_be_counted_is_malformed():
    group = b"\x0b" + SPANS * 300_000 + b"\x0c"
    assert refusal("traces", group, "protobuf") is Reason.MALFORMED
    assert refusal("traces", b"\xff" * 600_000, "protobuf") is Reason.MALFORMED


def everything(signal, body, encoding):
    """All that the receiver does with a body."""
    message = decode(signal, body, encoding)
    Interpreter().translate(records(signal, message, 1))
    at_once(mask_message(message, signal))
    decode(signal, at_once(without_private(message, signal)), "protobuf")


@pytest.mark.parametrize(
    "name", ["codex-traces.pb.gz", "qwen-code-metrics.json", "gemini-cli-traces.json", "codex-logs.pb"]
)
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=strategies.data())
def test_s09_a_damaged_body_is_read_or_refused_and_nothing_else(name, data):
    signal, encoding, body = read(SAMPLES / name)
    for _ in range(data.draw(strategies.integers(1, 4))):
        at = data.draw(strategies.integers(0, len(body)))
        gone = data.draw(strategies.integers(0, 8))
        body = body[:at] + data.draw(strategies.binary(max_size=8)) + body[at + gone :]
    with suppress(Refused):
        everything(signal, body, encoding)


@settings(max_examples=100, deadline=None)
@given(
    strategies.recursive(
        strategies.none() | strategies.booleans() | strategies.integers() | strategies.floats() | strategies.text(),
        lambda inner: strategies.lists(inner) | strategies.dictionaries(strategies.sampled_from(NAMES), inner),
        max_leaves=40,
    )
)
def test_s09_any_json_with_the_names_of_otlp_is_read_or_refused(tree):
    body = json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [tree]}]}], "resourceSpans": tree}).encode()
    for signal in ("metrics", "traces"):
        with suppress(Refused):
            everything(signal, body, "json")
