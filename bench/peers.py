"""What other receivers of traces make of the same spans: arize-phoenix and mlflow, each in an environment of its own.

Both keep what they take, as aimon does with its journal; what is compared is CPU time from the first request until the
last span is on disk. `python -m bench P9 --install` puts them into `.cache/peers`; what is missing is skipped.
"""

import os
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
from msgspec import Struct
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue

from bench.processes import ROOT, Sender, cpu_s, serving
from bench.results import Result, folder

HOME = ROOT / ".cache" / "peers"
SPANS = 100
"""In a request, as an exporter sends them."""
TURN = 10
"""Spans of one turn, which is a trace."""
READY_S, KEPT_S = 180.0, 300.0
OURS = 200
"""Requests to aimon; the others get as many as they are worth waiting for."""


class Peer(Struct, frozen=True):
    """Another receiver."""

    package: str
    command: str
    """How it is started in its folder, on a port."""
    environment: dict[str, str]
    kept: tuple[str, str]
    """Its database in that folder, and what counts the spans in it."""
    requests: int
    goal: float
    """How many times more spans per CPU-second aimon is to take."""

    @property
    def program(self) -> Path:
        """Its Python, where it was installed."""
        return HOME / self.package / "bin"

    @property
    def is_installed(self) -> bool:
        """Whether it is there, whole."""
        return (HOME / self.package / "installed").exists()


