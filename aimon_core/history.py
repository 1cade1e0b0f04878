"""What was used on which day, by whom and for what: cells that add up along any of their dimensions.

It stands apart from the ledger, which forgets: cells come from transcripts as old as they are, and from the journal.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from msgspec import Struct

from aimon_core.call import Call
from aimon_core.session import PICODOLLARS, Tokens
from aimon_core.spending import local_day
from aimon_core.sums import Sums

DIMENSIONS = ("day", "project", "model", "agent", "session")
"""What totals can be asked by."""

Place = tuple[str, str]
"""Agent and id of a session."""


class Used(Struct, gc=False):
    """What calls of one kind come to."""

    calls: int = 0
    tokens: Tokens = Tokens()
    picodollars: int = 0
    """Of those whose price is known."""
    unpriced: int = 0
    """Calls without a price."""

    def plus(self, other: "Used", sign: int = 1) -> "Used":
        """The sum, or with `sign=-1` the difference."""
        return Used(
            self.calls + sign * other.calls,
            self.tokens.plus(other.tokens, sign),
            self.picodollars + sign * other.picodollars,
            self.unpriced + sign * other.unpriced,
        )


class Cell(Struct, frozen=True):
    """What one session used of one model on one local day."""

    day: str
    """`2026-11-21`."""
    project: str
    """The name of its folder; empty where nobody told."""
    model: str
    agent: str
    session: str
    """Its key."""
    used: Used


class Row(Struct, frozen=True):
    """What all cells come to that are alike in the dimensions asked for."""

    by: dict[str, str]
    """The dimensions and what they are here."""
    sessions: int
    calls: int
    tokens: Tokens
    cost_usd: float | None
    """None where a call has no price; then `unpriced_models` names its model."""
    unpriced_models: tuple[str, ...] = ()


def rows(cells: Iterable[Cell], by: Sequence[str]) -> list[Row]:
    """The sums, days in their order, anything else the dearest first."""
    groups: dict[tuple[str, ...], list[Cell]] = {}
    for cell in cells:
        groups.setdefault(tuple(getattr(cell, name) for name in by), []).append(cell)
    found = [total(group, dict(zip(by, place, strict=True))) for place, group in groups.items()]
    dearest = sorted(found, key=lambda row: (-(row.cost_usd or 0.0), -row.tokens.total, *row.by.values()))
    return sorted(dearest, key=lambda row: row.by.get("day", ""))


def total(cells: Iterable[Cell], by: dict[str, str] | None = None) -> Row:
    """What some cells come to."""
    whole, sessions, unpriced = Used(), set(), set()
    for cell in cells:
        whole = whole.plus(cell.used)
        sessions.add(cell.session)
        if cell.used.unpriced:
            unpriced.add(cell.model)
    cost = None if whole.unpriced else whole.picodollars / PICODOLLARS
    return Row(by or {}, len(sessions), whole.calls, whole.tokens, cost, tuple(sorted(unpriced)))


class Daily(Sums):
    """The sums of a ledger that also remembers which session spent what on which day."""

    def __init__(self, place: Place = ("", "")) -> None:
        super().__init__()
        self._place = place
        self._others: dict[Place, Daily] = {}
        self.used: dict[tuple[int, str], Used] = {}
        """By the number of a local day and model."""

    def of(self, agent: str, session_id: str) -> "Daily":
        """The books of one session."""
        return self._others.setdefault((agent, session_id), Daily((agent, session_id)))

    def rebook(self, before: Call | None, after: Call | None) -> None:
        """A call as it was (None: new) and as it is (None: withdrawn)."""
        for call, sign in ((before, -1), (after, 1)):
            if call is not None and call.ok:
                place, spent = (local_day(call.at_ns), call.model), call.picodollars
                used = Used(int(call.counts), call.tokens, spent or 0, int(spent is None))
                self.used[place] = self.used.get(place, Used()).plus(used, sign)

    def places(self) -> set[Place]:
        """The sessions that used something."""
        return {place for place, one in self._others.items() if one.used}

    def cells(self, sessions: Mapping[Place, tuple[str, str]]) -> list[Cell]:
        """What was used, by `sessions`: for whom each place worked, the key of a session and its project's name."""
        return [
            Cell(date.fromordinal(day).isoformat(), project, model, place[0], session, used)
            for place, (session, project) in sessions.items()
            for (day, model), used in self._others[place].used.items()
            if used.calls or used.tokens.total
        ]
