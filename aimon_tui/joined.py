"""The journal as a history, joined with the transcripts of the sessions that it knows.

Apart from `past`, which asks it only where there is one: the languages of the wire take a quarter of a second to load.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

from aimon_core import pricing
from aimon_core.bounds import Limits
from aimon_core.clock import SteppedClock, SystemClock
from aimon_core.history import Cell, Daily, Place
from aimon_core.journal import Journal
from aimon_core.store import SessionStore
from receiver import tape
from receiver.follow import Counters, Followed
from receiver.usage import scan

_ALL = 1 << 40


def cells(journal: Path, files: Sequence[scan.Transcript], own_prices: Mapping[str, Mapping[str, float]]) -> list[Cell]:
    """What a journal and some transcripts come to. Raises JournalFailed, UsageError."""
    sums, clock = Daily(), SteppedClock(0)
    store = SessionStore(clock, limits=Limits(sessions=_ALL, calls=_ALL), sums=sums)
    store.prices = pricing.load(own_prices)
    reader = Journal.read_only(journal)
    for events, arrived_ns in tape.replayed(reader.deliveries()):
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
    return [*sums.cells({place: _project(store, place) for place in sums.places()}), *others]


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


def _project(store: SessionStore, place: Place) -> str:
    session = store.get(":".join(place))
    return PurePath(session.cwd or "").name if session else ""
