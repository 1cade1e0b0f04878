"""Which files below some folders change: told by the system where it can, looked for where it cannot.

Folders may appear later, and go. Watching costs no polling (inotify, FSEvents); where a limit or a file system forbids
it, the answer once a second is that nobody knows, and the asker looks itself.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from aimon_core.clean import clean

LOG = logging.getLogger("aimon")

STEP_MS = 50
"""A burst of writes is told once it pauses this long."""
DEBOUNCE_MS = 200
"""A burst is told after this time at the latest."""
CHECK_S = 5.0
"""How often folders that are missing, or were replaced, are looked for."""
POLL_S = 1.0
SETTLE_S = 0.5
"""After this time a watch stands; what was written before it stood is looked for once more."""


class Watch:
    """Watches some folders and everything below them."""

    def __init__(self, roots: Sequence[Path], *, poll: bool = False) -> None:
        """`poll` does not even try to be told."""
        self._roots = roots
        self._poll = poll

    async def changes(self) -> AsyncIterator[set[Path] | None]:
        """Paths that changed, some of them folders; an empty set now and then; None where nobody knows."""
        while True:
            yield None  # whatever changed while nobody watched
            there = self._there()
            if self._poll or not there:
                await asyncio.sleep(POLL_S if there else CHECK_S)
                continue
            try:
                async for changed in self._told(there):
                    yield changed
            except (OSError, RuntimeError) as error:
                LOG.warning("files cannot be watched, so they are looked at every second: %s", clean(str(error)))
                self._poll = True

    async def _told(self, there: dict[Path, int]) -> AsyncIterator[set[Path] | None]:
        from watchfiles import watch  # noqa: PLC0415 - 30 ms of the first paint

        stop = threading.Event()
        told = watch(
            *there,
            watch_filter=None,
            debounce=DEBOUNCE_MS,
            step=STEP_MS,
            rust_timeout=round(CHECK_S * 1000),
            yield_on_timeout=True,
            ignore_permission_denied=True,
            raise_interrupt=False,
            stop_event=stop,
        )
        # In a thread of ours, and not by `awatch`: setting up a watch walks the whole tree.
        upcoming = asyncio.ensure_future(asyncio.to_thread(next, told, None))
        try:
            await asyncio.wait({upcoming}, timeout=SETTLE_S)
            yield None
            while True:
                changed = await upcoming
                upcoming = asyncio.ensure_future(asyncio.to_thread(next, told, None))
                yield {Path(name) for _, name in changed or ()}
                if not changed and self._there() != there:
                    return
        finally:
            stop.set()
            await asyncio.gather(upcoming, return_exceptions=True)

    def _there(self) -> dict[Path, int]:
        """The folders that exist, with their inodes: a folder made anew is not watched any more."""
        there = {}
        for root in self._roots:
            try:
                there[root] = root.stat().st_ino
            except OSError:
                continue
        return there
