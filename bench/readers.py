"""What readers that stop cost the door: S21 of the security goals, a stopped reader on every output at once.

Two services take the same 10,000 records in turns, five times, so that a busy machine is busy for both: one that nobody
reads, and one whose readers came and stopped.
"""

import os
import socket
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import islice
from pathlib import Path

import psutil
from msgspec import Struct

from bench.processes import AIMON, ROOT, Sender, environment, serving
from bench.results import Result, folder
from bench.traffic import Traffic, records_in

RECORDS, BATCH, WARM, ROUNDS = 10_000, 5, 200, 5
MIB = 1 << 20


class Service(Struct):
    """A running aimon, who reads it, and what its answers took."""

    process: psutil.Process
    sender: Sender
    taken: list[float]
    """Seconds, an answer each."""

    @property
    def p99(self) -> float:
        """The answer that one of a hundred is slower than."""
        return sorted(self.taken)[round(len(self.taken) * 0.99) - 1]


def s21() -> Iterator[Result]:
    """p99 of the answers with stopped readers against those without any, and what is kept for them."""
    with _service(read=False) as unread, _service(read=True) as stopped:
        bodies = Traffic(BATCH).bodies()
        for body in islice(bodies, WARM):
            _post([unread, stopped], body)
        rounds = [_p99s([unread, stopped], bodies) for _ in range(ROUNDS)]
        kept = stopped.process.memory_info().rss - unread.process.memory_info().rss
    yield Result("p99 answer, stopped / no readers", statistics.median(two / one for one, two in rounds), "x", 1.5)
    yield Result("p99 answer with stopped readers", statistics.median(two for _, two in rounds) * 1e3, "ms")
    yield Result("kept for stopped readers", kept / MIB, "MiB", 16)


def _p99s(services: list[Service], bodies: Iterator[bytes]) -> list[float]:
    """The p99 of each service's answers while 10,000 records come in, in seconds."""
    for service in services:
        service.taken.clear()
    turns, sent = list(services), 0
    while sent < RECORDS:
        body = next(bodies)
        sent += records_in(body)
        _post(turns, body)
        turns.reverse()
    return [service.p99 for service in services]


def _post(services: list[Service], body: bytes) -> None:
    for service in services:
        began = time.perf_counter()
        service.sender.post(body)
        service.taken.append(time.perf_counter() - began)


@contextmanager
def _service(*, read: bool) -> Iterator[Service]:
    """An aimon with a reader on every output, or on none; no reader ever reads."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(folder()))
        told, out = os.pipe()
        stack.callback(os.close, told)
        stdout = out if read else subprocess.DEVNULL
        process, port = stack.enter_context(serving(home, "--no-persist", stdout=stdout))
        os.close(out)
        if read:
            _attend(stack, home, port)
        yield Service(process, Sender(port), [])


def _attend(stack: ExitStack, home: Path, port: int) -> None:
    """Come to the socket, the pipe and the stream of the API, and start a status bar."""
    runtime = Path(environment(home)["XDG_RUNTIME_DIR"])
    events = stack.enter_context(socket.socket(socket.AF_UNIX))
    events.connect(str(runtime / "aimon" / "events.sock"))
    stack.callback(os.close, os.open(runtime / "otel-ai-monitor.pipe", os.O_RDONLY | os.O_NONBLOCK))
    stream = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
    stream.sendall(f"GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    command = [AIMON, "stream", "--port", str(port), "--format", "waybar"]
    bar = stack.enter_context(subprocess.Popen(command, env=environment(home), cwd=ROOT, stdout=subprocess.PIPE))
    stack.callback(bar.kill)
