"""What was used in the past: transcripts and journal as one history, the same call in both counted once.

Where the journal knows of a session's calls, a ledger reads both and joins them as it does live; all other transcripts
are only counted, which is a hundred times faster.
"""

from collections.abc import Collection
from pathlib import Path, PurePath
from typing import Literal

from aimon_core import paths, pricing
from aimon_core.bounds import Limits
from aimon_core.clock import SteppedClock, SystemClock
from aimon_core.config import Settings
from aimon_core.history import Cell, Daily, Place
from aimon_core.journal import Journal
from aimon_core.store import SessionStore
from receiver import tape
from receiver.follow import Counters, Followed
from receiver.usage import scan
from receiver.usage.shelf import Shelf

Source = Literal["transcripts", "journal"]
SOURCES: tuple[Source, ...] = ("transcripts", "journal")

_ALL = 1 << 40


def cells(settings: Settings, sources: Collection[Source] = SOURCES) -> list[Cell]:
    """Everything that is known. Raises JournalFailed, UsageError. Blocks: up to seconds for a gigabyte never read."""
    files = _transcripts(settings) if "transcripts" in sources else []
    if "journal" not in sources or not (journal := _journal(settings)).exists():
        return [cell for one in files for cell in one.cells()]
    sums = Daily()
    clock = SteppedClock(0)
    store = SessionStore(clock, limits=Limits(sessions=_ALL, calls=_ALL), sums=sums)
    store.prices = pricing.load(settings.prices)
    reader = Journal.read_only(journal)
    for events, arrived_ns in tape.replayed(reader.deliveries()):
        store.apply(events, arrived_ns)
    reader.close()
    store.drain()
    known = sums.places()
    shared = [one for one in files if one.place in known]
    for one in shared:
        _enter(one, store)
    clock.jump(SystemClock().now_ns())
    store.drain()
    others = (cell for one in files if one.place not in known for cell in one.cells())
    return [*sums.cells({place: _project(store, place) for place in sums.places()}), *others]


def _transcripts(settings: Settings) -> list[scan.Transcript]:
    shelf = Shelf.opened(scan.made_by(settings.prices))
    try:
        return scan.transcripts(shelf, lambda: pricing.load(settings.prices))
    finally:
        shelf.close()


def _journal(settings: Settings) -> Path:
    return paths.state_dir(settings.state_dir) / "journal.db"


def _enter(one: scan.Transcript, store: SessionStore) -> None:
    """Let the ledger read a whole transcript, as it would have live; one that is gone meanwhile tells nothing."""
    followed, counters, more = Followed(Path(one.path), scan.COUNTERS[one.agent][0]), Counters(), True
    try:
        while more:
            events, written_ns, more = followed.advance(counters)
            store.apply(events, written_ns)
    except OSError:
        return


def _project(store: SessionStore, place: Place) -> str:
    session = store.get(":".join(place))
    return PurePath(session.cwd or "").name if session else ""
