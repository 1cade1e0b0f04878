"""Asking the running aimon."""

import http.server
import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from aimon_core.config import Config, Settings, load
from aimon_core.errors import Unavailable
from aimon_core.session import Totals
from aimon_desktop.outputs import short
from aimon_desktop.outputs.bars import starship
from aimon_tui import peer
from aimon_tui.console.stream import Bar, Mirror
from tests.fakes.captures import Sent
from tests.fakes.program import Program
from tests.fakes.told import told


@contextmanager
def answering(status: int, body: bytes) -> Iterator[tuple[str, int]]:
    class Door(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield ("127.0.0.1", server.server_port)
        server.shutdown()
        thread.join()


def test_the_running_aimon_is_told_what_was_seen(tmp_path):
    payload = {"session_id": "s1", "cwd": "/home/dev/shop", "prompt": ""}
    with Program(tmp_path).serving() as serving:
        for name in ("UserPromptSubmit", "Stop"):
            body = json.dumps(payload | {"hook_event_name": name, "stop_hook_active": False}).encode()
            assert serving.send(Sent(0.0, "/hooks/claude-code", "application/json", body)) == [200]
        states = [one["state"] for one in serving.ask("/api/v1/sessions")["sessions"]]
        peer.acknowledge(("127.0.0.1", serving.port), "claude-code:s1")
        states += [one["state"] for one in serving.ask("/api/v1/sessions")["sessions"]]
    assert states == ["completed", "idle"]
    peer.acknowledge(("127.0.0.1", serving.port), "claude-code:s1")  # nobody is there: nothing to say


@pytest.fixture
def config(tmp_path) -> Config:
    return load(tmp_path / "none", {}, {})


def test_the_running_aimon_is_found_by_what_it_left(config, tmp_path, monkeypatch):
    monkeypatch.setenv("AIMON_RUNTIME_DIR", str(tmp_path))
    assert peer.address(config) == ("127.0.0.1", 4318)
    claim = short.claim(str(tmp_path))
    short.write(str(tmp_path), short.document([], Totals(), "127.0.0.1:5318"))
    assert peer.address(config) == ("127.0.0.1", 5318)
    told_so = load(tmp_path / "none", {}, {"port": 6})
    assert peer.address(told_so) == ("127.0.0.1", 6)
    os.close(claim)
    assert peer.address(config) == ("127.0.0.1", 4318)


@pytest.mark.parametrize(("status", "body"), [(404, b'{"sessions": []}'), (200, b"hello"), (200, b"[]"), (200, b"{}")])
def test_what_is_no_aimon_has_no_sessions(status, body):
    with answering(status, body) as place:
        assert peer.sessions(place, every=False) is None
    assert peer.sessions(place, every=True) is None  # nobody there any more


def test_lines_come_as_they_are_and_end_with_their_sender():
    with answering(200, b"one\ntwo\n") as place:
        assert [line for line in peer.changes(place, 5.0) if line] == [b"one\n", b"two\n"]


def test_silence_is_told():
    door = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    quiet = threading.Event()

    class Slow(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            quiet.wait(5)

        def log_message(self, *args):
            pass

    door.RequestHandlerClass = Slow
    thread = threading.Thread(target=door.handle_request)
    thread.start()
    lines = peer.changes(("127.0.0.1", door.server_port), 0.001)
    assert next(lines) == b""
    quiet.set()
    assert list(lines) is not None
    thread.join()
    door.server_close()


def test_nobody_to_follow_is_said():
    with answering(503, b"") as place, pytest.raises(Unavailable, match="No aimon answers"):
        next(peer.changes(place, 1.0))


def test_whole_sessions_become_the_lines_that_status_bars_know():
    mirror = Mirror(Settings())

    def kinds(message: dict | None) -> list[str]:
        line = json.dumps(message).encode() if message else b""
        return [json.loads(line)["type"] for line in mirror.told(line).splitlines()]

    def listed(*keys: str) -> dict:
        return {"type": "session_list", "sessions": [{"key": key} for key in keys]}

    def update(*words: str, **facts) -> dict:
        return {**told(*words, **facts), "type": "session_update"}

    assert kinds(None) == []
    assert kinds(listed("claude-code:s1", "claude-code:s2")) == [], "the first list waits until it is whole"
    assert kinds(update()) == []
    assert kinds(update("s2")) == ["session_list", "session_update", "session_update"]
    assert kinds(update(state="waiting")) == ["session_update", "session_list"]
    assert kinds(listed("claude-code:s1")) == [], "lists are our own"
    assert kinds({"type": "session_gone", "key": "claude-code:s1"}) == ["session_list"]
    assert kinds({"type": "news"}) == []
    assert kinds(None) == []


def test_a_bar_is_told_when_it_reads_differently_and_at_the_end():
    bar = Bar(starship)

    def listed(*states: str) -> bytes:
        items = [told(state=state) | {"project": "shop"} for state in states]
        return json.dumps({"type": "session_list", "sessions": items, "totals": {"today_usd": 1.5}}).encode()

    assert bar.told(b"") == b""
    assert bar.told(listed("working")) == "●1\n".encode()
    assert bar.told(json.dumps({"type": "session_update"}).encode()) == b""
    assert bar.told(listed("working")) == b""
    assert bar.told(listed("working", "waiting")) == "!1 ●1\n".encode()
    assert (bar.end(), bar.end()) == (b"\n", b"")
