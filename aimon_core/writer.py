"""The one thread that writes the journal: what requests bring at the same time is committed together.

It stands between the loop, which must not wait for a disk, and `journal`, which knows no threads. While one commit runs
the next one's deliveries gather; each is answered for when its own commit is done.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import Lock
from typing import TypeVar

from aimon_core.journal import Delivery, Journal, JournalFailed

T = TypeVar("T")


class Writer:
    """Writes one journal, in the order in which it is asked to."""

    def __init__(self, journal: Journal) -> None:
        """Takes the journal over: from now on nobody else uses it, but its readers."""
        self._journal = journal
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")
        self._lock = Lock()
        self._gathered: list[Delivery] = []
        self._next: Future[None] | None = None
        self.problem = ""
        """Why the last commit failed; empty once one goes well again."""

    def append(self, *deliveries: Delivery) -> Future[None]:
        """Commit some deliveries with others that come now; done when they are on disk, else it holds JournalFailed.

        Others wait for the same commit: whoever loses interest must not cancel it.
        """
        with self._lock:
            self._gathered += deliveries
            if self._next is None:
                self._next = self._thread.submit(self._commit)
            return self._next

    @property
    def path(self) -> Path:
        """Where the journal is."""
        return self._journal.path

    @property
    def notice(self) -> str:
        """What a person should know about the file, e.g. that a damaged one was moved aside."""
        return self._journal.notice

    def reader(self) -> Journal:
        """The journal for another thread, which cannot write it. Raises JournalFailed."""
        return self._journal.reader()

    def do(self, work: Callable[[Journal], T]) -> Future[T]:
        """Let the thread do something else with the journal, after what was asked before."""
        return self._thread.submit(work, self._journal)

    def close(self) -> None:
        """Commit what was asked for, and let go of the file. Blocks."""
        self._thread.shutdown()
        self._journal.close()

    def _commit(self) -> None:
        with self._lock:
            gathered, self._gathered, self._next = self._gathered, [], None
        try:
            self._journal.append(*gathered)
        except JournalFailed as error:
            self.problem = str(error)
            raise
        self.problem = ""
