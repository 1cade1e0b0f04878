"""The NDJSON stream: what its readers have always known, and that none of them can stop us."""

import json
import os
import threading

import pytest

from aimon_core.clock import SteppedClock
from aimon_desktop.outputs.ndjson import Narrator, Writer
from aimon_desktop.outputs.wire import Timeouts
from tests.fakes.told import NOW_NS, told

WAIT_S = 5.0


@pytest.fixture
def clock():
    return SteppedClock(NOW_NS)


def read(lines: bytes) -> list[dict]:
    return [json.loads(line) for line in lines.splitlines()]


def kinds(lines: bytes) -> list[tuple[str, int]]:
    return [(line["type"], line["seq"]) for line in read(lines)]


def test_the_first_line_is_the_list_even_when_it_is_empty(clock):
    (first,) = read(Narrator(clock).tell({}))
    assert first == {
        "v": 1, "seq": 1, "type": "session_list", "sessions": [], "has_working": False, "has_waiting": False,
        "timestamp": NOW_NS // 10**9,
    }  # fmt: skip


def test_the_lines_byte_for_byte(clock):
    item = (
        b'"session_id": "s1", "tool": "claude-code", "state": "waiting", "project": "caf\\u00e9", '
        b'"key": "claude-code:s1", "agent": "claude-code", "waiting_for": "permission"'
    )
    waiting = told(state="waiting", name="café", waiting_for="permission", model="claude-opus-4-5")
    assert Narrator(clock).tell({"k": waiting}) == (
        b'{"v": 1, "seq": 1, "type": "session_list", "sessions": [{' + item + b', "window_id": null}], '
        b'"has_working": false, "has_waiting": true, "timestamp": 1795226400}\n'
        b'{"v": 1, "seq": 2, "type": "session_update", ' + item + b', "since": "2026-11-21T02:00:00.000Z", '
        b'"model": "claude-opus-4-5", "context": null, "metrics": {"input_tokens": 10, "output_tokens": 3, '
        b'"cache_tokens": 7, "cost_usd": 0.012346, "error_count": 0}, "timestamp": 1795226400}\n'
    )


def test_a_reader_that_comes_later_is_told_what_the_others_know(clock):
    narrator = Narrator(clock)
    narrator.tell({"a": told("a"), "b": told("b", "waiting")})
    whole = narrator.whole()
    assert kinds(whole) == [("session_list", 3), ("session_update", 3), ("session_update", 3)]
    assert [line["state"] for line in read(whole)[1:]] == ["working", "waiting"]
    assert kinds(narrator.tell({"b": None})) == [("session_list", 4)]


def test_an_update_carries_every_name_of_otel_ai_monitor(clock):
    narrator = Narrator(clock)
    narrator.tell({})
    update, listed = read(narrator.tell({"k": told(errors=1, tool_errors=1, last_error_type="rate_limit")}))
    assert {name: update[name] for name in ("type", "session_id", "tool", "state", "project", "timestamp")} == {
        "type": "session_update", "session_id": "s1", "tool": "claude-code", "state": "working", "project": "shop",
        "timestamp": NOW_NS // 10**9,
    }  # fmt: skip
    assert update["metrics"] == {
        "input_tokens": 10, "output_tokens": 3, "cache_tokens": 7, "cost_usd": 0.012346,
        "error_count": 2, "last_error_type": "rate_limit",
    }  # fmt: skip
    assert listed["has_working"] is True
    item = listed["sessions"][0]
    assert {name: item[name] for name in ("session_id", "tool", "state", "project", "window_id")} == {
        "session_id": "s1", "tool": "claude-code", "state": "working", "project": "shop", "window_id": None,
    }  # fmt: skip


def test_unknown_dollars_are_null_and_gemini_keeps_its_old_name(clock):
    from aimon_core.session import Cost

    changed = {"k": told(agent="gemini-cli", cost=Cost(None, basis="unknown"))}
    update = read(Narrator(clock).tell(changed))[1]
    assert (update["metrics"]["cost_usd"], update["tool"], update["agent"]) == (None, "gemini", "gemini-cli")


def test_the_list_comes_again_when_it_reads_differently_and_not_for_tokens_alone(clock):
    from aimon_core.session import Tokens

    narrator = Narrator(clock)
    narrator.tell({"k": told()})
    assert kinds(narrator.tell({"k": told(tokens=Tokens(input=11))})) == [("session_update", 3)]
    assert kinds(narrator.tell({"k": told(state="waiting")})) == [("session_update", 4), ("session_list", 5)]
    assert kinds(narrator.tell({"k": None})) == [("session_list", 6)]


def test_nothing_is_said_twice(clock):
    narrator = Narrator(clock)
    narrator.tell({"k": told()})
    assert narrator.tell({"k": told()}) == b""
    assert narrator.tell({}) == b""


