"""What was used in the past: transcripts and journal as one history, the same call in both counted once.

Where the journal knows of a session's calls, a ledger reads both and joins them as it does live; all other transcripts
are only counted, which is a hundred times faster.
"""

from collections.abc import Collection
from functools import partial
from typing import Literal

from aimon_core import paths, pricing
from aimon_core.config import Settings
from aimon_core.history import Cell
from receiver.usage import scan
from receiver.usage.base import Say
from receiver.usage.shelf import Shelf

Source = Literal["transcripts", "journal"]
SOURCES: tuple[Source, ...] = ("transcripts", "journal")


def cells(settings: Settings, sources: Collection[Source] = SOURCES, say: Say = lambda _share: None) -> list[Cell]:
    """Everything that is known; `say` hears how much of the journal is read. Raises JournalFailed, UsageError.

    Blocks: up to seconds for a gigabyte of transcripts, or for a day in the journal, that were never read.
    """
    shelf, prices = Shelf.opened(scan.made_by(settings.prices)), partial(pricing.load, settings.prices)
    journal = paths.state_dir(settings.state_dir) / "journal.db"
    try:
        files = scan.transcripts(shelf, prices) if "transcripts" in sources else []
        if "journal" in sources and journal.exists():
            from aimon_tui import joined  # noqa: PLC0415 - slow to load, and not always wanted

            return joined.cells(journal, files, shelf, prices(), say)
    finally:
        shelf.close()
    return [cell for one in files for cell in one.cells()]
