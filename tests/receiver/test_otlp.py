"""One walk for three signals: which Records a message gives, in which order, with which times."""

import math

import pytest

from receiver.otlp import is_delta, is_monotonic, records
from receiver.slim import CLASSES
from tests.fakes.otlp import put

ARRIVED = 99


def walk(signal, message):
    return list(records(signal, message, ARRIVED))


def logs():
    message = CLASSES["Logs"]()
    group = message.resource_logs.add()
    put(group.resource.attributes, {"service.name": "claude-code"})
    scoped = group.scope_logs.add()
    scoped.scope.name = "events"
    return message, scoped.log_records


def metric(kind, *values, temporality=0):
    message = CLASSES["Metrics"]()
    found = message.resource_metrics.add().scope_metrics.add().metrics.add(name="usage")
    data = getattr(found, kind)
    if kind not in {"gauge", "summary"}:
        data.aggregation_temporality = temporality
    for value in values:
        data.data_points.add(start_time_unix_nano=3, time_unix_nano=7, **value)
    return message


def test_a_log_record():
    message, found = logs()
    log = found.add(time_unix_nano=5, trace_id=b"t" * 16, span_id=b"s" * 8)
    log.body.s = "claude_code.api_request"
    put(log.attributes, {"input_tokens": 515})
    (record,) = walk("logs", message)
    assert (record.signal, record.name, record.at_ns, record.start_ns) == ("logs", "claude_code.api_request", 5, 5)
    assert (record.trace_id, record.span_id, record.parent_id) == (b"t" * 16, b"s" * 8, b"")
    assert record.integer("input_tokens") == 515
    assert (record.scope.name, record.scope.service) == ("events", "claude-code")
    assert record.message == log


@pytest.mark.parametrize(("times", "at_ns"), [((5, 6), 5), ((0, 6), 6), ((0, 0), ARRIVED)])
def test_a_log_without_a_time_happened_when_it_was_seen_or_arrived(times, at_ns):
    message, found = logs()
    found.add(time_unix_nano=times[0], observed_time_unix_nano=times[1])
    assert walk("logs", message)[0].at_ns == at_ns


def test_a_log_without_a_body_is_called_by_its_event_name():
    message, found = logs()
    found.add(event_name="codex.sse_event")
    put(found.add().attributes, {"event.name": "gemini_cli.api_response"})
    found.add()
    assert [record.name for record in walk("logs", message)] == ["codex.sse_event", "gemini_cli.api_response", ""]


def test_a_span_happened_when_it_ended():
    message = CLASSES["Traces"]()
    spans = message.resource_spans.add().scope_spans.add().spans
    spans.add(name="chat", start_time_unix_nano=3, end_time_unix_nano=7, parent_span_id=b"p" * 8)
    spans.add(name="open", start_time_unix_nano=3)
    spans.add(name="timeless")
    found = walk("traces", message)
    assert [(one.name, one.start_ns, one.at_ns) for one in found] == [
        ("chat", 3, 7),
        ("open", 3, ARRIVED),
        ("timeless", ARRIVED, ARRIVED),
    ]
    assert found[0].parent_id == b"p" * 8


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        ("sum", {"as_int": 3}, 3),
        ("sum", {"as_int": 0}, 0),
        ("gauge", {"as_double": 0.5}, 0.5),
        ("histogram", {"sum": 9.5, "count": 2}, 9.5),
        ("exponential_histogram", {"sum": 9.5, "count": 2}, 9.5),
        ("summary", {"sum": 9.5, "count": 2}, 9.5),
    ],
)
def test_a_point_of_every_kind_of_metric(kind, value, expected):
    (record,) = walk("metrics", metric(kind, value))
    assert (record.name, record.value, record.start_ns, record.at_ns) == ("usage", expected, 3, 7)
    assert record.message.name == "usage"


def test_each_point_is_a_record_with_its_own_attributes():
    message = metric("sum", {"as_int": 1}, {"as_int": 2})
    for point, part in zip(message.resource_metrics[0].scope_metrics[0].metrics[0].sum.data_points, "ab", strict=True):
        put(point.attributes, {"type": part})
    assert [(record.text("type"), record.value) for record in walk("metrics", message)] == [("a", 1), ("b", 2)]


@pytest.mark.parametrize(
    "value",
    [{"as_double": math.nan}, {"as_double": math.inf}, {"as_double": -math.inf}, {"as_int": 3, "flags": 1}, {}],
    ids=["nan", "infinite", "minus infinite", "not recorded", "absent"],
)
def test_s09_a_point_without_a_finite_value_is_dropped_and_the_others_stay(value):
    assert [record.value for record in walk("metrics", metric("sum", value, {"as_int": 2}))] == [2]


@pytest.mark.parametrize(
    ("kind", "temporality", "delta"),
    [
        ("sum", 1, True),
        ("sum", 2, False),
        ("histogram", 1, True),
        ("exponential_histogram", 2, False),
        ("gauge", 0, False),
    ],
)
def test_a_point_tells_its_temporality(kind, temporality, delta):
    value = {"as_int": 1} if kind in {"sum", "gauge"} else {"sum": 1.0}
    (record,) = walk("metrics", metric(kind, value, temporality=temporality))
    assert is_delta(record) is delta


def test_only_a_growing_sum_is_monotonic():
    message = metric("sum", {"as_int": 1})
    message.resource_metrics[0].scope_metrics[0].metrics[0].sum.is_monotonic = True
    assert is_monotonic(walk("metrics", message)[0])
    assert not is_monotonic(walk("metrics", metric("sum", {"as_int": 1}))[0])
    assert not is_monotonic(walk("metrics", metric("gauge", {"as_int": 1}))[0])


def test_scopes_and_resources_are_shared_and_not_mixed_up():
    message = CLASSES["Logs"]()
    for service in ("a", "b"):
        group = message.resource_logs.add()
        put(group.resource.attributes, {"service.name": service})
        for scope in ("x", "y"):
            scoped = group.scope_logs.add()
            scoped.scope.name = scope
            scoped.log_records.add()
            scoped.log_records.add()
    found = walk("logs", message)
    assert [record.scope.service + record.scope.name for record in found] == "ax ax ay ay bx bx by by".split()
    assert found[0].scope is found[1].scope
    assert found[0].scope.resource is found[2].scope.resource


@pytest.mark.parametrize("signal", ["logs", "traces", "metrics"])
def test_an_empty_message_has_no_records(signal):
    name = signal.capitalize()
    assert walk(signal, CLASSES[name]()) == []
    if signal == "metrics":
        message = CLASSES[name]()
        message.resource_metrics.add().scope_metrics.add().metrics.add(name="of no kind")
        assert walk(signal, message) == []
