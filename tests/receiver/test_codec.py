"""Bodies in both encodings, good and hostile, become slim messages or a refusal that names its reason."""

import json
import time

import psutil
import pytest

from receiver import codec
from receiver.codec import decode
from receiver.slim import CLASSES
from receiver.status import Reason, Refused

SPAN = {
    "traceId": "0AF7651916CD43DD8448EB211C80319C",
    "spanId": "b7ad6b7169203331",
    "name": "chat",
    "kind": "SPAN_KIND_CLIENT",
    "startTimeUnixNano": "1795226400000000000",
    "endTimeUnixNano": 1795226401000000000,
    "attributes": [
        {"key": "text", "value": {"stringValue": "x"}},
        {"key": "number as text", "value": {"intValue": "501"}},
        {"key": "number", "value": {"intValue": 501}},
        {"key": "ratio", "value": {"doubleValue": 0.5}},
        {"key": "flag", "value": {"boolValue": False}},
        {"key": "bytes", "value": {"bytesValue": "AQI="}},
        {"key": "list", "value": {"arrayValue": {"values": [{"stringValue": "a"}, {"intValue": "2"}]}}},
        {"key": "map", "value": {"kvlistValue": {"values": [{"key": "k", "value": {"stringValue": "v"}}]}}},
        {"key": "nothing", "value": {}},
        {"key": "null"},
        {"key": "twice", "value": {"stringValue": "first"}},
        {"key": "twice", "value": {"intValue": 2}},
    ],
    "status": {"code": "STATUS_CODE_ERROR", "message": "boom"},
    "events": [{"name": "exception", "attributes": [{"key": "k", "value": {"stringValue": "v"}}]}],
    "links": [{"traceId": "0af7651916cd43dd8448eb211c80319c", "spanId": "b7ad6b7169203331"}],
    "somethingNew": {"is": "passed over"},
}


def traces(*spans, resource=()):
    return json.dumps(
        {"resourceSpans": [{"resource": {"attributes": list(resource)}, "scopeSpans": [{"spans": list(spans)}]}]}
    ).encode()


def attribute(value, key="k"):
    return traces({"attributes": [{"key": key, "value": value}]})


def span_of(body):
    return decode("traces", body, "json").resource_spans[0].scope_spans[0].spans[0]


def refusal(signal, body, encoding, **options):
    with pytest.raises(Refused) as caught:
        decode(signal, body, encoding, **options)
    return caught.value.reason


def varint(number):
    out = b""
    while True:
        number, low = number >> 7, number & 127
        if not number:
            return out + bytes([low])
        out += bytes([low | 128])


def field(number, content):
    return varint(number << 3 | 2) + varint(len(content)) + content


def test_json_fills_the_same_message_as_protobuf():
    span = span_of(traces(SPAN))
    assert span.trace_id.hex() == "0af7651916cd43dd8448eb211c80319c"
    assert (span.name, span.kind, span.end_time_unix_nano) == ("chat", 3, 1795226401000000000)
    assert span.start_time_unix_nano == 1795226400000000000
    found = span.attributes
    assert (found["text"].s, found["number"].i, found["number as text"].i, found["ratio"].d) == ("x", 501, 501, 0.5)
    assert found["flag"].WhichOneof("value") == "b"
    assert found["bytes"].x == b"\1\2"
    assert [item.s or item.i for item in found["list"].a.values] == ["a", 2]
    assert found["map"].kv.values["k"].s == "v"
    assert found["nothing"].WhichOneof("value") is None
    assert "null" in found
    assert (span.status.code, span.status.message) == (2, "boom")
    assert span.events[0].attributes["k"].s == "v"
    assert span.links[0].span_id.hex() == "b7ad6b7169203331"


def test_the_last_of_two_equal_keys_wins_in_both_encodings():
    span = span_of(traces(SPAN))
    assert span.attributes["twice"].i == 2
    pairs = [field(9, field(1, b"k") + field(2, field(1, text))) for text in (b"first", b"last")]
    body = field(1, field(2, field(2, b"".join(pairs))))
    assert decode("traces", body, "protobuf").resource_spans[0].scope_spans[0].spans[0].attributes["k"].s == "last"


def test_a_repeated_list_is_replaced_and_not_appended_to():
    lists = [{"arrayValue": {"values": [{"intValue": n}]}} for n in (1, 2)]
    span = span_of(traces({"attributes": [{"key": "k", "value": value} for value in lists]}))
    assert [item.i for item in span.attributes["k"].a.values] == [2]


