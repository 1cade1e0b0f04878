"""What was told about one span, on demand: the ledger keeps figures, the journal keeps what they were made of.

Meant for a thread: reading takes a tenth of a second, and nothing here knows the ledger.
"""

from collections.abc import Iterable, Iterator
from concurrent.futures import Future
from contextlib import closing
from typing import Protocol

from msgspec import Struct

from aimon_core.clean import clean
from aimon_core.events import Channel
from aimon_core.journal import Delivery, JournalFailed
from aimon_core.spans import Span
from receiver import attributes, reports
from receiver.attributes import Pairs
from receiver.reports import Report, thing_of

EARLY_NS = 5_000_000_000
"""Clocks of agent and aimon differ by less, where they run on one machine."""
LATE_NS = 60_000_000_000
"""Clients export every few seconds; what comes later is looked for only when nothing was found."""
READ = 128 << 20
"""Bytes unpacked for one answer, at most."""
DECODED = 16 << 20
"""Bytes translated for one answer, at most: some thirty thousand records, a second."""
TELLINGS = 64
"""Records told of one span."""
_FOREVER = 2**63 - 1
"""The last moment SQLite knows."""


class Telling(Struct, frozen=True):
    """What one record or hook payload said about a span."""

    channel: Channel
    signal: str
    """The wire name: `claude_code.tool_result`, `PreToolUse`."""
    at_ns: int
    attributes: Pairs
    """Name and value, clean, without what somebody wrote; the telling ones first."""


class Told(Struct, frozen=True):
    """Everything that is still known about a span, in the order of time."""

    tellings: tuple[Telling, ...] = ()
    notice: str = ""
    """Why something may be missing, in a sentence; empty when all was read."""

    @property
    def attributes(self) -> Pairs:
        """What all channels say together, each name and value once, the telling ones first."""
        return attributes.ordered(pair for telling in self.tellings for pair in telling.attributes)


NOTHING_KEPT = Told(notice="What agents send is not kept here: details beyond these figures are gone.")


class Reader(Protocol):
    """A look at what was delivered."""

    notice: str
    """Why something may be missing."""

    def between(self, since_ns: int, until_ns: int) -> Iterator[Delivery]:
        """What arrived between two moments."""

    def close(self) -> None:
        """Let go."""


class Kept(Protocol):
    """Where deliveries are kept: `Writer`, `Journal` or `Recent`."""

    def append(self, *deliveries: Delivery) -> Future[None] | None:
        """Keep some more: kept once the future is done, at once where there is none. Either may raise JournalFailed."""

    def reader(self) -> Reader:
        """To be made and used in one thread. Raises JournalFailed."""


def tell(kept: Kept, key: str, span: Span) -> Told:
    """What was told about a span of the session `key`; never raises: what cannot be read is told in the notice."""
    try:
        reader = kept.reader()
    except JournalFailed as error:
        return Told(notice=str(error))
    thing = thing_of(span)
    with closing(reader):
        found = reports.about(span, reports.read(_in_time(reader, key, span), key, thing))
        if not found and not thing.isdecimal():
            found = reports.about(span, reports.read(_later(reader, span), key, thing))
        return Told(_tellings(found), reader.notice)


def _tellings(found: Iterable[Report]) -> tuple[Telling, ...]:
    """Each report once: a hook sent again has another time, anything else repeats its own."""
    told: dict[object, Telling] = {}
    for one in sorted(found, key=lambda report: report.at_ns)[: 2 * TELLINGS]:
        telling = Telling(one.channel, clean(one.signal), one.at_ns, one.attributes())
        when = 0 if one.channel == "hook" else one.at_ns
        told.setdefault((telling.channel, telling.signal, when, telling.attributes), telling)
    return tuple(told.values())[:TELLINGS]


# ------------------------------------------------------------------------------------------ where to look


def _in_time(reader: Reader, key: str, span: Span) -> Iterator[Delivery]:
    """Deliveries that may tell of the session, from around the span's beginning and its end."""
    session = key.partition(":")[2]
    needles = [session.encode()]
    if len(session) == 32 and not session.strip("0123456789abcdef"):
        needles.append(bytes.fromhex(session))  # a trace that stands for a session
    read = decoded = 0
    for window in _windows(span):
        for delivery in reader.between(*window):
            read += len(delivery.body)
            if read > READ or decoded > DECODED:
                return
            if delivery.kind.startswith("hooks/") or any(needle in delivery.body for needle in needles):
                decoded += len(delivery.body)
                yield delivery


def _later(reader: Reader, span: Span) -> Iterator[Delivery]:
    """Deliveries that hold the span's id, whenever they came: an old recording, a client that was offline."""
    needle, read = thing_of(span).encode(), 0
    for delivery in reader.between(_moment(span.start_ns - EARLY_NS), _FOREVER):
        read += len(delivery.body)
        if read > READ:
            return
        if needle in delivery.body:
            yield delivery


def _windows(span: Span) -> list[tuple[int, int]]:
    """One window, or two where much time passed between beginning and end."""
    end_ns = span.start_ns if span.end_ns is None else span.end_ns
    began = _moment(span.start_ns - EARLY_NS), _moment(span.start_ns + LATE_NS)
    ended = _moment(end_ns - EARLY_NS), _moment(end_ns + LATE_NS)
    return [began, ended] if ended[0] > began[1] else [(began[0], ended[1])]


def _moment(at_ns: int) -> int:
    return max(0, min(at_ns, _FOREVER))
