"""A client that speaks otherwise than it did: heard at the doors, told in stats, on the row and as a sample."""

import json
from contextlib import closing

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.drift import UNREAD
from aimon_core.events import Drifted
from aimon_core.journal import Journal
from aimon_core.store import SessionStore
from receiver import tape
from receiver.dialects.claude_code import ClaudeCode
from receiver.follow import Counters, Followed
from receiver.record import SIGNALS
from receiver.slim import CLASSES
from tests.fakes.captures import Sent, scenarios, sent
from tests.fakes.door import opened
from tests.fakes.kept import delivered
from tests.fakes.otlp import put
from tests.fakes.transcripts import BY_AGENT, events_of, files, told
from tests.walk.test_captures import fed
from tests.walk.test_transcripts import OTHERS

SECRET = "sk-ant-api03-abcdefghijklmnopqrstuvwx"
PROMPT = "fix the login of Mrs. Miller in /home/dev/shop-api"


def edited(requests: list[Sent], edit) -> list[Sent]:
    """A capture as another version would have sent it: `edit` is given each log record."""
    return [_edited(one, edit) if one.signal == "logs" else one for one in requests]


def _edited(one: Sent, edit) -> Sent:
    message = CLASSES["Logs"].FromString(one.body)
    for group in message.resource_logs:
        put(group.resource.attributes, {"service.version": "2.2.0"})
        for scoped in group.scope_logs:
            for log in scoped.log_records:
                edit(log)
    return Sent(one.unix, one.path, one.content_type, message.SerializeToString())


async def heard(requests: list[Sent]):
    """What stats and rows say once all has come in."""
    async with opened() as door:
        for one in requests:
            assert (await door.post(one.path, one.body, {"Content-Type": one.content_type})).status == 200
        rows = (await door.get("/api/v1/sessions?all=1")).json["sessions"]
        return (await door.get("/api/v1/stats")).json, rows


@pytest.mark.parametrize("name", scenarios())
def test_no_version_that_was_captured_is_strange(name):
    assert list(fed(sent(name)).drifts) == []


async def test_a_renamed_event_is_drift_of_its_version():
    def edit(log):
        _renamed(log)
        if log.body.s == "claude_code.api_request_v2":
            put(log.attributes, {"prompt": PROMPT, "note": SECRET, "input_tokens": 501})

    stats, rows = await heard(edited(sent("print_tools"), edit))
    (drift,) = stats["drift"]
    (name,) = drift["names"]
    assert (drift["agent"], drift["version"], name["channel"]) == ("claude-code", "2.2.0", "log")
    assert (name["name"], name["count"], drift["count"]) == ("claude_code.api_request_v2", 5, 5)
    assert (name["sample"]["prompt"], name["sample"]["input_tokens"]) == (f"text({len(PROMPT)})", 501)
    assert UNREAD in rows[0]["blind_spots"]
    written = json.dumps(stats)
    assert not any(word in written for word in (SECRET[-12:], "Miller", "/home/dev", rows[0]["session_id"]))


async def test_a_newer_version_with_known_names_is_nothing_new():
    stats, rows = await heard(edited(sent("print_tools"), lambda log: None))
    assert stats["drift"] == []
    assert UNREAD not in rows[0]["blind_spots"]
    assert stats["noise"]


@pytest.mark.parametrize(
    ("value", "says"),
    [("many", "is text"), (None, "is of another kind"), (True, "is a flag"), (float("nan"), "is a fraction")],
)
async def test_a_count_of_another_type_is_drift(value, says):
    def edit(log):
        if log.body.s == "claude_code.api_request":
            del log.attributes["output_tokens"]
            put(log.attributes, {"output_tokens": value})

    stats, _ = await heard(edited(sent("print_hello"), edit))
    assert [name["name"] for name in stats["drift"][0]["names"]] == [f"claude_code.api_request: output_tokens {says}"]


async def test_counts_that_are_gone_are_drift_and_text_that_counts_is_none():
    def edit(log):
        if log.body.s == "claude_code.api_request":
            put(log.attributes, {"input_tokens": str(log.attributes["input_tokens"].i)})
            del log.attributes["cache_read_tokens"]

    stats, _ = await heard(edited(sent("print_hello"), edit))
    assert [name["name"] for name in stats["drift"][0]["names"]] == [
        "claude_code.api_request: cache_read_tokens is missing"
    ]


async def test_a_new_hook_event_is_drift_without_a_version():
    payload = {"hook_event_name": "MoonRose", "session_id": "s1", "cwd": "/home/dev/x", "prompt": PROMPT, "phase": 3}
    request = Sent(1_795_226_400.0, "/hooks/codex", "application/json", json.dumps(payload).encode())
    stats, rows = await heard([request])
    (drift,) = stats["drift"]
    assert (drift["agent"], drift["version"], drift["names"][0]["name"]) == ("codex", None, "MoonRose")
    assert drift["names"][0]["sample"] == {
        "hook_event_name": "MoonRose", "session_id": "text(2)", "cwd": "text(11)", "prompt": f"text({len(PROMPT)})",
        "phase": 3,
    }  # fmt: skip
    assert UNREAD in rows[0]["blind_spots"]


