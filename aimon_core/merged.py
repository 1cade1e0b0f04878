"""One thing seen through several channels is one thing: the books of model calls and of tool calls work alike.

With an id the key is the id, whoever reports it. Without one (Claude Code's builds before 2.1.329 tell none) things
that look alike form a group, which holds as many things as the witness that saw most of them; within one witness
a unit tells a report from its own repetition. Reports with and without an id may tell of the same thing: where alike
means the same figures (`interchangeable`), one completes the other. `tests/captures/claude-code/old_*` proves it.
"""

from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

from msgspec import Struct
from msgspec.structs import replace

REMEMBERED = 100_000
"""Things of one session that a late report can still complete; older ones only stand in the sums."""

NEAR = 32
"""Things of a group, the newest, among which one is looked for that a report fits."""

KINDS = 4_096
"""Sets of witnesses kept to be shared: what witnesses are called comes from outside."""


class Dated(Struct, gc=False):
    """A thing in the books."""

    at_ns: int
    """When it was first told of, by the events' own clock."""


Thing = TypeVar("Thing", bound=Dated)
Report = TypeVar("Report")


class Merged(Generic[Thing, Report]):
    """Things, each merged from all its reports.

    `begin` makes a thing of its first report, `fill` takes from a further one what is better or was missing, and
    `changed` is told the thing as it was (None: new) and as it is (None: withdrawn). Of things that look alike one is
    completed that a report `fits`, where there is one.
    """

    def __init__(
        self,
        begin: Callable[[Report], Thing],
        fill: Callable[[Thing, Report], None],
        changed: Callable[[Thing | None, Thing | None], None],
        *,
        interchangeable: bool = False,
        fits: Callable[[Thing, Report], bool] = lambda _thing, _report: False,
    ) -> None:
        self._begin, self._fill, self._changed, self._fits = begin, fill, changed, fits
        self._interchangeable = interchangeable
        self._by_id: dict[str, Thing] = {}
        self._witnesses: dict[str, tuple[str, ...]] = {}
        self._alike: dict[Hashable, list[str]] = {}
        self._units: dict[Hashable, dict[str, set[str]]] = {}
        self._groups: dict[Hashable, list[tuple[Thing, list[Report], set[str]]]] = {}
        """By what is alike, the things, each with its reports and its witnesses."""
        self.folded = 0
        """Things no longer remembered one by one."""

    def __iter__(self) -> Iterator[Thing]:
        yield from self._by_id.values()
        for group in self._groups.values():
            yield from (thing for thing, _, _ in group)

    def __len__(self) -> int:
        return len(self._by_id) + sum(map(len, self._groups.values()))

    def get(self, key: str | None) -> Thing | None:
        """The thing with an id."""
        return self._by_id.get(key) if key is not None else None

    def add(self, report: Report, *, key: str | None, mark: Hashable, witness: str, unit: str) -> bool:
        """Take one report in; returns whether it was new to its witness.

        `key` is the thing's id, `mark` what two reports of one thing without an id have in common.
        """
        if key is None:
            return self._add_alike(report, mark, witness, unit)
        known = self._by_id.get(key)
        if known is None:
            self._add_new(report, key, mark, witness)
            return True
        heard = self._witnesses[key]
        if witness in heard:
            return False
        self._witnesses[key] = _shared((*heard, witness))
        self._complete(known, report)
        return True

    def withdraw(self, key: str, *, told_by: str) -> None:
        """Forget a thing that nobody but one witness told of: it is somebody else's."""
        if self._witnesses.get(key) == (told_by,):
            del self._witnesses[key]
            self._alike = {mark: [one for one in keys if one != key] for mark, keys in self._alike.items()}
            self._changed(self._by_id.pop(key), None)

    def _add_new(self, report: Report, key: str, mark: Hashable, witness: str) -> None:
        thing = self._by_id[key] = self._begin(report)
        self._witnesses[key] = _shared((witness,))
        self._alike.setdefault(mark, []).append(key)
        self._changed(None, thing)
        group = self._groups.get(mark)
        while group and len(group) > self._surplus(mark):
            alike, reports, _ = group.pop()
            self._changed(alike, None)
            for told in reports if self._interchangeable else ():
                self._complete(thing, told)
        if len(self._by_id) > REMEMBERED:
            self.forget()

    def _complete(self, thing: Thing, report: Report) -> None:
        before = replace(thing)  # a third of what `copy` takes
        self._fill(thing, report)
        self._changed(before, thing)

    def _add_alike(self, report: Report, mark: Hashable, witness: str, unit: str) -> bool:
        units = self._units.setdefault(mark, {}).setdefault(witness, set())
        if unit in units:
            return False
        units.add(unit)
        group = self._groups.setdefault(mark, [])
        place = len(units) - 1
        if self._interchangeable:
            named = [key for key in self._alike.get(mark, ()) if witness not in self._witnesses[key]]
            if place < len(named):
                self._complete(self._by_id[named[place]], report)
                return True
            place -= len(named)
        if place < len(group):
            thing, reports, heard = self._chosen(group, place, witness, report)
            self._complete(thing, report)
            reports.append(report)
            heard.add(witness)
        elif self._surplus(mark) > len(group):
            group.append((self._begin(report), [report], {witness}))
            self._changed(None, group[-1][0])
        return True

    def _chosen(
        self, group: list[tuple[Thing, list[Report], set[str]]], place: int, witness: str, report: Report
    ) -> tuple[Thing, list[Report], set[str]]:
        """Which of some things a report completes: one that its witness has not told of, the one it fits best."""
        for one in group[-NEAR:]:
            if witness not in one[2] and self._fits(one[0], report):
                return one
        if witness not in group[place][2]:
            return group[place]
        return next((one for one in group if witness not in one[2]), group[place])

    def _surplus(self, mark: Hashable) -> int:
        """How many things of a group are not among those with an id."""
        keys = self._alike.get(mark, ())
        most = max(
            len(seen) + sum(witness in self._witnesses[key] for key in keys)
            for witness, seen in self._units[mark].items()
        )
        return max(0, most - len(keys))

    def forget(self, before_ns: int | None = None) -> None:
        """Forget the older half of what has an id, or all from before a moment: the sums keep it."""
        if before_ns is None:
            kept = dict(list(self._by_id.items())[(len(self._by_id) + 1) // 2 :])
        else:
            kept = {key: thing for key, thing in self._by_id.items() if thing.at_ns >= before_ns}
        self.folded += len(self._by_id) - len(kept)
        self._by_id = kept  # new ones: a dict of few keys that once had many takes as much as before
        self._witnesses = {key: self._witnesses[key] for key in kept}
        alike = ((mark, [key for key in keys if key in kept]) for mark, keys in self._alike.items())
        self._alike = {mark: keys for mark, keys in alike if keys}


_SHARED: dict[tuple[str, ...], tuple[str, ...]] = {}


def _shared(witnesses: tuple[str, ...]) -> tuple[str, ...]:
    """The same tuple for everything that the same channels told of: there are dozens, of 100,000 things."""
    if len(_SHARED) >= KINDS:
        _SHARED.clear()
    return _SHARED.setdefault(witnesses, witnesses)
