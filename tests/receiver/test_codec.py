"""Bodies in both encodings become the same slim messages, and answers speak the language of the request."""

import json

from receiver import codec
from receiver.codec import decode
from receiver.slim import CLASSES
from tests.fakes.bodies import field, span_of, traces

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
