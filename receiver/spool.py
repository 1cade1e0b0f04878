"""The spool: what hooks left while no aimon was there to hear them, taken in as if they were heard just now.

The hook program writes a file for each message, named by its time; `hook_program.spool` bounds them. Here they are
taken in order through the door's own way in, and a file goes once what it holds is committed. A crash in between takes
it twice, which counts once, because a message keeps its moment.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from aimon_core.clock import Clock
from receiver.hook_request import AGE_S, Spooled, spooled
from receiver.status import Refused

LOOK_S = 1.0
"""How often the folder is looked at while aimon runs: one `stat`."""
SLICE_S = 0.01
"""How long taking in may hold the loop at a time."""
UNFINISHED_S = 60.0
"""Age at which a file under its working name belongs to a hook that was killed."""
LIMIT = 16 << 20
"""Bytes of one message."""

Take = Callable[[Spooled], Awaitable[object]]


class Spool:
    """A folder of messages, and the way in that they take. `take` raises Refused."""

    def __init__(self, folder: Path, take: Take, clock: Clock, counts: Counter[str]) -> None:
        self._folder, self._take, self._clock, self._counts = folder, take, clock, counts
        self._seen: int | None = None
        """When the folder last changed, at the last look that left nothing to do."""

    async def watch(self) -> None:
        """Take in what is there, and what comes, for ever."""
        while True:
            await self.adopt()
            await asyncio.sleep(LOOK_S)

    async def adopt(self) -> None:
        """Take in what is there, oldest first; what cannot be kept now stays for the next look."""
        try:
            changed = self._folder.stat().st_mtime_ns
            names = sorted(path.name for path in self._folder.iterdir()) if changed != self._seen else []
        except OSError:
            return  # nothing was ever spooled
        pause_at = self._clock.monotonic() + SLICE_S
        for name in names:
            if not await self._settled(name):
                return
            if self._clock.monotonic() >= pause_at:
                await asyncio.sleep(0)
                pause_at = self._clock.monotonic() + SLICE_S
        self._seen = None if names else changed

    async def _settled(self, name: str) -> bool:
        """Whether one file needs no other look soon: taken in, or dropped because nothing can be made of it."""
        path = self._folder / name
        age_s = self._clock.now_ns() / 1e9 - _written(name)
        if name.startswith("."):
            if age_s > UNFINISHED_S:
                self._drop(path, "spool/unreadable")
            return True
        if age_s > AGE_S:
            self._drop(path, "spool/old")
            return True
        try:
            await self._take(spooled(_message(path)))
        except (Refused, OSError) as error:
            if isinstance(error, Refused) and error.answer.retry:
                return False
            self._drop(path, "spool/unreadable")
        else:
            _remove(path)
        return True

    def _drop(self, path: Path, why: str) -> None:
        self._counts[why] += 1
        _remove(path)


def _remove(path: Path) -> None:
    with suppress(OSError):  # taken twice, it counts once
        path.unlink()


def _written(name: str) -> float:
    """When a file was written, by its name; long ago when the name is none of the hook program's."""
    digits = name.removeprefix(".").partition("-")[0]
    return int(digits) / 1e9 if digits.isascii() and digits.isdecimal() and len(digits) == 20 else 0.0


def _message(path: Path) -> bytes:
    """What a file holds; the way in refuses what is cut off. Raises OSError."""
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(file, "rb", 0) as opened:
        return opened.read(LIMIT)
