"""Recordings read again."""

import gzip
import json
import zlib

import pytest

from aimon_core.errors import Unreadable
from aimon_core.journal import Delivery
from receiver import tape
from tests.fakes.captures import ROOT, sent

NAME = "tui_permission"
ENTRY = {"unix": 2.0, "signal": "logs", "content_type": "application/json", "content_encoding": "", "file": "a.json"}
BODY = b'{"resourceLogs": []}'


def test_a_capture_is_read_whole_in_the_order_of_its_arrival():
    requests = tape.read(ROOT / "claude-code" / NAME)
    assert [round(request.at_ns / 1e9, 4) for request in requests] == [round(one.unix, 4) for one in sent(NAME)]
    assert {request.kind for request in requests} == {"logs", "traces", "metrics", "hooks/claude-code"}
    assert {request.encoding for request in requests if request.kind != "hooks/claude-code"} == {"protobuf"}


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "a.json").write_bytes(BODY)
    return tmp_path


def index(folder, **changes) -> None:
    (folder / "index.jsonl").write_text(json.dumps(ENTRY | changes) + "\n")


@pytest.mark.parametrize(
    ("file", "content_encoding", "body"),
    [
        ("a.json", "", BODY),
        ("a.json", "gzip", gzip.compress(BODY, mtime=0)),
        ("a.json", "deflate", zlib.compress(BODY)),
        ("a.json.gz", "", gzip.compress(BODY, mtime=0)),
    ],
)
def test_bodies_are_inflated(folder, file, content_encoding, body):
    (folder / file).write_bytes(body)
    index(folder, file=file, content_encoding=content_encoding)
    (request,) = tape.read(folder)
    assert (request.kind, request.encoding, request.body, request.at_ns) == ("logs", "json", BODY, 2 * 10**9)


def test_signals_of_no_interest_are_left_out(folder):
    index(folder, signal="profiles")
    assert tape.read(folder) == []


def test_hooks_belong_to_the_agent_they_name(folder):
    lines = [{"unix": 1, "agent": "codex", "stdin": {}}, {"unix": 3, "stdin": {"a": 1}}]
    (folder / "hooks.jsonl").write_text("\n".join(map(json.dumps, lines)))
    assert [(request.kind, request.body) for request in tape.read(folder)] == [
        ("hooks/codex", b"{}"),
        ("hooks/claude-code", b'{"a": 1}'),
    ]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("index.jsonl", json.dumps(ENTRY) + "\n{", "index.jsonl, line 2, is no JSON"),
        ("index.jsonl", "[]", "line 1, is no JSON object"),
        ("index.jsonl", json.dumps(ENTRY | {"file": "gone"}), "line 1, cannot be read"),
        ("index.jsonl", json.dumps({"unix": 1}), "line 1, cannot be read: 'signal'"),
        ("index.jsonl", json.dumps(ENTRY | {"content_encoding": "gzip"}), "line 1, cannot be read"),
        ("hooks.jsonl", json.dumps({"unix": "x", "stdin": {}}), "line 1, cannot be read"),
        ("hooks.jsonl", json.dumps({"unix": 1}), "hooks.jsonl, line 1, cannot be read: 'stdin'"),
        ("hooks.jsonl", "\udcff", "hooks.jsonl cannot be read"),
        ("nothing", "", "is no recording"),
    ],
)
def test_what_cannot_be_read_is_named(folder, name, text, words):
    (folder / name).write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(Unreadable, match=words) as raised:
        tape.read(folder)
    assert raised.value.exit_code == 2


def test_deliveries_that_cannot_be_read_any_more_are_logged_and_left_out(caplog):
    good = Delivery("hooks/claude-code", json.dumps({"session_id": "s", "hook_event_name": "Stop"}).encode(), 7)
    bad = [Delivery("hooks/claude-code", b"{", 1), Delivery("traces", b"\xff", 2), Delivery("pigeon", b"", 3)]
    told = list(tape.replayed([*bad, good]))
    assert [(bool(events), arrived_ns) for events, arrived_ns in told] == [(True, 7)]
    assert len(caplog.records) == 3


def test_a_request_without_a_time_came_when_the_last_of_it_happened():
    requests = tape.read(ROOT / "frameworks" / "langchain-otel-genai" / "session")
    assert [request.kind for request in requests if request.kind != "metrics"] == ["traces"] * (len(requests) - 1)
    assert all(request.at_ns > 1_700_000_000 * 10**9 for request in requests)
    assert requests == sorted(requests, key=lambda request: request.at_ns)
