"""The journal as a history, joined with the transcripts of the sessions that it knows.

Apart from `past`, which asks it only where there is one: the languages of the wire take a quarter of a second to load.
"""

from collections.abc import Sequence
from pathlib import Path, PurePath

from aimon_core.bounds import Limits
from aimon_core.clock import SteppedClock, SystemClock
from aimon_core.history import Cell, Daily, Place
from aimon_core.journal import Journal
from aimon_core.pricing import PriceTable
from aimon_core.store import SessionStore
from receiver.follow import Counters, Followed
from receiver.usage import distilled, scan
from receiver.usage.base import Say
from receiver.usage.shelf import Shelf

_ALL = 1 << 40


def cells(journal: Path, files: Sequence[scan.Transcript], shelf: Shelf, prices: PriceTable, say: Say) -> list[Cell]:
    """What a journal and some transcripts come to. Raises JournalFailed."""
    sums, clock = Daily(), SteppedClock(0)
    store = SessionStore(clock, limits=Limits(sessions=_ALL, calls=_ALL), sums=sums)
    store.prices = prices
    reader = Journal.read_only(journal)
    for events, arrived_ns in distilled.told(reader, shelf, say):
        store.apply(events, arrived_ns)
    reader.close()
    store.drain()
    known = sums.places()
    for one in files:
        if one.place in known:
            _enter(one, store)
    clock.jump(SystemClock().now_ns())
    store.drain()
    others = (cell for one in files if one.place not in known for cell in one.cells())
    return [*sums.cells({place: _session(store, place) for place in sums.places()}), *others]


def _enter(one: scan.Transcript, store: SessionStore) -> None:
    """Let the ledger read a whole transcript, as it would have live; one that is gone meanwhile tells nothing."""
    followed, counters, more = Followed(Path(one.path), scan.COUNTERS[one.agent][0]), Counters(), True
    try:
        while more:
            events, piece = followed.advance(counters)
            store.apply(events, piece.written_ns)
            more = piece.more
    except OSError:
        return


def _session(store: SessionStore, place: Place) -> tuple[str, str]:
    """Whose work it is, and on which project."""
    session = store.get(key := store.works_for(":".join(place)))
    return key, PurePath(session.cwd or "").name if session else ""
