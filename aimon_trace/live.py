"""Streams whatever is captured to a running aimon, so that an agent of one's own is a row on its screen.

Apart from `tracer`, which only tells its listeners: here is the queue, the thread that empties it, and some HTTP.
Nothing of it can slow the agent or fail it: what is told is appended to a bounded queue, and everything else
happens in a daemon thread, or not at all where no aimon listens. Names, times and figures go; what was said stays.
"""

import atexit
import json
import os
import socket
import threading
import time
import warnings
from collections import deque
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from aimon_trace.errors import TraceWarning
from aimon_trace.run import TraceRun
from aimon_trace.steps import BaseStep

if TYPE_CHECKING:
    from http.client import HTTPConnection

ENDPOINT = "http://127.0.0.1:4318"
"""Where a running aimon listens unless `AIMON_ENDPOINT` says where, or `off`."""
QUEUE = 10_000
"""Steps that may wait; of more, the oldest are dropped and counted."""
PATIENCE_S = 2.0
"""How long a request may take."""
AGAIN_S = 15.0
"""How long nobody is looked for after nobody was found."""
GATHER_S = 0.2
"""How long steps are gathered for one request."""
FAREWELL_S = 1.0
"""How long the end of the program waits for what is left, where an aimon takes it."""
BATCH = 500

Told = tuple[TraceRun, BaseStep | None]
"""A step of a run, or its end."""


class Live:
    """A listener (`tracer.Listener`) that sends runs to one endpoint."""

    def __init__(self, endpoint: str, *, certain: bool = False) -> None:
        """`certain`: somebody named it, so whatever listens there is told; else only an aimon is."""
        self.endpoint = endpoint
        self.sent = self.dropped = 0
        """Steps and ends of runs."""
        self._certain = certain
        self._queue: deque[Told] = deque()
        self._wake = threading.Condition()
        self._thread: threading.Thread | None = None
        self._absent_until = 0.0
        self._busy = False
        self._known = certain

    # ------------------------------------------------------------------ in the agent's threads

    def began(self, run: TraceRun) -> None:
        """Nothing: a row is there once something is done."""

    def over(self, run: TraceRun, step: BaseStep) -> None:
        """Queue a step."""
        self._put((run, step))

    def ended(self, run: TraceRun) -> None:
        """Queue the end of a run."""
        self._put((run, None))

    def _put(self, told: Told) -> None:
        if time.monotonic() < self._absent_until:
            self.dropped += 1
            return
        with self._wake:
            if len(self._queue) >= QUEUE:
                self._queue.popleft()
                self.dropped += 1
            self._queue.append(told)
            if self._thread is None or not self._thread.is_alive():  # none yet, or lost by a fork
                self._thread = threading.Thread(target=self._work, name="aimon-live", daemon=True)
                self._thread.start()
            self._wake.notify_all()

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything is sent or dropped; whether it is."""
        with self._wake:
            return self._wake.wait_for(lambda: not self._queue and not self._busy, timeout_s)

    def farewell(self) -> None:
        """The end of the program: what is left goes, for a moment, if it was going before."""
        if self._known and self._queue:
            self.flush(FAREWELL_S)

    # ------------------------------------------------------------------ in its own

    def _work(self) -> None:
        while True:
            with self._wake:
                self._busy = False
                self._wake.notify_all()
                self._wake.wait_for(lambda: self._queue)
                self._busy = True
            if len(self._queue) < BATCH:
                time.sleep(GATHER_S)
            with self._wake:
                told = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
            try:
                self._send(told)
            except Exception:  # noqa: BLE001 - whatever stands in a step or on the other side, the agent goes on
                self._lose(len(told))

    def _lose(self, count: int) -> None:
        with self._wake:
            self.dropped += count + len(self._queue)
            self._queue.clear()
            self._absent_until = time.monotonic() + AGAIN_S
            self._known = self._certain

    def _send(self, told: list[Told]) -> None:

        from aimon_trace import encode  # noqa: PLC0415 - same

        bodies: dict[str, tuple[TraceRun, list[Any]]] = {}
        for run, step in told:
            spans = bodies.setdefault(run.run_id, (run, []))[1]
            spans += (
                [encode.root(run, content=False)] if step is None else encode.steps_as_spans(run, [step], content=False)
            )
        place = urlsplit(self.endpoint)
        kind = client.HTTPSConnection if place.scheme == "https" else client.HTTPConnection
        connection = kind(place.hostname or "127.0.0.1", place.port, timeout=PATIENCE_S)
        try:
            if not self._known and not _is_aimon(connection):
                self._lose(len(told))
                return
            self._known = True
            for run, spans in bodies.values():
                body = encode.request(run, spans, _here())
                connection.request("POST", f"{place.path.rstrip('/')}/v1/traces", body, _TYPE)
                answer = connection.getresponse()
                answer.read()
                self.sent += len(spans) if answer.status < 300 else 0
                self.dropped += 0 if answer.status < 300 else len(spans)
        finally:
            connection.close()


_TYPE = {"Content-Type": "application/x-protobuf"}


def listeners() -> tuple[Live, ...]:
    """Who hears of every run of this process: an aimon, unless `AIMON_ENDPOINT` is `off`."""
    told = os.environ.get("AIMON_ENDPOINT", "").strip()
    if told.lower() in {"off", "none", "0"}:
        return ()
    if told and urlsplit(told).scheme not in {"http", "https"}:
        warnings.warn(f"AIMON_ENDPOINT is no address: {told}; say http://HOST:PORT, or off", TraceWarning, stacklevel=2)
        return ()
    return (_of(told or ENDPOINT, certain=bool(told)),)


@lru_cache(maxsize=8)
def _of(endpoint: str, *, certain: bool) -> Live:
    live = Live(endpoint, certain=certain)
    atexit.register(live.farewell)
    return live


def _is_aimon(connection: "HTTPConnection") -> bool:
    """Whether an aimon listens there: the port is that of every collector."""
    connection.request("GET", "/health")
    told = json.loads(connection.getresponse().read(4096))
    return isinstance(told, dict) and told.get("service") == "aimon"


def _here() -> dict[str, Any]:
    """Where the agent runs, so that its row leads to its terminal."""
    return {
        "process.pid": os.getpid(),
        "host.name": socket.gethostname(),
        "process.working_directory": _folder(),
    }


def _folder() -> str | None:
    try:
        return os.getcwd()  # noqa: PTH109 - as text
    except OSError:
        return None
