"""systemd's protocol: real sockets as descriptor 3 and 4 of the real `aimon serve`, and a real datagram socket."""

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from aimon_core.errors import Unsafe, UsageError
from aimon_core.process import port_owner
from receiver import supervisor
from receiver.supervisor import Supervisor
from tests.fakes.captures import expected, sent
from tests.fakes.program import AIMON, WAIT_S, Program, Serving

NAME = "tui_default_intervals"
HANDS_OVER = """
import os, sys
for at, descriptor in enumerate(map(int, sys.argv[1].split(","))):
    os.dup2(descriptor, 3 + at)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(at + 1), "LISTEN_FDNAMES": "http"}
os.execv(sys.argv[2], sys.argv[2:])
"""
"""What systemd does between fork and exec."""


@pytest.fixture
def program(tmp_path):
    return Program(tmp_path)


@pytest.fixture
def port() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=16) as listener:
        yield listener


@pytest.fixture
def manager(tmp_path) -> Iterator[socket.socket]:
    """Where a service says how far it is."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(WAIT_S)
        yield ear


def command(program: Program, *listeners: socket.socket, **environment: str):
    """The service, started as systemd starts it; the sockets stay open here, as they do there."""
    numbers = [listener.fileno() for listener in listeners]
    hands_over = [sys.executable, "-S", "-c", HANDS_OVER, ",".join(map(str, numbers))]
    told = program.environment | {"AIMON_GRPC_PORT": "0"} | environment
    streams = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    return subprocess.Popen([*hands_over, AIMON, "serve"], env=told, pass_fds=numbers, **streams)


@contextmanager
def started(program: Program, *listeners: socket.socket, **environment: str) -> Iterator[Serving]:
    with command(program, *listeners, **environment) as process:
        try:
            yield Serving(process)
        finally:
            process.kill()


def sessions(serving: Serving) -> list:
    return [(told["key"], told["llm_calls"]) for told in serving.ask("/api/v1/sessions?all=1")["sessions"]]


def test_the_service_answers_on_the_socket_it_was_given_and_says_when(program, port, manager):
    number = port.getsockname()[1]
    with started(program, port, NOTIFY_SOCKET=manager.getsockname()) as service:
        assert manager.recv(1000) == b"READY=1\nSTATUS=reading the journal"
        assert service.words == [f"listening http://127.0.0.1:{number}"]
        assert manager.recv(1000).startswith(b"STATUS=listening http://127.0.0.1:%d" % number)
        assert set(service.send(*sent(NAME))) == {200}
        assert len(sessions(service)) == 1
        assert service.end() == 0
        assert manager.recv(1000) == b"STOPPING=1"
    with socket.create_connection(("127.0.0.1", number)):
        pass  # the port is systemd's: it stays, whoever comes or goes


def test_what_is_sent_while_nobody_runs_waits_in_the_socket_and_is_answered(program, port):
    first, *rest = sent(NAME)
    with started(program, port) as service:
        assert service.send(first) == [200]
        service.process.kill()
        service.process.wait(WAIT_S)
    door = http.client.HTTPConnection("127.0.0.1", port.getsockname()[1], timeout=WAIT_S)
    door.request("POST", rest[0].path, rest[0].body, {"Content-Type": rest[0].content_type})
    with started(program, port) as service:
        assert door.getresponse().status == 200
        door.close()
        assert set(service.send(*rest[1:])) == {200}
        ((session, figures),) = expected(NAME)["sessions"].items()
        assert sessions(service) == [(f"claude-code:{session}", figures["llm_calls"])]


def test_both_addresses_may_be_given(program, port):
    number = port.getsockname()[1]
    with socket.socket(socket.AF_INET6) as other:
        other.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            other.bind(("::1", number))
        except OSError:
            pytest.skip("no ::1 here")
        other.listen()
        with started(program, port, other) as service:
            assert service.port == number
            for host in ("127.0.0.1", "::1"):
                door = http.client.HTTPConnection(host, number, timeout=WAIT_S)
                door.request("GET", "/health")
                assert json.loads(door.getresponse().read())["pid"] == service.process.pid
                door.close()


def test_s01_a_socket_that_is_open_to_the_network_is_refused(program):
    with socket.create_server(("0.0.0.0", 0)) as wide, command(program, wide) as service:
        assert service.wait(WAIT_S) == 2
        assert b"loopback only, not on 0.0.0.0" in service.stderr.read()


@pytest.mark.skipif(not shutil.which("systemd-socket-activate"), reason="needs systemd-socket-activate")
def test_who_asks_for_the_owner_of_the_port_starts_it_and_is_told(program, port):
    number = port.getsockname()[1]
    port.close()
    told = program.environment | {"AIMON_GRPC_PORT": "0"}
    given = [part for name, value in told.items() for part in ("-E", f"{name}={value}")]
    activate = ["systemd-socket-activate", "-l", f"127.0.0.1:{number}", *given, AIMON, "serve"]
    with subprocess.Popen(activate, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as service:
        try:
            next(line for line in service.stderr if b"Listening on" in line)
            owner = port_owner(number)
            assert (owner.is_aimon, owner.pid) == (True, service.pid)
            second = program.run("serve", "--port", str(number))
            assert f"is taken by {owner}" in second.stderr
        finally:
            service.kill()


# ------------------------------------------------------------------ what is handed over


@pytest.fixture
def handed(monkeypatch):
    """What a process is told whose sockets begin with this one."""

    def told(first: socket.socket | int, many: int = 1) -> dict[str, str]:
        descriptor = first if isinstance(first, int) else first.detach()
        monkeypatch.setattr(supervisor, "FIRST", descriptor)
        return {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": str(many), "HOME": "/"}

    return told


def test_the_environment_forgets_and_children_inherit_nothing(handed):
    environment = handed(socket.create_server(("127.0.0.1", 0))) | {"NOTIFY_SOCKET": "@nobody", "LISTEN_FDNAMES": "x"}
    (listener,) = Supervisor(environment).listeners
    with listener:
        assert environment == {"HOME": "/"}
        assert not listener.get_inheritable()


@pytest.mark.parametrize("told", [{}, {"LISTEN_PID": "1", "LISTEN_FDS": "1"}, {"LISTEN_FDS": "-1"}])
def test_what_is_meant_for_another_process_is_left_alone(told):
    environment = dict(told)
    assert Supervisor(environment).listeners == ()
    assert environment == {}


@pytest.mark.parametrize("kind", [(socket.AF_INET, socket.SOCK_STREAM), (socket.AF_INET, socket.SOCK_DGRAM),
                                  (socket.AF_UNIX, socket.SOCK_STREAM)])  # fmt: skip
def test_a_socket_that_does_not_listen_for_tcp_is_named(handed, kind):
    with pytest.raises(UsageError, match="no TCP socket that listens"):
        Supervisor(handed(socket.socket(*kind)))


def test_a_file_is_no_socket(handed, tmp_path):
    descriptor = os.open(tmp_path, os.O_RDONLY)
    with pytest.raises(UsageError, match=f"File descriptor {descriptor}"):
        Supervisor(handed(descriptor))
    os.close(descriptor)


def test_two_ports_are_one_too_many(handed, monkeypatch):
    one, two = socket.create_server(("127.0.0.1", 0)), socket.create_server(("127.0.0.1", 0))
    monkeypatch.setattr(supervisor, "_opened", dict(enumerate((one, two))).__getitem__)
    with pytest.raises(UsageError, match="several ports"):
        Supervisor(handed(0, 2))
    assert (one.fileno(), two.fileno()) == (-1, -1)


def test_s01_an_open_socket_is_unsafe(handed):
    with pytest.raises(Unsafe):
        Supervisor(handed(socket.create_server(("0.0.0.0", 0))))


# ------------------------------------------------------------------ what is told


@pytest.mark.parametrize("abstract", [False, True])
def test_a_manager_is_told_wherever_it_listens(tmp_path, abstract):
    address = f"@aimon-{os.getpid()}" if abstract else str(tmp_path / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(address.replace("@", "\0"))
        Supervisor({"NOTIFY_SOCKET": address}).tell("READY=1", "STATUS=é")
        assert ear.recv(100) == "READY=1\nSTATUS=é".encode()


@pytest.mark.parametrize("address", ["", "vsock:2:1", "/nowhere/at/all", "@nobody-listens"])
def test_where_nobody_listens_nothing_happens(address):
    Supervisor({"NOTIFY_SOCKET": address}).tell("READY=1")