def test_the_list_comes_every_five_seconds_anyway(clock):
    narrator = Narrator(clock)
    narrator.tell({"k": told()})
    clock.advance(4.9)
    assert narrator.tell({}) == b""
    clock.advance(0.1)
    assert kinds(narrator.tell({})) == [("session_list", 3)]


def test_neither_prompts_nor_what_a_tool_works_on_leave_the_house(clock):
    secret = told(state="waiting", waiting_for="permission", waiting_on="Bash: rm -rf build", doing="rm -rf build")
    lines = Narrator(clock).tell({"k": secret})
    assert b"rm -rf" not in lines
    assert read(lines)[1]["waiting_for"] == "permission"


def test_lines_are_ascii_whatever_the_telemetry_says(clock):
    lines = Narrator(clock).tell({"k": told(name="é\x1b]0;x\x07\u202e\ud83d\n")})
    assert lines.isascii()
    assert not set(lines) & (set(range(32)) - {10})
    assert read(lines)[1]["project"] == "é\x1b]0;x\x07\u202e\ud83d\n"


@pytest.mark.parametrize(
    ("state", "age_s", "timeouts", "said"),
    [
        ("working", 3, Timeouts(quiet_s=3), "completed"),
        ("working", 2.9, Timeouts(quiet_s=3), "working"),
        ("working", 40, Timeouts(quiet_s=3, completed_s=30), "idle"),
        ("completed", 30, Timeouts(completed_s=30), "idle"),
        ("completed", 30, Timeouts(), "completed"),
        ("waiting", 300, Timeouts(session_s=300), "expired"),
        ("ended", 300, Timeouts(session_s=300), "ended"),
    ],
)
def test_the_time_limits_of_otel_ai_monitor_hold_where_they_are_asked_for(clock, state, age_s, timeouts, said):
    lines = Narrator(clock, timeouts=timeouts).tell({"k": told(state=state, age_s=age_s)})
    assert {line.get("state", said) for line in read(lines)} == {said}


def test_a_time_limit_is_told_when_it_passes_though_nothing_arrives(clock):
    narrator = Narrator(clock, timeouts=Timeouts(quiet_s=3))
    narrator.tell({"k": told()})
    clock.advance(2.9)
    assert narrator.tell({}) == b""
    clock.advance(0.2)
    update, listed = read(narrator.tell({}))
    assert (update["state"], listed["has_working"]) == ("completed", False)


def drained(descriptor: int) -> bytes:
    """All bytes up to the end of the file."""
    return b"".join(iter(lambda: os.read(descriptor, 1 << 16), b""))


def test_a_writer_writes_all_it_was_given_and_ends():
    source, sink = os.pipe()
    writer = Writer(sink, when_closed=lambda: None)
    for number in range(100):
        writer.put(b"%d\n" % number)
    writer.close(WAIT_S)
    os.close(sink)
    assert drained(source) == b"".join(b"%d\n" % number for number in range(100))
    os.close(source)


def test_a_stopped_reader_costs_lines_and_never_time():
    source, sink = os.pipe()
    writer = Writer(sink, when_closed=lambda: None)
    line = b"x" * 999 + b"\n"
    for _ in range(10_000):
        writer.put(line)  # would block for ever were it to write: a pipe holds 64 KiB
    assert writer.lost
    assert not writer.caught_up()  # the reader still stands
    received = bytearray()
    reader = threading.Thread(target=lambda: received.extend(drained(source)))
    reader.start()
    while not writer.caught_up():
        reader.join(0.001)
    writer.put(b"fresh\n")
    writer.close(WAIT_S)
    os.close(sink)
    reader.join(WAIT_S)
    os.close(source)
    whole, last = bytes(received).rsplit(b"\n", 2)[:2]
    assert last == b"fresh"
    assert set(whole.split(b"\n")) == {line[:-1]}  # no line was torn
    assert len(received) < 1_000_000


def test_more_than_may_be_unread_is_told_at_once_to_who_reads():
    source, sink = os.pipe()
    writer = Writer(sink, when_closed=lambda: None, unsent=10)
    writer.put(b"x" * 999 + b"\n")
    assert not writer.lost
    writer.close(WAIT_S)
    os.close(sink)
    assert drained(source) == b"x" * 999 + b"\n"
    os.close(source)


def test_a_reader_that_goes_away_is_a_quiet_end():
    source, sink = os.pipe()
    gone = threading.Event()
    writer = Writer(sink, when_closed=gone.set)
    os.close(source)
    writer.put(b"x\n")
    assert gone.wait(WAIT_S)
    writer.put(b"y\n")
    writer.close(WAIT_S)
    os.close(sink)
