"""The hook program as agents start it: a process of its own that is always quiet and never in the way."""

import os
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from aimon_core import paths, runtime_dir
from aimon_desktop import hook_program

PROGRAM = Path(hook_program.__file__)
PYTHON = str(Path(sys.executable).resolve())
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
BLOCKED_S = 2.0
"""A generous second: the machine that tests may be busy."""


class Home:
    """Folders of its own, and the program in them."""

    def __init__(self, folder: Path, port: int) -> None:
        self.runtime = folder / "run"
        self.runtime.mkdir(mode=0o700)
        self.spool = folder / "state" / "spool"
        self.environment = {
            "AIMON_RUNTIME_DIR": str(self.runtime),
            "AIMON_STATE_DIR": str(folder / "state"),
            "AIMON_PORT": str(port),
        }

    def run(self, payload: bytes | None, *arguments: str, **more: str) -> float:
        """Start it as an agent does; seconds it took. It must say nothing, whatever happened."""
        command = [PYTHON, "-S", "-E", str(PROGRAM), *(arguments or ("claude-code",))]
        began = time.monotonic()
        done = subprocess.run(command, input=payload, env=self.environment | more, capture_output=True, timeout=20)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
        return time.monotonic() - began

    def spooled(self) -> list[Path]:
        return sorted(self.spool.iterdir()) if self.spool.exists() else []


def closed_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as door:
        return int(door.getsockname()[1])


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path, closed_port())


@contextmanager
def listening(door: socket.socket, answer: bytes | None = ANSWER) -> Iterator[list[bytes]]:
    """A receiver that takes one request and answers; with None it takes nothing and says nothing."""
    heard: list[bytes] = []

    def serve() -> None:
        connection, _ = door.accept()
        with connection:
            data = b""
            while b"\r\n\r\n" not in data or len(data.partition(b"\r\n\r\n")[2]) < length(data):
                data += connection.recv(1 << 16)
            connection.sendall(answer or b"")
            heard.append(data)

    with door:
        thread = threading.Thread(target=serve, daemon=True)
        if answer is not None:
            thread.start()
        yield heard
        if answer is not None:
            thread.join(10)


def length(data: bytes) -> int:
    return int(headers(data)["Content-Length"])


def headers(data: bytes) -> dict[str, str]:
    lines = data.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return dict(line.split(": ", 1) for line in lines)


def unix(home: Home) -> socket.socket:
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(home.runtime / "hooks.sock"))
    door.listen()
    return door


def test_the_socket_comes_first_and_gets_the_very_bytes(home):
    payload = '{"prompt": "größer \\ud83d"}\n'.encode()
    with listening(unix(home)) as heard:
        before = time.time_ns()
        home.run(payload)
    assert heard[0].startswith(b"POST /hooks/claude-code HTTP/1.1\r\n")
    assert heard[0].endswith(b"\r\n\r\n" + payload)
    assert before <= int(headers(heard[0])["X-Aimon-At"]) <= time.time_ns()
    assert home.spooled() == []


def test_it_tells_the_processes_above_it_and_where_the_terminal_is(home):
    with listening(unix(home)) as heard:
        home.run(b"{}", TMUX_PANE="%3", KITTY_WINDOW_ID="7", STY="a\r\nX-Evil: 1", WINDOWID="9" * 300, SECRET="no")
    told = headers(heard[0])
    pid, _, ticks = told["X-Aimon-Parents"].split(",")[0].partition("@")
    assert int(pid) == os.getpid()
    if sys.platform == "linux":
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        assert ticks == fields[19]
    assert (told["X-Aimon-Tmux-Pane"], told["X-Aimon-Kitty-Window-Id"]) == ("%3", "7")
    assert not {"X-Evil", "X-Aimon-Sty", "X-Aimon-Windowid", "X-Aimon-Secret"} & told.keys()


def test_without_a_socket_the_port_gets_it(home):
    door = socket.create_server(("127.0.0.1", 0))
    with listening(door) as heard:
        home.run(b'{"a": 1}', AIMON_PORT=str(door.getsockname()[1]))
    assert heard[0].endswith(b'\r\n\r\n{"a": 1}')


def test_a_leftover_socket_is_passed_over(home):
    unix(home).close()
    door = socket.create_server(("127.0.0.1", 0))
    with listening(door) as heard:
        home.run(b"{}", AIMON_PORT=str(door.getsockname()[1]))
    assert len(heard) == 1


def test_with_nobody_there_it_goes_to_the_spool_in_the_order_of_time(home):
    payloads = [b'{"n": %d}' % number for number in range(3)]
    for payload in payloads:
        home.run(payload)
    files = home.spooled()
    assert [file.read_bytes().partition(b"\r\n\r\n")[2] for file in files] == payloads
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert {stat.S_IMODE(one.stat().st_mode) for one in (home.spool, home.spool.parent)} == {0o700}


