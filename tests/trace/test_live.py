"""What is captured is a row of a running aimon, and nothing of it slows or fails the agent."""

import os
import socket
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from aimon_trace import Tracer, TraceWarning
from aimon_trace.live import QUEUE, Live, listeners
from tests.fakes.program import Program

PATIENCE_S = 10.0


class Anybody:
    """A server that may be an aimon, or another collector, or fail."""

    def __init__(self, *, service: str = "aimon", status: int = 200) -> None:
        self.paths, self.bodies, self.gate = [], [], threading.Event()
        self.gate.set()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.answer(200, f'{{"service":"{service}"}}'.encode())

            def do_POST(self):
                outer.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
                outer.gate.wait(PATIENCE_S)
                self.answer(status, b"")

            def answer(self, code, body):
                outer.paths.append(self.path)
                self.send_response(code)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.gate.set()
        self.server.shutdown()
        self.server.server_close()


def record(live, steps=3):
    with Tracer.run("shopper", listeners=[live]) as tracer:
        for _ in range(steps):
            tracer.llm_call("gpt-5.5", "a secret plan", "o", tokens_in=10, tokens_out=5)
    return tracer.get_trace()


def test_an_agent_of_ones_own_is_a_row(tmp_path):
    with Program(tmp_path).serving() as aimon:
        live = Live(f"http://127.0.0.1:{aimon.port}")
        with Tracer.run("shopper", listeners=[live]) as tracer:
            tracer.llm_call("gpt-5.5", "a secret plan", "o", tokens_in=10, tokens_out=5)
            with tracer.tool_call("search"):
                assert live.flush(PATIENCE_S)
                (working,) = aimon.ask("/api/v1/sessions?all=1")["sessions"]
        assert live.flush(PATIENCE_S)
        (over,) = aimon.ask("/api/v1/sessions?all=1")["sessions"]
    assert working["key"] == over["key"] == f"shopper:{tracer.get_trace().run_id}"
    assert (working["state"], over["state"]) == ("working", "completed")
    assert (over["llm_calls"], over["tool_calls"], over["tokens"]["total"], over["turns"]) == (1, 1, 15, 1)
    assert over["pid"] == os.getpid()


def test_what_was_said_stays_here():
    with Anybody() as aimon:
        live = Live(aimon.url)
        run = record(live)
        assert live.flush(PATIENCE_S)
    assert (live.sent, live.dropped) == (4, 0)
    assert b"plan" not in b"".join(aimon.bodies)
    assert run.run_id.encode() in aimon.bodies[0]


def test_another_collector_on_the_port_is_told_nothing():
    with Anybody(service="otelcol") as other:
        live = Live(other.url)
        record(live)
        assert live.flush(PATIENCE_S)
        assert other.bodies == []
        named = Live(other.url, certain=True)
        record(named)
        assert named.flush(PATIENCE_S)
    assert (live.sent, live.dropped, named.sent) == (0, 4, 4)


def test_spans_of_others_go_in_their_own_words(tmp_path):
    from tests.trace.test_convert import LLM, span

    call = span(span_id=2, parent=1, attributes={**LLM, "input.value": "a secret plan", "session.id": "s1"})
    wrapped = span(span_id=1, attributes={**LLM, "openinference.span.kind": "CHAIN", "session.id": "s1"})
    for one in (call, wrapped):
        one.instrumentation_scope.name = "openinference.instrumentation.langchain"
    with Program(tmp_path).serving() as aimon:
        live = Live(f"http://127.0.0.1:{aimon.port}")
        live.span(call)
        live.span(wrapped)
        assert live.flush(PATIENCE_S)
        (session,) = aimon.ask("/api/v1/sessions?all=1")["sessions"]
    assert (session["key"], session["llm_calls"], session["tokens"]["total"]) == ("shop:s1", 1, 5)
    assert session["pid"] == os.getpid()
    with Anybody() as other:
        named = Live(other.url, certain=True)
        named.span(call)
        assert named.flush(PATIENCE_S)
    assert b"plan" not in other.bodies[0]
    assert b"gpt-5.5" in other.bodies[0]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_child_of_a_fork_tells_its_own():
    with Anybody() as aimon:
        program = f"""
import os
from aimon_trace import Tracer
def run(name):
    with Tracer.run(name) as tracer:
        tracer.llm_call("m", "i", "o")
run("parent")
child = os.fork()
if not child:
    run("child")
    from aimon_trace import live
    os._exit(0 if live.listeners()[0].flush({PATIENCE_S}) else 1)
assert os.waitpid(child, 0)[1] == 0
"""
        environment = {**os.environ, "AIMON_ENDPOINT": aimon.url}
        subprocess.run([sys.executable, "-c", program], env=environment, check=True, timeout=2 * PATIENCE_S)
    told = b"".join(aimon.bodies)
    assert (b"invoke_agent parent" in told, b"invoke_agent child" in told) == (True, True)


@pytest.mark.parametrize("status", [400, 503])
def test_what_is_refused_is_counted_and_that_is_all(status):
    with Anybody(status=status) as aimon:
        live = Live(aimon.url)
        record(live)
        assert live.flush(PATIENCE_S)
    assert (live.sent, live.dropped) == (0, 4)


def test_where_nobody_listens_nothing_waits():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        live = Live(f"http://127.0.0.1:{free.getsockname()[1]}")
        record(live)
        assert live.flush(PATIENCE_S)
        record(live, steps=100)
    assert (live.sent, live.dropped) == (0, 105)


def test_an_aimon_that_does_not_answer_holds_up_nobody():
    with Anybody() as aimon:
        live = Live(aimon.url)
        record(live)
        assert live.flush(PATIENCE_S)
        aimon.gate.clear()
        began = time.monotonic()
        record(live, steps=QUEUE + 500)
        assert time.monotonic() - began < PATIENCE_S
        assert live.dropped > 0
        assert len(live._queue) <= QUEUE


def test_a_step_that_cannot_be_told_loses_the_queue_and_not_the_agent(monkeypatch):
    from aimon_trace import encode

    with Anybody() as aimon:
        live = Live(aimon.url)
        monkeypatch.setattr(encode, "root", lambda *_, **__: 1 / 0)
        run = record(live)
        assert live.flush(PATIENCE_S)
    assert run.status == "completed"
    assert live.dropped == 4


@pytest.mark.parametrize(
    ("told", "expected"),
    [("", ["http://127.0.0.1:4318"]), ("off", []), ("http://127.0.0.1:5318", ["http://127.0.0.1:5318"])],
)
def test_the_environment_says_where(monkeypatch, told, expected):
    monkeypatch.setenv("AIMON_ENDPOINT", told)
    assert [live.endpoint for live in listeners()] == expected
    assert listeners() == listeners()


def test_an_address_that_is_none_is_said_so(monkeypatch):
    monkeypatch.setenv("AIMON_ENDPOINT", "localhost")
    with pytest.warns(TraceWarning, match="AIMON_ENDPOINT"):
        assert listeners() == ()


PROGRAM = """
from aimon_trace import Tracer
with Tracer.run("shopper") as tracer:
    tracer.llm_call("gpt-5.5", "i", "o", tokens_in=10)
"""


def test_a_program_that_ends_at_once_is_told_whole():
    with Anybody() as aimon:
        environment = {**os.environ, "AIMON_ENDPOINT": aimon.url}
        subprocess.run([sys.executable, "-c", PROGRAM], env=environment, check=True, timeout=PATIENCE_S)
    assert b"invoke_agent shopper" in b"".join(aimon.bodies)
