"""Attributes become clean, short, flat and few, whatever was sent."""

import time
import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from receiver import attributes
from receiver.attributes import COUNT, DEPTH, LENGTH, NAME_LENGTH
from tests.fakes.otlp import log, put, span


def test_the_telling_ones_stand_first_and_who_sent_it_last():
    record = log(
        "claude_code.tool_result",
        {"event.sequence": 3, "zebra": "z", "duration_ms": 12, "success": True, "user.id": "u", "tool_name": "Bash"},
        resource={"service.name": "claude-code", "my.team": "blue"},
    )
    assert attributes.of_record(record) == (
        ("tool_name", "Bash"), ("success", "true"), ("duration_ms", "12"), ("zebra", "z"), ("event.sequence", "3"),
        ("user.id", "u"), ("my.team", "blue"), ("service.name", "claude-code"),
    )  # fmt: skip


def test_a_span_tells_its_ids_its_links_and_why_it_failed():
    record = span("chat", {"model": "m"}, parent_id=b"\3" * 8, error="no route")
    link = record.message.links.add(trace_id=b"\4" * 16, span_id=b"\5" * 8)
    told = dict(attributes.of_record(record))
    assert (told["span_id"], told["parent_span_id"], told["trace_id"]) == ("01" * 8, "03" * 8, "02" * 16)
    assert (told["links.0.span_id"], told["status.message"]) == (link.span_id.hex(), "no route")


def test_lists_and_maps_lie_flat():
    record = log("x", {})
    value = record.raw["deep"].kv.values["list"].a.values.add().kv.values
    put(value, {"one": 1, "half": 0.5, "no": False, "nothing": None})
    record.raw["raw"].x = b"\x00\xff"
    assert dict(attributes.of_record(record)) == {
        "deep.list.0.one": "1", "deep.list.0.half": "0.5", "deep.list.0.no": "false", "raw": "00ff",
    }  # fmt: skip
    payload = {"b": [{"c": None}, [True, 1.5]], "a": "x"}
    assert attributes.of_payload(payload, "") == (("a", "x"), ("b.1.0", "true"), ("b.1.1", "1.5"))


def test_of_a_batch_only_the_own_part_is_told():
    calls = [{"tool_use_id": "t1", "tool_name": "Bash"}, {"tool_use_id": "t2", "tool_name": "Read"}]
    told = attributes.of_payload({"tool_calls": calls}, "t2")
    assert told == (("tool_calls.0.tool_name", "Read"), ("tool_calls.0.tool_use_id", "t2"))


def test_private_names_are_left_out_wherever_they_stand():
    record = log("x", {"prompt": "a secret plan", "ok": "1"}, resource={"process.command_args": "claude -p plan"})
    record.raw["map"].kv.values["tool_input"].s = "rm -rf plan"
    assert attributes.of_record(record) == (("ok", "1"),)


@given(st.dictionaries(st.text(), st.text(), max_size=5))
def test_nothing_that_a_terminal_obeys_is_left(found):
    record = log("x", {})
    for name, value in found.items():
        record.raw[name.encode(errors="replace").decode()].s = value.encode(errors="replace").decode()
    for pair in (*attributes.of_record(record), *attributes.of_payload(found, "")):
        assert not any(unicodedata.category(letter) == "Cc" for letter in "".join(pair))


def test_what_is_too_much_is_cut_and_costs_no_time():
    record = log("x", {"tool_name": "Bash\x1b[31m", "huge": "a\x9b" * 500_000, "k" * 100_000: "v"})
    put(record.raw, {f"many.{number}": number for number in range(10_000)})
    deep = record.raw["deep"]
    for _ in range(60):
        deep = deep.kv.values["n" * 1_000]
    deep.s = "bottom"
    wide = record.raw["a_list"].a.values
    for number in range(10_000):
        wide.add().i = number
    began = time.process_time()
    told = attributes.of_record(record)
    assert time.process_time() - began < 0.5
    assert told[0] == ("tool_name", "Bash"), "what matters survives the flood"
    assert len(told) == COUNT
    assert max(len(value) for _, value in told) <= LENGTH
    assert max(len(name) for name, _ in told) <= NAME_LENGTH


def test_a_pit_has_a_bottom():
    pit: object = "bottom"
    for _ in range(500):
        pit = [{"pit": pit}]
    ((name, value),) = attributes.of_payload({"pit": pit}, "")
    assert (name.count("."), value) == (DEPTH, "…")


def test_all_channels_together_say_each_thing_once():
    pairs = [("session.id", "s"), ("duration_ms", "5"), ("x", "1"), ("duration_ms", "7"), ("x", "1")]
    assert attributes.ordered(pairs) == (("duration_ms", "5"), ("duration_ms", "7"), ("x", "1"), ("session.id", "s"))