PEERS = (
    Peer(
        "arize-phoenix",
        "phoenix serve",
        {"PHOENIX_TELEMETRY_ENABLED": "false", "PHOENIX_ALLOW_EXTERNAL_RESOURCES": "false"},
        ("phoenix.db", "SELECT count(*) FROM spans"),
        60,
        20,
    ),
    Peer(
        "mlflow",
        "mlflow server --host 127.0.0.1 --port {port} --workers 1 --backend-store-uri sqlite:///mlflow.db",
        {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"},
        ("mlflow.db", "SELECT count(*) FROM spans"),
        15,
        50,
    ),
)


def install() -> None:
    """Install what is missing, each beside the others. Raises CalledProcessError."""
    for peer in PEERS:
        if not peer.is_installed:
            subprocess.run([sys.executable, "-m", "venv", str(HOME / peer.package)], check=True)
            pip = [str(peer.program / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            subprocess.run([*pip, peer.package], check=True)
            (HOME / peer.package / "installed").touch()


def p9() -> Iterator[Result]:
    """Spans per CPU-second with the journal, against others that keep what they take and against no journal."""
    with folder() as home, serving(Path(home), "--grpc-port", "0") as (process, port):
        ours = _per_cpu_second(process, port, OURS, lambda: True)
    with folder() as home, serving(Path(home), "--grpc-port", "0", "--no-persist") as (process, port):
        bare = _per_cpu_second(process, port, OURS, lambda: True)
    yield Result("spans per CPU-second, with the journal", ours / 1e3, "k")
    yield Result("with the journal / without", ours / bare, "x", 0.6, more_is_better=True)
    for peer in PEERS:
        if not peer.is_installed:
            print(f"P9  skipped: {peer.package} is not installed; python -m bench P9 --install")
            continue
        theirs = _of(peer)
        yield Result(f"spans per CPU-second, {peer.package}", theirs / 1e3, "k")
        yield Result(f"aimon / {peer.package}", ours / theirs, "x", peer.goal, more_is_better=True)


def payload(number: int) -> bytes:
    """A request of model calls with their tools, as the GenAI conventions tell them; every id is new."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.append(_text("service.name", "bench"))
    scope = group.scope_spans.add()
    scope.scope.name = "opentelemetry.instrumentation.genai"
    at_ns = time.time_ns()
    for place in range(SPANS):
        turn = number * SPANS + place
        name, said, counts = _part(place % TURN, turn)
        span = scope.spans.add(
            trace_id=(turn // TURN + 1).to_bytes(16, "big"), span_id=(turn + 1).to_bytes(8, "big"),
            parent_span_id=(turn - place % TURN + 1).to_bytes(8, "big") if place % TURN else b"", name=name, kind=3,
            start_time_unix_nano=at_ns + place, end_time_unix_nano=at_ns + place + 5,
        )  # fmt: skip
        said |= {"gen_ai.conversation.id": f"bench-{number % 20}", "gen_ai.provider.name": "anthropic"}
        for part, count in counts:
            span.attributes.append(KeyValue(key=f"gen_ai.usage.{part}_tokens", value=AnyValue(int_value=count)))
        span.attributes.extend(_text(name, value) for name, value in said.items())
    return request.SerializeToString()


def _part(place: int, turn: int) -> tuple[str, dict[str, str], tuple[tuple[str, int], ...]]:
    """One span of a turn: the agent's own, then tools and model calls by turns; name, what it says, and its tokens."""
    if place == 0:
        return "invoke_agent bench", {"gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "bench"}, ()
    if place % 2:
        said = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "Bash", "gen_ai.tool.call.id": f"c{turn}"}
        return "execute_tool Bash", said, ()
    model = {"gen_ai.request.model": "claude-opus-4-5", "gen_ai.response.model": "claude-opus-4-5"}
    said = {"gen_ai.operation.name": "chat", "gen_ai.response.id": f"answer-{turn}", **model}
    return "chat claude-opus-4-5", said, (("input", 1_200), ("output", 80))


def _text(name: str, value: str) -> KeyValue:
    return KeyValue(key=name, value=AnyValue(string_value=value))


def _of(peer: Peer) -> float:
    with folder() as home, _running(peer, Path(home)) as (process, port):
        database, query = peer.kept

        def kept() -> bool:
            with closing(sqlite3.connect(f"file:{home}/{database}?mode=ro", uri=True)) as db:
                return bool(db.execute(query).fetchone()[0] >= (peer.requests + 1) * SPANS)

        return _per_cpu_second(process, port, peer.requests, kept)


def _per_cpu_second(process: psutil.Process, port: int, requests: int, kept: Callable[[], bool]) -> float:
    """Spans taken and kept per second of CPU, children included; the first request warms up."""
    sender = Sender(port, {"x-mlflow-experiment-id": "0"})
    sender.post(payload(0), "/v1/traces")
    bodies = [payload(number) for number in range(1, requests + 1)]
    before = _family_s(process)
    for body in bodies:
        sender.post(body, "/v1/traces")
    until = time.monotonic() + KEPT_S
    while not kept():
        if time.monotonic() > until:
            raise RuntimeError("not everything was kept")
        time.sleep(0.1)
    sender.close()
    return requests * SPANS / (_family_s(process) - before)


def _family_s(process: psutil.Process) -> float:
    return sum(cpu_s(one) for one in (process, *process.children(recursive=True)))


@contextmanager
def _running(peer: Peer, home: Path) -> Iterator[tuple[psutil.Process, int]]:
    """A peer on a free port, ready."""
    with socket.create_server(("127.0.0.1", 0)) as one, socket.create_server(("127.0.0.1", 0)) as two:
        port, grpc_port = one.getsockname()[1], two.getsockname()[1]
    environment = peer.environment | {
        "PATH": f"{peer.program}:{os.environ['PATH']}", "HOME": str(home), "LANG": "C.UTF-8",
        "PHOENIX_HOST": "127.0.0.1", "PHOENIX_PORT": str(port), "PHOENIX_GRPC_PORT": str(grpc_port),
        "PHOENIX_WORKING_DIR": str(home),
    }  # fmt: skip
    command = peer.command.format(port=port).split()
    with (
        (home / "log").open("wb") as log,
        subprocess.Popen(
            [str(peer.program / command[0]), *command[1:]], env=environment, cwd=home, stdout=log, stderr=log
        ) as started,
    ):
        process = psutil.Process(started.pid)
        try:
            _await(port, started, home / "log")
            yield process, port
        finally:
            for member in (*process.children(recursive=True), process):
                member.kill()


def _await(port: int, started: "subprocess.Popen[bytes]", log: Path) -> None:
    until = time.monotonic() + READY_S
    while time.monotonic() < until and started.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
                return
        except urllib.error.HTTPError:
            return  # it answers
        except OSError:
            time.sleep(0.5)
    raise RuntimeError(f"it was never ready: …{log.read_text('utf-8', 'replace')[-300:]}")