async def test_names_that_are_secrets_or_without_number_stay_within_bounds():
    """100,000 names, each of them once, half of them with something in them that is nobody's business."""
    template = sent("print_hello")
    bodies = []
    for begin in range(0, 100_000, 2_000):
        message = CLASSES["Logs"]()
        scoped = message.resource_logs.add().scope_logs.add()
        scoped.scope.name = "com.anthropic.claude_code.events"
        for number in range(begin, begin + 2_000):
            scoped.log_records.add().body.s = f"claude_code.{SECRET if number % 2 else ''}{_word(number)}"
        bodies.append(Sent(template[0].unix, "/v1/logs", "application/x-protobuf", message.SerializeToString()))
    stats, _ = await heard(bodies)
    (drift,) = stats["drift"]
    assert drift["count"] == 100_000
    assert len(drift["names"]) <= 33
    assert "(unnamed)" in {name["name"] for name in drift["names"]}
    assert SECRET[-12:] not in json.dumps(stats)
    assert len(json.dumps(stats)) < 20_000


def _word(number: int) -> str:
    """A number in letters: a name like any other."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(number))


async def test_a_restart_knows_of_it_until_a_dialect_has_learned_to_read_it(tmp_path, monkeypatch):
    """The journal holds what was said, and today's dialects read it."""
    with closing(Journal(tmp_path / "journal.db")) as journal:
        await delivered(edited(sent("print_tools"), _renamed), journal)
        again = [SessionStore(SteppedClock()), SessionStore(SteppedClock())]
        for events, arrived_ns in tape.replayed(journal.deliveries()):
            again[0].apply(events, arrived_ns)
        monkeypatch.setattr(ClaudeCode, "noise", dict.fromkeys(SIGNALS, Everything()))
        for events, arrived_ns in tape.replayed(journal.deliveries()):
            again[1].apply(events, arrived_ns)
    assert [[(one.version, one.count) for one in store.drifts] for store in again] == [[("2.2.0", 5)], []]


class Everything:
    """All names."""

    def __contains__(self, name: object) -> bool:
        return True


def _renamed(log) -> None:
    if log.body.s == "claude_code.api_request":
        log.body.s = "claude_code.api_request_v2"


@pytest.mark.parametrize(("agent", "name"), [("claude-code", one) for one in scenarios()] + OTHERS)
def test_no_transcript_that_was_captured_is_strange(agent, name):
    events = [event for path in files(agent, name) for event in events_of(agent, path)]
    assert not [event.signal for event in events if isinstance(event, Drifted)]


def test_a_new_type_of_line_is_drift_of_the_version_that_wrote_it():
    line = {"type": "moon-rose", "version": "2.2.0", "sessionId": "s1", "note": PROMPT}
    (event,) = told("claude-code", line)
    assert isinstance(event, Drifted)
    assert (event.signal, event.version, event.session_id) == ("moon-rose", "2.2.0", "s1")
    assert event.sample() == {
        "type": "moon-rose", "version": "2.2.0", "sessionId": "text(2)", "note": f"text({len(PROMPT)})"
    }  # fmt: skip
    codex = [{"type": "session_meta", "payload": {"cli_version": "0.200.0"}}, {"type": "moon_rose", "payload": {}}]
    (event,) = told("codex", *(line | {"timestamp": "2026-11-21T02:00:00Z"} for line in codex))
    assert isinstance(event, Drifted)
    assert (event.signal, event.version) == ("moon_rose", "0.200.0")
    (event,) = told("gemini-cli", {"id": "m1", "type": "moon", "timestamp": "2026-11-21T02:00:00Z"})
    assert isinstance(event, Drifted)


def test_a_line_of_another_shape_is_drift_and_one_that_is_no_json_is_none(tmp_path):
    path = tmp_path / "s1.jsonl"
    usage = {"type": "assistant", "message": {"usage": {"input_tokens": PROMPT}}}
    path.write_text("\n".join([json.dumps(usage), "{half a", '{"timestamp": "yesterday"}', ""]))
    counters = Counters()
    events, _ = Followed(path, BY_AGENT["claude-code"]).advance(counters)
    assert counters.unread == 3
    assert [event.signal for event in events] == [
        "line: message.usage.input_tokens reads otherwise",
        "line: timestamp reads otherwise",
    ]
    assert events[0].session_id == "s1"
    assert "Miller" not in json.dumps(events[0].sample())
