"""Counting one set of things that several channels report, some with names and some without.

A log, a span and a hook may all tell of the same tool call. With an id they are one key. Without, each channel is a
bag of things that look alike, and the truth is the largest number that any one channel saw, never the sum.
"""

REMEMBERED = 20_000
"""Ids a bag can still recognise; beyond, the oldest half only counts."""


class Bag:
    """How many distinct things there are, whichever channels report them, in whatever order and however often."""

    __slots__ = ("_folded", "_folded_units", "_keyed", "_keyed_by", "_units")

    def __init__(self) -> None:
        self._keyed: dict[str, None] = {}
        self._keyed_by: dict[str, dict[str, None]] = {}
        self._units: dict[str, dict[str, None]] = {}
        self._folded = 0
        self._folded_units: dict[str, int] = {}

    def __contains__(self, key: str) -> bool:
        return key in self._keyed

    def add(self, channel: str, key: str | None, unit: str) -> bool:
        """One report: `key` is the thing's id; without one, `unit` tells the report from its own repetition.

        Returns whether the report was new to its channel.
        """
        seen, token = (self._units, unit) if key is None else (self._keyed_by, key)
        mine = seen.setdefault(channel, {})
        if token in mine:
            return False
        mine[token] = None
        if key is not None:
            self._keyed[key] = None
            if len(self._keyed) > REMEMBERED:
                self._fold()
        elif len(mine) > REMEMBERED:
            self._units[channel] = dict.fromkeys(list(mine)[REMEMBERED // 2 :])
            self._folded_units[channel] = self._folded_units.get(channel, 0) + REMEMBERED // 2
        return True

    def forget(self) -> None:
        """Only count all but the newest, of which more may be told."""
        before = self.size
        self._keyed = dict.fromkeys(list(self._keyed)[-1:])
        self._keyed_by = {
            channel: {key: None for key in self._keyed if key in mine} for channel, mine in self._keyed_by.items()
        }
        self._units = {channel: dict.fromkeys(list(mine)[-1:]) for channel, mine in self._units.items()}
        self._folded_units = {}
        self._folded += before - self.size

    @property
    def size(self) -> int:
        """The number of things: the keyed ones, or more if one channel alone saw more."""
        keyed = len(self._keyed)
        for channel, units in self._units.items():
            seen = len(units) + self._folded_units.get(channel, 0)
            keyed = max(keyed, seen + len(self._keyed_by.get(channel, ())))
        return keyed + self._folded

    def _fold(self) -> None:
        for key in list(self._keyed)[: REMEMBERED // 2]:
            del self._keyed[key]
            for mine in self._keyed_by.values():
                mine.pop(key, None)
            self._folded += 1
