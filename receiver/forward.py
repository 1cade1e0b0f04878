"""Passes every OTLP request on to another collector, byte for byte, as it came through the doors.

Nothing waits for it: on the loop a request is only put aside; a thread of its own keeps it on disk, and what is on disk
is posted one after the other, for as long as it takes. What has been here before is not passed on again.
"""

import asyncio
import hashlib
import secrets
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import ClientSession
from msgspec import Struct
from msgspec.structs import asdict

from aimon_core.clock import Clock
from aimon_core.events import Event
from receiver.outbox import Letter, Outbox, OutboxFailed
from receiver.passing import MARK, Passed
from receiver.posting import Later, Pause, Poster
from receiver.record import SIGNALS

ASIDE_S = 0.05
"""How long a request waits for others, to be written to disk with them: what a `kill -9` may cost."""
ASIDE_BYTES = 32 << 20
"""What may wait in memory for its way to the disk; it fills only where the disk stands still."""
HOPS = 8
"""Aimons that a request passes at most."""
FLUSH_S = 3.0
"""How long the end of the program goes on sending."""

Answer = TypeVar("Answer")


class Forwarded(Struct):
    """What became of requests so far."""

    sent: int = 0
    dropped: int = 0
    """Gone, oldest first, because too much waited, or because nothing could be kept."""
    refused: int = 0
    """The collector did not want them."""
    looped: int = 0
    """They had come by here before, or by too many others."""
    problem: str | None = None
    """Why the last request failed; None when it was taken."""


class Relay:
    """The way to one collector. It is an ear of the doors (`passing.Ear`)."""

    def __init__(
        self,
        url: str,
        clock: Clock,
        *,
        folder: Path | None,
        mark: str,
        headers: Mapping[str, str] | None = None,
        pause: Pause = asyncio.sleep,
    ) -> None:
        """`url` is the collector without a path of OTLP; `folder` holds what waits, None keeps it in memory.

        `mark` tells this aimon from others (`new_mark`).
        """
        self.url = url
        self.forwarded = Forwarded()
        self._poster = Poster(url, clock, self.forwarded, headers=headers, pause=pause)
        self._path = folder / f"{hashlib.blake2b(url.encode(), digest_size=8).hexdigest()}.db" if folder else None
        self._mark = mark
        self._aside: deque[Letter] = deque()
        self._aside_bytes = 0
        self._stirred, self._filled = asyncio.Event(), asyncio.Event()
        self._thread = ThreadPoolExecutor(1, "aimon-forward")
        self._outbox: Outbox | None = None

    def passed(self, one: Passed) -> None:
        """Put a request aside, unless it has come by here before."""
        if one.kind not in SIGNALS:
            return
        marks = [mark for mark in one.came.marks.split(",") if mark]
        if self._mark in marks or len(marks) >= HOPS:
            self.forwarded.looped += 1
            return
        came, ours = one.came, ",".join([*marks, self._mark])
        self._aside.append(Letter(f"/v1/{one.kind}", came.content_type, came.content_encoding, ours, came.body))
        self._aside_bytes += len(came.body)
        while self._aside_bytes > ASIDE_BYTES and len(self._aside) > 1:
            self._aside_bytes -= len(self._aside.popleft().body)
            self.forwarded.dropped += 1
        self._stirred.set()

    def learned(self, events: list[Event], arrived_ns: int | None = None) -> None:
        """Nothing: no request said it."""

    def figures(self) -> dict[str, Any]:
        """What became of requests so far, and what waits."""
        kept = self._outbox
        queued, size = (kept.count, kept.bytes) if kept else (0, 0)
        waits = {"queued": queued + len(self._aside), "queued_bytes": size + self._aside_bytes}
        return {"url": self.url, **waits, **asdict(self.forwarded)}

    async def run(self) -> None:
        """Keep and send until cancelled; what an earlier aimon left goes first."""
        await self._open()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep())
            tasks.create_task(self._poster.empty(self._filled, self._send))

    async def finish(self, within_s: float = FLUSH_S) -> None:
        """Once `run` is cancelled: keep what is aside, and send for a few seconds; what is left waits for a restart."""
        if self._outbox is None and not self._aside:
            self._thread.shutdown(wait=False)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(FLUSH_S):  # the disk may stand still
                await self._open()
                await self._kept()
        self._filled.set()
        with suppress(Later, TimeoutError):
            async with asyncio.timeout(within_s), self._poster.session() as session:
                while self._outbox is not None and self._filled.is_set() and self.forwarded.problem is None:
                    await self._send(session)
        if self._outbox is not None:
            outbox, self._outbox = self._outbox, None
            self._thread.submit(outbox.close)
        self._thread.shutdown(wait=False)

    async def _open(self) -> None:
        """Open what waits; where that cannot be, it waits in memory, and that is told."""
        if self._outbox is not None:
            return
        try:
            self._outbox = await self._beside(lambda: Outbox(self._path))
        except OutboxFailed as error:
            self._poster.tell(f"what waits is kept in memory: {error}")
            self._outbox = await self._beside(lambda: Outbox(None))
        if self._outbox.count:
            self._filled.set()

    async def _keep(self) -> None:
        while True:
            await self._stirred.wait()
            await asyncio.sleep(ASIDE_S)
            await self._kept()

    async def _kept(self) -> None:
        """Write what is aside to disk; what cannot be kept is gone, and counted."""
        self._stirred.clear()
        letters = list(self._aside)
        self._aside.clear()
        self._aside_bytes = 0
        if letters and self._outbox is not None:
            put = self._outbox.put
            try:
                self.forwarded.dropped += await self._beside(lambda: put(letters))
            except OutboxFailed as error:
                self.forwarded.dropped += len(letters)
                self._poster.tell(str(error))
            self._filled.set()

    async def _send(self, session: ClientSession) -> None:
        """Post what has waited longest; it stays on disk until it is known what became of it. Raises Later."""
        outbox = self._outbox
        assert outbox is not None  # noqa: S101 - `_open` came first
        self._filled.clear()  # before looking: what is kept meanwhile sets it again
        try:
            letters = await self._beside(outbox.oldest)
            if letters:
                self._filled.set()
                await self._deliver(session, outbox, letters)
        except OutboxFailed as error:
            self._poster.tell(str(error))
            raise Later(str(error)) from error

    async def _deliver(self, session: ClientSession, outbox: Outbox, letters: list[tuple[int, Letter]]) -> None:
        """Post some and strike off those that are done with, also where that ends in between."""
        took: dict[int, bool] = {}
        """Whether the collector took it, by number."""
        try:
            for number, letter in letters:
                headers = {"Content-Type": letter.content_type, MARK: letter.marks}
                if letter.content_encoding:
                    headers["Content-Encoding"] = letter.content_encoding
                reply = await self._poster.post(session, letter.body, path=letter.path, headers=headers)
                self._poster.tell(reply.problem)
                took[number] = reply.problem is None
        finally:
            done = [(number, len(letter.body)) for number, letter in letters if number in took]
            gone = await self._beside(lambda: outbox.settle(done))
            for number in gone:  # what had to make room meanwhile is counted already
                self.forwarded.sent += took[number]
                self.forwarded.refused += not took[number]

    async def _beside(self, work: Callable[[], Answer]) -> Answer:
        """What touches the disk, one after the other and beside the loop; begun, it is done."""
        return await asyncio.shield(asyncio.get_running_loop().run_in_executor(self._thread, work))


def new_mark() -> str:
    """What tells an aimon from all others."""
    return secrets.token_hex(8)
