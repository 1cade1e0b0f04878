"""Posts what is to be exported, one request after the other, for as long as it takes; what waits is bounded.

Nothing waits for it: a collector that is down or slow fills the queue, and then the oldest goes and is counted.
"""

import asyncio
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from aiohttp import ClientError, ClientSession, ClientTimeout
from google.protobuf.message import DecodeError
from msgspec import Struct
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from aimon_core.clean import clean
from aimon_core.clock import Clock
from receiver.export.encode import Piece

LOG = logging.getLogger(__name__)

QUEUE_BYTES = 32 << 20
"""What may wait: some forty thousand spans."""
POST_S = 10.0
"""How long one request may take."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
LONGEST_ASKED_S = 600.0
"""How long a collector may ask for patience (`Retry-After`)."""
FLUSH_S = 3.0
"""How long the end of the program waits for what is left."""
Pause = Callable[[float], Awaitable[object]]
_AGAIN = {429, 502, 503, 504}
"""What OTLP lets a sender repeat: https://opentelemetry.io/docs/specs/otlp/#failures-1"""
_ANSWER = 64 * 1024


class Exported(Struct):
    """What became of spans so far."""

    sent: int = 0
    dropped: int = 0
    """Gone, oldest first, because too much waited, or because the program ended."""
    refused: int = 0
    """The collector did not want them."""
    problem: str | None = None
    """Why the last request failed; None when it was taken."""


class _Later(Exception):
    """The request was not taken and may be repeated."""

    def __init__(self, why: str, after_s: float | None = None) -> None:
        super().__init__(why)
        self.after_s = after_s


class Sender:
    """A queue and who empties it."""

    def __init__(
        self, url: str, clock: Clock, *, headers: Mapping[str, str] | None = None, pause: Pause = asyncio.sleep
    ) -> None:
        """`pause` waits for some seconds; tests do without."""
        self.url = url
        self.exported = Exported()
        self._clock, self._pause = clock, pause
        self._headers = {**(headers or {}), "Content-Type": "application/x-protobuf"}
        self._queue: deque[Piece] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()

    @property
    def queued(self) -> int:
        """Spans that wait."""
        return sum(piece.spans for piece in self._queue)

    def put(self, piece: Piece) -> None:
        """Queue a request; where too much waits the oldest goes."""
        self._queue.append(piece)
        self._bytes += len(piece.body)
        while self._bytes > QUEUE_BYTES and len(self._queue) > 1:
            self.exported.dropped += self._taken().spans
        self._filled.set()

    async def run(self) -> None:
        """Send what is queued until cancelled, with ever longer pauses while nobody takes it."""
        async with self._session() as session:
            pause_s = FIRST_PAUSE_S
            while True:
                await self._filled.wait()
                try:
                    await self._send(session)
                    pause_s = FIRST_PAUSE_S
                except _Later as later:
                    await self._pause(pause_s * random.uniform(0.8, 1.2) if later.after_s is None else later.after_s)
                    pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def flush(self, within_s: float = FLUSH_S) -> None:
        """Send what is left, each request once and all within some seconds; what nobody takes then is gone."""
        try:
            async with asyncio.timeout(within_s), self._session() as session:
                while self._queue:
                    await self._send(session)
        except (_Later, TimeoutError):
            LOG.warning("%d spans were not exported: %s", self.queued, self.exported.problem or "no time was left")
        while self._queue:
            self.exported.dropped += self._taken().spans

    def _session(self) -> ClientSession:
        return ClientSession(timeout=ClientTimeout(total=POST_S), headers=self._headers)

    async def _send(self, session: ClientSession) -> None:
        """Post the oldest request; it stays in the queue until it is known what became of it."""
        piece = self._queue[0]
        try:
            refused, problem = await self._post(session, piece)
        except _Later as later:
            self._tell(str(later))
            raise
        self._tell(problem)
        if self._queue and self._queue[0] is piece:  # it may have had to make room meanwhile, and is counted already
            self._taken()
            self.exported.refused += min(refused, piece.spans)
            self.exported.sent += max(0, piece.spans - refused)

    async def _post(self, session: ClientSession, piece: Piece) -> tuple[int, str | None]:
        """How many spans were refused, and why. Raises _Later."""
        try:
            # A redirect would carry the traces to an address that nobody named.
            async with session.post(self.url, data=piece.body, allow_redirects=False) as answer:
                if answer.status in _AGAIN:
                    raise _Later(f"it answers {answer.status}", self._asked(answer.headers.get("Retry-After", "")))
                if answer.status != 200:
                    return piece.spans, f"it answers {answer.status}"
                body = await answer.content.read(_ANSWER)
        except TimeoutError as error:
            raise _Later(f"no answer within {POST_S:.0f} s") from error
        except (ClientError, OSError, ValueError) as error:  # a ValueError: no name of a host
            raise _Later(clean(str(error)) or type(error).__name__) from error
        return _rejected(body)

    def _asked(self, told: str) -> float | None:
        """How long a collector asks to be left alone, in seconds or until a date; None where it does not say."""
        try:
            if told.isdecimal():
                return min(float(told), LONGEST_ASKED_S)
            until: datetime = parsedate_to_datetime(told)
        except (ValueError, TypeError):
            return None
        return min(max(0.0, until.timestamp() - self._clock.now_ns() / 1e9), LONGEST_ASKED_S)

    def _taken(self) -> Piece:
        piece = self._queue.popleft()
        self._bytes -= len(piece.body)
        if not self._queue:
            self._filled.clear()
        return piece

    def _tell(self, problem: str | None) -> None:
        """Note how it went; the log is told when that changes."""
        if problem != self.exported.problem:
            LOG.warning("exporting to %s: %s", self.url, problem or "goes on")
            self.exported.problem = problem


def _rejected(body: bytes) -> tuple[int, str | None]:
    """How many spans of a taken request were left out after all, and why."""
    answer = ExportTraceServiceResponse()
    try:
        answer.ParseFromString(body)
    except DecodeError:  # taken is taken, whatever the answer looks like
        return 0, None
    partial = answer.partial_success
    return partial.rejected_spans, clean(partial.error_message) or None if partial.rejected_spans else None
