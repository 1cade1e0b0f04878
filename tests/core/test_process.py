"""Process facts of processes that really run."""

import json
import os
import pty
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import psutil
import pytest

from aimon_core.process import Owner, alive, facts, port_owner, terminal


@contextmanager
def answering(body: bytes) -> Iterator[int]:
    class Door(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200 if self.path == "/health" else 404)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Door) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_this_process_is_known_and_alive():
    me = facts(os.getpid())
    assert me is not None
    assert (me.pid, me.uid, me.parent) == (os.getpid(), os.getuid(), os.getppid())
    assert "python" in me.command or "pytest" in me.command
    assert alive(me.pid, me.started_at)


def test_a_pid_with_another_start_time_or_owner_is_somebody_else(monkeypatch):
    me = facts(os.getpid())
    assert not alive(me.pid, me.started_at - 60)
    monkeypatch.setattr(os, "getuid", lambda: me.uid + 1)
    assert not alive(me.pid, me.started_at)


def test_a_process_that_ended_is_no_fact():
    with subprocess.Popen([sys.executable, "-S", "-c", "pass"]) as child:
        pass
    assert facts(child.pid) is None
    assert not alive(child.pid, 0)


def test_nobody_owns_a_free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    assert port_owner(port) is None


def test_an_aimon_on_the_port_says_so():
    with answering(json.dumps({"status": "ok", "service": "aimon", "pid": 1}).encode()) as port:
        owner = port_owner(port)
    assert owner is not None
    assert (owner.pid, owner.is_aimon) == (os.getpid(), True)  # the system's word wins over the claim


@pytest.mark.parametrize("body", [b'{"status":"ok"}', b"[1]", b"hello", b"\xff" * 8192])
def test_another_program_on_the_port_is_named(body):
    with answering(body) as port:
        owner = port_owner(port)
    assert owner is not None
    assert not owner.is_aimon
    assert str(owner).endswith(f"(pid {os.getpid()})")


def test_an_owner_that_never_answers_is_still_an_owner():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        owner = port_owner(silent.getsockname()[1])
    assert owner is not None
    assert (owner.pid, owner.is_aimon) == (os.getpid(), False)


ANSWERS = """
import socket, sys
with socket.create_server(("127.0.0.1", 0)) as port:
    print(port.getsockname()[1], flush=True)
    asker = port.accept()[0]
    asker.recv(1000)
    asker.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\n" + sys.argv[1].encode())
    asker.close()
    sys.stdin.read()
"""


@pytest.mark.parametrize(("name", "owner"), [("systemd", "ours"), ("x", "its")])
def test_a_port_that_systemd_holds_belongs_to_the_aimon_that_answers(name, owner):
    claim = json.dumps({"service": "aimon", "pid": os.getpid()})
    command = [name, "-S", "-c", ANSWERS, claim]
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, executable=sys.executable, **streams) as holder:
        found = port_owner(int(holder.stdout.readline()))
    assert (found.is_aimon, found.pid) == (True, {"ours": os.getpid(), "its": holder.pid}[owner])


def test_where_the_system_does_not_tell_the_door_is_asked(monkeypatch):
    def refuse(kind):
        raise psutil.AccessDenied

    monkeypatch.setattr(psutil, "net_connections", refuse)
    with answering(json.dumps({"service": "aimon", "pid": os.getpid()}).encode()) as port:
        assert port_owner(port).pid == os.getpid()
    with answering(b"no") as port:
        assert str(port_owner(port)) == "another program"


def test_an_owner_is_named_by_its_program():
    assert str(Owner(812, "/usr/bin/otelcol --config x", is_aimon=False)) == "otelcol (pid 812)"


@pytest.mark.skipif(sys.platform != "linux", reason="`setsid` is a program of Linux")
def test_a_terminal_opened_after_the_first_look_is_found():
    psutil.Process().terminal()  # psutil remembers the terminals of now
    ours, theirs = pty.openpty()
    with subprocess.Popen(["setsid", "--ctty", "sleep", "60"], stdin=theirs) as child:
        until = time.monotonic() + 10
        while psutil.Process(child.pid).name() != "sleep":
            assert time.monotonic() < until
        assert terminal(psutil.Process(child.pid)) == os.ttyname(theirs)
        child.kill()
    os.close(ours)
    os.close(theirs)
