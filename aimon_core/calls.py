"""The model calls of one session: one call seen through several channels is one call, never two.

With a request id the key is the id. Without one (Claude Code's builds before 2.1.329 tell none) calls that look alike,
same model and same token counts, form a group, and the group holds as many calls as the channel that saw most of them.
`tests/captures/claude-code/old_*` is what proves it.
"""

from collections.abc import Callable, Iterator
from copy import copy

from aimon_core.call import Call, called, fill
from aimon_core.events import LlmCalled

REMEMBERED = 20_000
"""Calls of one session that can still be completed by a late report; older ones only stand in the sums."""

Fingerprint = tuple[bool, str, int, int, int, int]
"""What two reports of one call have in common: success, model, and the four token counts every channel tells."""

_BITS = {"log": 1, "span": 2, "transcript": 4}

Changed = Callable[[Call | None, Call | None], None]
"""Told the call as it was (None: new) and as it is (None: withdrawn)."""


class _Group:
    """Calls that look alike, at least one of them reported without an id."""

    __slots__ = ("calls", "units")

    def __init__(self) -> None:
        self.units: dict[str, set[str]] = {}
        self.calls: list[Call] = []


class Calls:
    """The calls of one session, and who is told when one changes."""

    def __init__(self, changed: Changed) -> None:
        self._changed = changed
        self._by_id: dict[str, Call] = {}
        self._channels: dict[str, int] = {}
        self._alike: dict[Fingerprint, list[str]] = {}
        self._groups: dict[Fingerprint, _Group] = {}
        self.folded = 0
        """Calls no longer remembered one by one."""

    def add(self, event: LlmCalled) -> bool:
        """Take one report in; returns whether it changed anything."""
        if event.call_id is None:
            return self._add_anonymous(event)
        known = self._by_id.get(event.call_id)
        bit = _BITS.get(event.channel, 8)
        if known is None:
            call = called(event)
            self._by_id[event.call_id] = call
            self._channels[event.call_id] = bit
            mark = fingerprint(event)
            self._alike.setdefault(mark, []).append(event.call_id)
            self._changed(None, call)
            if mark in self._groups:
                self._shrink(mark)
            if len(self._by_id) > REMEMBERED:
                self._fold()
            return True
        if self._channels[event.call_id] & bit:
            return False
        self._channels[event.call_id] |= bit
        self._fill(known, event)
        return True

    def __iter__(self) -> Iterator[Call]:
        yield from self._by_id.values()
        for group in self._groups.values():
            yield from group.calls

    def _fill(self, call: Call, event: LlmCalled) -> None:
        before = copy(call)
        fill(call, event)
        self._changed(before, call)

    def _add_anonymous(self, event: LlmCalled) -> bool:
        mark = fingerprint(event)
        group = self._groups.setdefault(mark, _Group())
        units = group.units.setdefault(event.channel, set())
        if event.unit in units:
            return False
        units.add(event.unit)
        place = len(units) - 1
        if place < len(group.calls):
            self._fill(group.calls[place], event)
        elif self._surplus(mark) > len(group.calls):
            group.calls.append(called(event))
            self._changed(None, group.calls[-1])
        return True

    def _surplus(self, mark: Fingerprint) -> int:
        """How many calls of a group are not among those with an id."""
        ids = self._alike.get(mark, ())
        units = self._groups[mark].units
        most = max(
            len(seen) + sum(1 for call_id in ids if self._channels.get(call_id, 0) & _BITS.get(channel, 8))
            for channel, seen in units.items()
        )
        return max(0, most - len(ids))

    def _shrink(self, mark: Fingerprint) -> None:
        group = self._groups[mark]
        while len(group.calls) > self._surplus(mark):
            self._changed(group.calls.pop(), None)

    def _fold(self) -> None:
        """Forget the ids of the oldest half: the sums keep them."""
        for call_id in list(self._by_id)[: REMEMBERED // 2]:
            del self._by_id[call_id], self._channels[call_id]
            self.folded += 1
        self._alike = {
            mark: kept for mark, ids in self._alike.items() if (kept := [one for one in ids if one in self._by_id])
        }


def fingerprint(event: LlmCalled) -> Fingerprint:
    """The mark by which reports without an id are matched."""
    tokens = event.tokens
    return (event.ok, event.model, tokens.input, tokens.cache_read, tokens.cache_write, tokens.output)