def test_snake_case_names_are_understood():
    body = b"""{"resource_spans": [{"scope_spans": [{"spans": [{"parent_span_id": "0102030405060708",
        "attributes": [{"key": "k", "value": {"int_value": "7"}}]}]}]}]}"""
    span = span_of(body)
    assert span.parent_span_id == bytes(range(1, 9))
    assert span.attributes["k"].i == 7


def test_json_metrics_of_every_kind():
    point = {"timeUnixNano": "5", "attributes": [{"key": "type", "value": {"stringValue": "input"}}]}
    body = json.dumps(
        {
            "resourceMetrics": [
                {
                    "scopeMetrics": [
                        {
                            "metrics": [
                                {
                                    "name": "a",
                                    "sum": {
                                        "aggregationTemporality": "AGGREGATION_TEMPORALITY_DELTA",
                                        "isMonotonic": True,
                                        "dataPoints": [point | {"asInt": "3"}],
                                    },
                                },
                                {"name": "b", "gauge": {"dataPoints": [point | {"asDouble": 0.5}]}},
                                {
                                    "name": "c",
                                    "histogram": {
                                        "aggregationTemporality": 2,
                                        "dataPoints": [point | {"count": "2", "sum": 9.5, "bucketCounts": ["1", "1"]}],
                                    },
                                },
                            ]
                        }
                    ]
                }
            ]
        }
    ).encode()
    added, level, spread = decode("metrics", body, "json").resource_metrics[0].scope_metrics[0].metrics
    assert (added.sum.aggregation_temporality, added.sum.is_monotonic, added.sum.data_points[0].as_int) == (1, True, 3)
    assert level.gauge.data_points[0].as_double == 0.5
    assert (spread.histogram.data_points[0].sum, spread.histogram.data_points[0].count) == (9.5, 2)
    assert spread.histogram.data_points[0].attributes["type"].s == "input"


def test_an_empty_request_is_an_empty_message():
    assert decode("logs", b"", "protobuf") == CLASSES["Logs"]()
    assert decode("logs", b"{}", "json") == CLASSES["Logs"]()


@pytest.mark.parametrize("encoding", ["json", "protobuf"])
def test_s9_a_lone_surrogate_becomes_a_replacement_character(encoding):
    if encoding == "json":
        body = attribute({"stringValue": "half \ud83d of"})
        assert b"\\ud83d of" in body
    else:
        value = field(1, b"half \xed\xa0\xbd of")  # as JavaScript encoders write half a pair
        body = field(1, field(2, field(2, field(9, field(1, b"k") + field(2, value)))))
    span = decode("traces", body, encoding).resource_spans[0].scope_spans[0].spans[0]
    assert span.attributes["k"].s == "half \ufffd of"
    span.SerializeToString()


def test_s9_mending_leaves_everything_else_as_it_was():
    text = 'whole \U0001f600, "quoted", \\ud83d written out, half \ud83d'
    span = span_of(attribute({"stringValue": text}))
    assert span.attributes["k"].s == text.replace("\ud83d", "\ufffd")


def test_s9_bare_nan_in_json_does_not_lose_the_batch():
    body = b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"kept","attributes":[{"key":"k","value":{"doubleValue":NaN}}]}]}]}]}'
    assert span_of(body).name == "kept"


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
def test_s9_hostile_json_is_malformed(name):
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
def test_s9_hostile_protobuf_is_malformed(name):
    assert refusal("traces", HOSTILE_PROTOBUF[name], "protobuf") is Reason.MALFORMED


def test_s9_attributes_nested_deeper_than_protobuf_can_be_read_again_are_malformed():
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


def test_answers_speak_the_encoding_of_the_request():
    assert codec.encode_answer("logs", "json") == b"{}"
    assert codec.encode_answer("logs", "protobuf") == b""
    partial = json.loads(codec.encode_answer("metrics", "json", 2, "why"))
    assert partial == {"partialSuccess": {"rejectedDataPoints": "2", "errorMessage": "why"}}
    assert json.loads(codec.encode_refusal("json", 3, "no")) == {"code": 3, "message": "no"}


def test_protobuf_answers_are_those_of_the_full_schema():
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceResponse

    answer = ExportMetricsServiceResponse.FromString(codec.encode_answer("metrics", "protobuf", 2, "why"))
    assert (answer.partial_success.rejected_data_points, answer.partial_success.error_message) == (2, "why")
    assert codec.encode_refusal("protobuf", 3, "no") == b"\x08\x03\x12\x02no"
