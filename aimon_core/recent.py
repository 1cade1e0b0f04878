"""What came in lately, kept in memory for as long as a screen without a journal runs.

It stands beside `journal` and answers the same question, what arrived between two moments, for whoever wants nothing
on disk.
"""

import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Self

from msgspec.structs import replace

from aimon_core.journal import Delivery

LIMIT = 32 << 20
"""Zipped bytes kept: half a million records."""


class Recent:
    """Deliveries in memory, oldest first; the oldest go when there are too many."""

    notice = ""
    """Memory is not damaged."""

    def __init__(self, limit: int = LIMIT, zipped: Iterable[Delivery] = ()) -> None:
        self._limit = limit
        self._zipped = deque(zipped)
        self._size = sum(len(one.body) for one in self._zipped)

    def append(self, *deliveries: Delivery) -> None:
        """Keep some deliveries, and let go of the oldest."""
        for one in deliveries:
            zipped = replace(one, body=zlib.compress(one.body, 1))
            self._zipped.append(zipped)
            self._size += len(zipped.body)
        while self._size > self._limit:
            self._size -= len(self._zipped.popleft().body)

    def between(self, since_ns: int, until_ns: int) -> Iterator[Delivery]:
        """What arrived from one moment to another, both included."""
        for one in self._zipped:
            if since_ns <= one.arrived_ns <= until_ns:
                yield replace(one, body=zlib.decompress(one.body))

    def reader(self) -> Self:
        """What is kept now, for another thread."""
        return type(self)(self._limit, self._zipped)

    def close(self) -> None:
        """Nothing: memory needs no closing."""