def test_what_is_not_taken_goes_to_the_spool(home):
    with listening(unix(home), b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"):
        home.run(b"{}")
    assert len(home.spooled()) == 1


def test_a_receiver_that_hangs_costs_a_second_at_most(home):
    with listening(unix(home), None):
        took = home.run(b"{}")
    assert hook_program.ANSWER_S <= took < BLOCKED_S
    assert len(home.spooled()) == 1


@pytest.mark.parametrize(
    "payload",
    [b"\x00\xff\r\n\r\n\x1b[31m" * 100, b"{" * 200_000, b"x" * (3 << 20)],
    ids=["binary", "unbalanced", "huge"],
)
def test_whatever_comes_is_passed_on(home, payload):
    with listening(unix(home)) as heard:
        home.run(payload)
    assert heard[0].partition(b"\r\n\r\n")[2] == payload


def test_more_than_a_payload_can_be_is_read_and_let_go(home):
    home.run(b"x" * (hook_program.PAYLOAD + 1))
    assert home.spooled() == []


def test_nothing_to_say_is_not_said(home):
    home.run(b"")
    assert home.spooled() == []


def test_a_writer_that_never_ends_is_not_waited_for(home):
    command = [PYTHON, "-S", "-E", str(PROGRAM), "claude-code"]
    began = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.PIPE, env=home.environment) as agent:
        assert agent.wait(10) == 0
    assert time.monotonic() - began < BLOCKED_S


def test_a_closed_standard_input_is_no_trouble(home):
    command = f"exec '{PYTHON}' -S -E '{PROGRAM}' claude-code <&-"
    done = subprocess.run(["/bin/sh", "-c", command], env=home.environment, capture_output=True, timeout=10)
    assert (done.returncode, done.stdout, done.stderr, home.spooled()) == (0, b"", b"", [])


def test_a_payload_may_come_as_an_argument(home):
    home.run(None, "codex", '{"type": "agent-turn-complete"}')
    assert home.spooled()[0].read_bytes().endswith(b'\r\n\r\n{"type": "agent-turn-complete"}')


@pytest.mark.parametrize("agent", ["", "a/b", "x\r\nHost: evil", "ä", "-"])
def test_no_agent_writes_the_request(home, agent):
    home.run(b"{}", agent)
    assert home.spooled() == []


def test_no_arguments_at_all_are_no_trouble(home):
    done = subprocess.run([PYTHON, str(PROGRAM)], env=home.environment, capture_output=True, timeout=10)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_full_spool_lets_the_oldest_go(home, monkeypatch):
    monkeypatch.setattr(hook_program, "SPOOL_FILES", 3)
    monkeypatch.setattr(hook_program, "SPOOL_BYTES", 100)
    for number in range(5):
        hook_program.spool(str(home.spool), number, b"x")
    assert [int(file.name.partition("-")[0]) for file in home.spooled()] == [2, 3, 4]
    hook_program.spool(str(home.spool), 5, b"x" * 99)
    assert [int(file.name.partition("-")[0]) for file in home.spooled()] == [4, 5]


def test_a_spool_that_others_can_read_is_not_used(home):
    home.spool.mkdir(parents=True, mode=0o755)
    home.spool.chmod(0o755)
    home.run(b"{}")
    assert home.spooled() == []


def test_a_spool_that_cannot_be_made_is_no_trouble(home):
    home.spool.parent.write_text("a file")
    home.run(b"{}")


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell")
def test_it_says_nothing_to_another_users_port(monkeypatch):
    with closing(socket.create_server(("127.0.0.1", 0))) as door:
        port = int(door.getsockname()[1])
        assert hook_program.ours(port)
        monkeypatch.setattr(os, "getuid", lambda: 4711)
        assert not hook_program.ours(port)


@pytest.mark.parametrize(
    "environment",
    [
        {"AIMON_RUNTIME_DIR": "/a", "AIMON_STATE_DIR": "/b"},
        {"XDG_RUNTIME_DIR": "/dev", "XDG_STATE_HOME": "/srv/state"},
        {"XDG_RUNTIME_DIR": "/nowhere", "XDG_STATE_HOME": "not/absolute", "TMPDIR": "/srv/tmp/"},
    ],
)
def test_it_looks_where_aimon_is(environment, monkeypatch):
    for name in ("AIMON_RUNTIME_DIR", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "AIMON_STATE_DIR", "TMPDIR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert hook_program.runtime_dir() == runtime_dir.locate()
    assert hook_program.state_dir() + "/spool" == str(paths.spool_dir())


def test_it_loads_nothing_that_is_slow():
    command = [PYTHON, "-S", "-E", "-X", "importtime", str(PROGRAM)]
    loaded = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=10).stderr
    assert not {"socket", "json", "http.client", "pathlib", "re"} & {
        line.split("|")[-1].strip() for line in loaded.splitlines()
    }
