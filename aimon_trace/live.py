"""Streams whatever is captured to a running aimon, so that an agent of one's own is a row on its screen.

Apart from `tracer`, which only tells its listeners: here is the queue and the thread that empties it. Nothing of it can
slow the agent or fail it: what is told is appended to a bounded queue, and everything else happens in a daemon thread,
or not at all where no aimon listens.
"""

import atexit
import os
import threading
import time
import warnings
from collections import deque
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from aimon_trace.errors import TraceWarning
from aimon_trace.run import TraceRun
from aimon_trace.steps import BaseStep

ENDPOINT = "http://127.0.0.1:4318"
"""Where a running aimon listens unless `AIMON_ENDPOINT` says where, or `off`."""
QUEUE = 10_000
"""Steps that may wait; of more, the oldest are dropped and counted."""
AGAIN_S = 15.0
"""How long nobody is looked for after nobody was found."""
GATHER_S = 0.2
"""How long steps are gathered for one request."""
FAREWELL_S = 1.0
"""How long the end of the program waits for what is left."""
BATCH = 500


class Live:
    """A listener (`tracer.Listener`) that sends to one endpoint: steps of runs, and spans that others made."""

    def __init__(self, endpoint: str, *, certain: bool = False) -> None:
        """`certain`: somebody named it, so whatever listens there is told; else only an aimon is."""
        self.endpoint = endpoint
        self.sent = self.dropped = 0
        """Steps, spans and ends of runs."""
        self._certain = self._known = certain
        self._queue: deque[tuple[TraceRun, BaseStep | None] | Any] = deque()
        self._absent_until = 0.0
        self._alone()

    def _alone(self) -> None:
        """No thread yet; or none any more, after a fork, which may have left the lock to nobody."""
        self._wake = threading.Condition()
        self._hurry = threading.Event()
        self._thread: threading.Thread | None = None
        self._busy = False
        self._queue.clear()

    # ------------------------------------------------------------------ in the agent's threads

    def began(self, run: TraceRun) -> None:
        """Nothing: a row is there once something is done."""

    def over(self, run: TraceRun, step: BaseStep) -> None:
        """Queue a step."""
        self._put((run, step))

    def ended(self, run: TraceRun) -> None:
        """Queue the end of a run."""
        self._put((run, None))

    def span(self, span: Any) -> None:
        """Queue a span that is over, in any form that `wire.records` reads: aimon knows its words itself."""
        self._put(span)

    def _put(self, told: Any) -> None:
        if time.monotonic() < self._absent_until:
            self.dropped += 1
            return
        with self._wake:
            if len(self._queue) >= QUEUE:
                self._queue.popleft()
                self.dropped += 1
            self._queue.append(told)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="aimon-live", daemon=True)
                self._thread.start()
            self._wake.notify_all()

    def flush(self, timeout_s: float) -> bool:
        """Wait until everything is sent or dropped; whether it is."""
        self._hurry.set()
        with self._wake:
            return self._wake.wait_for(lambda: not self._queue and not self._busy, timeout_s)

    def farewell(self) -> None:
        """The end of the program: what is left goes, for a moment; at once where nobody listens."""
        if self._thread is not None:
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
                self._hurry.wait(GATHER_S)
            self._hurry.clear()
            with self._wake:
                told = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
            try:
                self._send(told)
            except Exception:  # noqa: BLE001 - whatever stands in a step or on the other side, the agent goes on
                self._lose(len(told))

    def _lose(self, count: int) -> None:
        """Nobody is there, or nobody who understands: forget what waits, and look again later."""
        with self._wake:
            self.dropped += count + len(self._queue)
            self._queue.clear()
            self._absent_until = time.monotonic() + AGAIN_S
            self._known = self._certain

    def _send(self, told: list[Any]) -> None:
        from aimon_trace import posting  # noqa: PLC0415 - 15 ms, for who has something to send

        post = posting.Post(self.endpoint)
        try:
            if not self._known and not post.is_aimon():
                self._lose(len(told))
                return
            self._known = True
            steps = [one for one in told if isinstance(one, tuple)]
            for body, count in posting.bodies(steps, [one for one in told if not isinstance(one, tuple)]):
                if post.take(body):
                    self.sent += count
                else:
                    self.dropped += count
        finally:
            post.close()


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
    os.register_at_fork(after_in_child=live._alone)  # noqa: SLF001 - its own module
    return live
