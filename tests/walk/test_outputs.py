"""The ways out of a running `aimon serve`: what each reader gets, and that all of them may stop reading."""

import http.client
import json
import os
import signal
import socket
import subprocess
import threading
from contextlib import suppress
from functools import partial
from time import time_ns

import psutil
import pytest

from aimon_desktop.outputs.short import STATES
from tests.fakes.captures import Sent
from tests.fakes.program import AIMON, WAIT_S, Program
from tests.fakes.tmux import desk, needs_tmux, until

SESSIONS, CALLS, POSTS = 200, 5, 10
KEPT = 16 * 1024 * 1024
"""Bytes that the second half of it may cost, calls in the books and all; a reader may leave 256 KiB unread."""


@pytest.fixture
def program(tmp_path):
    return Program(tmp_path)


def hook(event: str, **facts) -> Sent:
    payload = {"session_id": "s-1", "cwd": "/home/dev/shop-api", "hook_event_name": event, **facts}
    return Sent(0.0, "/hooks/claude-code", "application/json", json.dumps(payload).encode())


def calls(number: int) -> Sent:
    """1,000 model calls of 200 sessions."""
    records = [
        {
            "timeUnixNano": str(time_ns()),
            "body": {"stringValue": "claude_code.api_request"},
            "attributes": [
                {"key": "session.id", "value": {"stringValue": f"session-{call % SESSIONS}"}},
                {"key": "request_id", "value": {"stringValue": f"req-{number}-{call}"}},
                {"key": "model", "value": {"stringValue": "claude-opus-4-5"}},
                {"key": "input_tokens", "value": {"intValue": "10"}},
                {"key": "output_tokens", "value": {"intValue": "1"}},
            ],
        }
        for call in range(SESSIONS * CALLS)
    ]
    scope = {"scope": {"name": "com.anthropic.claude_code.events"}, "logRecords": records}
    body = {"resourceLogs": [{"resource": {}, "scopeLogs": [scope]}]}
    return Sent(0.0, "/v1/logs", "application/json", json.dumps(body).encode())


def connected(program: Program) -> socket.socket:
    ear = socket.socket(socket.AF_UNIX)
    ear.connect(str(program.runtime / "aimon" / "events.sock"))
    ear.settimeout(WAIT_S)
    return ear


class Reading(threading.Thread):
    """A reader that reads on, up to the end or to where it was let go."""

    def __init__(self, read) -> None:
        super().__init__(daemon=True)
        self._read, self._heard = read, b""
        self.start()

    def run(self) -> None:
        with suppress(ConnectionResetError, http.client.IncompleteRead):
            while more := self._read(1 << 16):
                self._heard += more

    def lines(self, *, so_far: bool = False, let_go: bool = False) -> list[dict]:
        """What it heard, each line JSON; the last one may be cut only while it reads, and where it was let go."""
        if not so_far:
            self.join(WAIT_S)
        *lines, rest = self._heard.split(b"\n")
        assert so_far or let_go or not rest
        return [json.loads(line) for line in lines]


def sessions_in(lines: list[dict]) -> int:
    """How many sessions the last list has, those left out of it among them."""
    listed = [line for line in lines if line["type"] == "session_list"][-1:]
    return sum(len(one["sessions"]) + one.get("truncated", 0) for one in listed)


def resident(serving) -> int:
    return psutil.Process(serving.process.pid).memory_info().rss


