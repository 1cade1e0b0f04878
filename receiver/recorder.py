"""Tells whoever records what comes in, while it comes: the lines of a recording (`reel`), over `/api/v1/tape`.

What was taken is told as it was only to who asks for it so; else without secrets and without what anybody wrote. A
reader that stands still is let go: recording is never felt by who is recorded.
"""

from contextlib import suppress
from importlib import metadata
from pathlib import Path

from aiohttp import web
from msgspec.structs import fields, replace

from aimon_core.clock import Clock
from aimon_core.events import Event
from aimon_core.journal import Delivery
from receiver import reel
from receiver.connections import Connection
from receiver.passing import Passed
from receiver.record import SIGNALS
from receiver.reel import Line
from receiver.status import Reason, Refused
from receiver.stream import Reader, pour
from receiver.tail import Piece
from receiver.transcripts import Language

READERS = 4
UNSENT = 64 << 20
"""Bytes that a reader may leave unread."""
_BESIDE = 4_096
"""Characters of a file beside a transcript."""
_WRITTEN = ("text", "title", "subject", "error")
"""Fields of events that hold what somebody wrote."""


class Recorder:
    """All who record. It is an ear of the doors (`passing.Ear`)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._readers: dict[Reader, tuple[Connection, bool]] = {}
        """Each with its connection, and whether it wants everything as it was."""

    @property
    def wants_deliveries(self) -> bool:
        """Whether somebody records what the journal would keep."""
        return any(not raw for _, raw in self._readers.values())

    async def serve(self, request: web.BaseRequest, connection: Connection) -> web.StreamResponse:
        """Answer with lines for as long as somebody records."""
        if len(self._readers) >= READERS:
            raise Refused(Reason.TOO_MANY, "too many recordings")
        raw = request.query.get("raw", "0") not in {"0", ""}
        reader = Reader(UNSENT)
        head = reel.Head(at_ns=self._clock.now_ns(), aimon=metadata.version("aimon-tui"), raw=raw)
        self._readers[reader] = connection, raw
        connection.when_lost = reader.close
        try:
            return await pour(request, reader, reel.encode(head) + b"\n")
        finally:
            del self._readers[reader]

    def close(self) -> None:
        """This aimon ends."""
        end = reel.End(at_ns=self._clock.now_ns())
        self._tell(raw=end, kept=end)
        for reader in self._readers:
            reader.close()

    def passed(self, one: Passed) -> None:
        """A request was taken."""
        if self._readers:
            self._tell(raw=_as_it_was(one), kept=self._kept(one.delivery) if one.delivery else None)

    def learned(self, events: list[Event], arrived_ns: int | None = None) -> None:
        """The ledger was told what no request says."""
        if self._readers:
            at_ns = self._clock.now_ns()
            raw = reel.Learned(at_ns=at_ns, arrived_ns=arrived_ns, events=reel.told(events))
            without = reel.told([_without_words(one) for one in events])
            self._tell(raw=raw, kept=reel.Learned(at_ns=at_ns, arrived_ns=arrived_ns, events=without))

    def seen(self, delivery: Delivery) -> None:
        """A person has seen that a session is done."""
        if self._readers:
            line = self._kept(delivery)
            self._tell(raw=line, kept=line)

    def read(self, language: Language, root: Path, path: Path, piece: Piece, events: list[Event]) -> None:
        """A piece of a transcript was read (`follow.Hears`)."""
        if not self._readers:
            return
        at_ns = self._clock.now_ns()
        without = reel.told([_without_words(one) for one in events])
        written = reel.Written(
            at_ns=at_ns, agent=language.agent, file=str(path.relative_to(root)), written_ns=piece.written_ns,
            anew=piece.anew, lines=tuple(line.decode("utf-8", "replace") for line in piece.lines),
            beside=_beside(language, root, path) if piece.anew else {},
        )  # fmt: skip
        arrived_ns = min(piece.written_ns, at_ns)
        self._tell(
            raw=written, kept=reel.Learned(at_ns=at_ns, arrived_ns=arrived_ns, events=without) if without else None
        )

    def _kept(self, delivery: Delivery) -> Line:
        body = {"body": delivery.body} if delivery.kind in SIGNALS else reel.bytes_as(delivery.body)
        return reel.Kept(at_ns=self._clock.now_ns(), kind=delivery.kind, arrived_ns=delivery.arrived_ns, **body)

    def _tell(self, *, raw: Line, kept: Line | None) -> None:
        lines = {True: raw, False: kept}
        encoded = {each: reel.encode(line) + b"\n" for each, line in lines.items() if line and self._wanted(raw=each)}
        for reader, (connection, wants) in list(self._readers.items()):
            if wants in encoded and not reader.put(encoded[wants]):
                connection.abort()

    def _wanted(self, *, raw: bool) -> bool:
        return any(wants is raw for _, wants in self._readers.values())


def _as_it_was(one: Passed) -> Line:
    came, agent = one.came, one.kind.removeprefix("hooks/")
    if agent != one.kind:
        beside = one.beside
        return reel.Hooked(
            at_ns=one.at_ns, agent=agent, moment_ns=beside.at_ns, process=beside.process, above=beside.above,
            **reel.bytes_as(came.body),
        )  # fmt: skip
    readable = "json" in came.content_type and not came.content_encoding
    return reel.Sent(
        at_ns=one.at_ns, signal=one.kind, content_type=came.content_type, content_encoding=came.content_encoding,
        **(reel.bytes_as(came.body) if readable else {"body": came.body}),
    )  # fmt: skip


def _beside(language: Language, root: Path, path: Path) -> dict[str, str]:
    """The small files that a reader of this one may look at."""
    found = {}
    for place in language.beside(path):
        with suppress(OSError, UnicodeDecodeError), place.open(encoding="utf-8") as file:
            found[str(place.relative_to(root))] = file.read(_BESIDE)
    return found


def _without_words(event: Event) -> Event:
    """An event without what anybody wrote; what it counts, names and joins stays."""
    own = {field.name for field in fields(event)}
    blank = {name: None if name == "title" else "" for name in _WRITTEN if name in own and getattr(event, name)}
    return replace(event, **blank) if blank else event
