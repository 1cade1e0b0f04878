"""The trees that somebody looks at, kept up to date in steps, so that 100,000 spans hold nobody up.

Asked ten times a second, a tree that did not change costs nothing; one that did is read off the books again, for a
quarter of a frame at a time, and a turn in which nothing changed is the same object as before.
"""

from collections.abc import Iterator

from aimon_core.clock import Clock
from aimon_core.entry import Entry
from aimon_core.spans import TurnTree, growing

BUDGET_S = 0.025
"""How long one look may take: 10,000 spans."""
PAUSE = 8.0
"""A tree that took long is read again only after as many times as long: a busy night costs a tenth of a core."""
KEPT = 4
"""Trees kept, those looked at last."""
STEP = 1_000
"""Spans compared at a time."""


class Trees:
    """The trees of some sessions by their keys."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._trees: dict[str, _Tree] = {}
        self._asked: set[str] = set()

    def turns(self, key: str, entry: Entry) -> list[TurnTree]:
        """The turns as far as they have been read; `behind` says whether there will be more."""
        tree = self._trees.pop(key, None)
        if tree is None or tree.entry is not entry:
            tree = _Tree(entry, self._clock)
        self._asked.add(key)
        self._trees[key] = tree  # the last one looked at is the last one to go
        while len(self._trees) > KEPT:
            del self._trees[next(iter(self._trees))]
        return tree.look()

    def behind(self) -> set[str]:
        """The keys of trees that were looked at since the last call and are worth another look."""
        asked, self._asked = self._asked, set()
        return {key for key in asked if key in self._trees and self._trees[key].behind}


class _Tree:
    """The tree of one session."""

    def __init__(self, entry: Entry, clock: Clock) -> None:
        self.entry, self._clock = entry, clock
        self.turns: list[TurnTree] = []
        self._version = -1
        """Of the books when they were read last."""
        self._reading: Iterator[TurnTree | None] | None = None
        self._read: list[TurnTree] = []
        self._spent_s = self._rest_until_s = 0.0

    @property
    def behind(self) -> bool:
        """Whether the books say more than the tree."""
        return self._reading is not None or self._version != self.entry.version

    def look(self) -> list[TurnTree]:
        """Read on, for a while; the first time what has been read is better than nothing."""
        began_s = self._clock.monotonic()
        if self._reading is None:
            if not self.behind or began_s < self._rest_until_s:
                return self.turns
            self._version, self._read, self._spent_s = self.entry.version, [], 0.0
            self._reading = _kept(growing(self.entry), self.turns)
        for turn in self._reading:
            if turn is not None:
                self._read.append(turn)
            elif self._clock.monotonic() - began_s > BUDGET_S:
                break
        else:
            self._reading = None
            self.turns = self._read
        now_s = self._clock.monotonic()
        self._spent_s += now_s - began_s
        self._rest_until_s = now_s + PAUSE * self._spent_s
        return self.turns or self._read


def _kept(read: Iterator[TurnTree | None], before: list[TurnTree]) -> Iterator[TurnTree | None]:
    """What is read, but a turn that says what it said before is that turn."""
    known = {turn.place: turn for turn in before}
    for turn in read:
        if turn is not None and (old := known.get(turn.place)) is not None and len(old.spans) == len(turn.spans):
            for at in range(0, len(turn.spans), STEP):
                if old.spans[at : at + STEP] != turn.spans[at : at + STEP]:
                    yield turn
                    break
                yield None
            else:
                yield old if old == turn else turn
        else:
            yield turn
