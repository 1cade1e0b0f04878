"""What is to be exported and waits for its collector, in memory and bounded.

Nothing waits for it: a collector that is down or slow fills the queue, and then the oldest goes and is counted.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Mapping

from aiohttp import ClientSession
from google.protobuf.message import DecodeError
from msgspec import Struct
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from aimon_core.clean import clean
from aimon_core.clock import Clock
from receiver.export.encode import Piece
from receiver.posting import Later, Pause, Poster

LOG = logging.getLogger(__name__)

QUEUE_BYTES = 32 << 20
"""What may wait: some forty thousand spans."""
FLUSH_S = 3.0
"""How long the end of the program waits for what is left."""


class Exported(Struct):
    """What became of spans so far."""

    sent: int = 0
    dropped: int = 0
    """Gone, oldest first, because too much waited, or because the program ended."""
    refused: int = 0
    """The collector did not want them."""
    problem: str | None = None
    """Why the last request failed; None when it was taken."""


class Sender:
    """A queue and who empties it."""

    def __init__(
        self, url: str, clock: Clock, *, headers: Mapping[str, str] | None = None, pause: Pause = asyncio.sleep
    ) -> None:
        """`pause` waits for some seconds; tests do without."""
        self.url = url
        self.exported = Exported()
        kind = {"Content-Type": "application/x-protobuf"}
        self._poster = Poster(url, clock, self.exported, headers={**(headers or {}), **kind}, pause=pause)
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
        """Send what is queued until cancelled."""
        await self._poster.empty(self._filled, self._send)

    async def flush(self, within_s: float = FLUSH_S) -> None:
        """Send what is left, each request once and all within some seconds; what nobody takes then is gone."""
        try:
            async with asyncio.timeout(within_s), self._poster.session() as session:
                while self._queue:
                    await self._send(session)
        except (Later, TimeoutError):
            LOG.warning("%d spans were not exported: %s", self.queued, self.exported.problem or "no time was left")
        while self._queue:
            self.exported.dropped += self._taken().spans

    async def _send(self, session: ClientSession) -> None:
        """Post the oldest request; it stays in the queue until it is known what became of it."""
        piece = self._queue[0]
        reply = await self._poster.post(session, piece.body)
        refused, problem = (piece.spans, reply.problem) if reply.problem else _rejected(reply.body)
        self._poster.tell(problem)
        if self._queue and self._queue[0] is piece:  # it may have had to make room meanwhile, and is counted already
            self._taken()
            self.exported.refused += min(refused, piece.spans)
            self.exported.sent += max(0, piece.spans - refused)

    def _taken(self) -> Piece:
        piece = self._queue.popleft()
        self._bytes -= len(piece.body)
        if not self._queue:
            self._filled.clear()
        return piece


def _rejected(body: bytes) -> tuple[int, str | None]:
    """How many spans of a taken request were left out after all, and why."""
    answer = ExportTraceServiceResponse()
    try:
        answer.ParseFromString(body)
    except DecodeError:  # taken is taken, whatever the answer looks like
        return 0, None
    partial = answer.partial_success
    return partial.rejected_spans, clean(partial.error_message) or None if partial.rejected_spans else None