def test_s21_all_readers_stop_during_ten_thousand_events_and_nothing_waits_grows_or_is_torn(program):
    with program.serving("--no-persist") as serving:  # its stdout is read by nobody so far
        ear = connected(program)
        pipe = os.open(program.runtime / "otel-ai-monitor.pipe", os.O_RDONLY | os.O_NONBLOCK)
        stream = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=WAIT_S)
        stream.request("GET", "/api/v1/stream")
        screen = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=WAIT_S)
        screen.request("GET", "/api/v1/stream?full=1")
        command = [AIMON, "stream", "--port", str(serving.port), "--format", "eww"]
        with subprocess.Popen(command, env=program.environment, stdout=subprocess.PIPE) as bar:
            before = 0
            for number in range(POSTS):
                assert serving.send(calls(number)) == [200]
                assert serving.ask("/health")["status"] == "ok"
                before = resident(serving) if number == POSTS // 2 else before
            assert serving.ask("/api/v1/sessions")["totals"]["llm_calls"] == SESSIONS * CALLS * POSTS
            assert resident(serving) - before < KEPT
            os.set_blocking(pipe, True)
            kept_up = [Reading(partial(os.read, descriptor)) for descriptor in (pipe, serving.process.stdout.fileno())]
            for reader in kept_up:  # who reads on is told how it stands
                until(lambda reader=reader: sessions_in(reader.lines(so_far=True)) == SESSIONS)
            assert serving.end() == 0
            assert all(sessions_in(reader.lines()) == SESSIONS for reader in kept_up)
            for read in (ear.recv, stream.getresponse().read1):
                assert sessions_in(Reading(read).lines(let_go=True)) == SESSIONS
            shown = [json.loads(line) for line in bar.stdout.read().splitlines()]
            assert bar.wait(WAIT_S) == 0
        assert any(sum(one[state] for state in STATES) == SESSIONS for one in shown)
        assert shown[-1]["state"] == "none"
        os.close(pipe)
        for door in (stream, screen, ear):
            door.close()


@pytest.mark.tmux
@needs_tmux
def test_s21_a_tmux_that_stands_still_holds_up_nobody_and_shows_the_last_of_all(program):
    with desk() as place:
        server = place.server()
        server.session("work")
        pid = server.pid
        program.environment["TMUX"] = f"{server.socket},1,0"
        with program.serving("--no-persist") as serving:
            until(lambda: server("show-options", "-gqv", "@aimon") == "$0.00")
            os.kill(pid, signal.SIGSTOP)
            try:
                for number in range(POSTS):
                    assert serving.send(calls(number)) == [200]
                assert serving.ask("/api/v1/sessions")["totals"]["llm_calls"] == SESSIONS * CALLS * POSTS
            finally:
                os.kill(pid, signal.SIGCONT)
            until(lambda: f"{SESSIONS} $" in server("show-options", "-gqv", "@aimon"))
            assert serving.end() == 0
            assert server("show-options", "-gqv", "@aimon") == ""


def test_a_wait_is_told_by_the_socket_and_the_pipe(program):
    with program.serving() as serving:
        ear = connected(program)
        pipe = os.open(program.runtime / "otel-ai-monitor.pipe", os.O_RDONLY)
        serving.send(hook("UserPromptSubmit", prompt="rm"), hook("PermissionRequest", tool_name="Bash"))
        for lines in (ear.makefile("rb"), open(pipe, "rb")):  # noqa: PTH123, SIM115 - a descriptor
            first = json.loads(next(lines))
            assert (first["type"], first["v"]) == ("session_list", 1)
            waiting = next(told for line in lines if (told := json.loads(line)).get("state") == "waiting")
            assert (waiting["project"], waiting["waiting_for"]) == ("shop-api", "permission")
            lines.close()
        ear.close()
        assert serving.end() == 0
        assert not (program.runtime / "aimon" / "events.sock").exists()


def test_a_bar_follows_aimon_to_its_end(program):
    with program.serving() as serving:
        serving.send(hook("UserPromptSubmit", prompt="x"))
        command = [AIMON, "stream", "--port", str(serving.port), "--format", "waybar"]
        with subprocess.Popen(command, env=program.environment, stdout=subprocess.PIPE) as bar:
            try:
                assert json.loads(bar.stdout.readline())["alt"] == "working"
                serving.send(hook("PermissionRequest", tool_name="Bash"))
                waiting = json.loads(bar.stdout.readline())
                assert waiting == {
                    "text": "!1",
                    "alt": "waiting",
                    "tooltip": "shop-api: waiting",
                    "class": ["waiting"],
                }
                assert json.loads(program.run("status", "--format", "waybar").stdout) == waiting
                serving.end()
                assert json.loads(bar.stdout.readline())["alt"] == "none"
                assert bar.wait(WAIT_S) == 0
            finally:
                bar.kill()
