"""What the screen shows of the ledger: which rows in which order, and which one is selected.

The selection is the key of a session, never a row number: rows come, go and change places under it. While a person
moves the cursor the order is held, so that a row does not jump away from under it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from msgspec import Struct

from aimon_core.session import Session, Totals
from aimon_core.spans import TurnTree
from aimon_tui.filters import Filter
from aimon_tui.rows import NEED, dollars

if TYPE_CHECKING:  # what asks other programs is not needed to say its name
    from aimon_desktop.terminals import Outcome

HOLD_S = 2.0
"""How long the order is held after the cursor moved."""

_RANK = {state: rank for rank, state in enumerate(NEED)}


def _dearest(session: Session) -> tuple[float]:
    usd = dollars(session)
    return (1.0 if usd is None else -usd,)


SORTS: dict[str, Callable[[Session], tuple[Any, ...]]] = {
    "need": lambda session: (_RANK[session.state], session.since_ns),
    "cost": _dearest,
    "tokens": lambda session: (-session.total_tokens,),
    "project": lambda session: (session.name.lower(),),
    "age": lambda session: (-session.started_at_ns,),
}
"""The orders of the table; inside a group of need the longest stands first, dollars nobody knows stand last."""


GROUPS: dict[str, Callable[[Session], str]] = {
    "": lambda _session: "",
    "project": lambda session: session.name,
    "agent": lambda session: session.agent,
    "host": lambda session: session.host or "host not told",
}
"""What the rows may stand together by."""


class Group(Struct, frozen=True):
    """The heading of the rows that follow it: it stands where the first of them would without it."""

    name: str
    rows: int
    usd: float
    """As far as it is known."""
    unpriced: bool


class Ledger(Protocol):
    """Where sessions come from: the store of this process, or whatever stands for it."""

    def tick(self) -> object:
        """Let time pass."""

    def drain(self) -> set[str]:
        """Keys that changed since the last call."""

    def get(self, key: str) -> Session | None:
        """One session."""

    def sessions(self) -> list[Session]:
        """The sessions to list."""

    def totals(self) -> Totals:
        """Sums over all of them."""

    def turns(self, key: str) -> Sequence[TurnTree]:
        """The tree of a session, turn by turn; a turn in which nothing changed is the same object as before."""

    def acknowledge(self, key: str) -> object:
        """A person has seen that it is done."""

    async def focus(self, key: str) -> "Outcome":
        """Bring a session's terminal before the person, who has then seen it, or say why it cannot be."""


class Board:
    """Rows, order and selection."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        """What is shown; another one may be put in its place, and the selection, order and filter stay."""
        self._listed: dict[str, Session] = {}
        self.rows: list[Session] = []
        self.filter = Filter()
        self.sort, self.group = "need", ""
        self.lines: list[Session | Group] = []
        """The rows, each group below its heading."""
        self.selected: str | None = None
        """Key of the selected row; None while there is no row."""
        self.totals = Totals()
        self.states: Counter[str] = Counter()
        """How many sessions are in each state, filtered out or not."""
        self.twins: set[str] = set()
        """Project names that more than one row has."""
        self.judged = False
        """Whether something was expected of any session."""
        self._wanted: str | None = None
        self._held_until = 0.0

    def __len__(self) -> int:
        return len(self._listed)

    @property
    def keys(self) -> list[str]:
        """The rows by their keys."""
        return [session.key for session in self.rows]

    @property
    def session(self) -> Session | None:
        """The selected session."""
        return self._listed.get(self.selected or "")

    @property
    def places(self) -> object:
        """Differs when a row has another place or reads otherwise than it did though its session did not change."""
        return (
            self.keys,
            self.twins,
            self.judged,
            [line.name for line in self.lines if isinstance(line, Group)],
            bool(self),
        )

    @property
    def line(self) -> int | None:
        """The line of the selected session."""
        return next((at for at, line in enumerate(self.lines) if _is(line, self.selected)), None)

    @property
    def index(self) -> int | None:
        """The row of the selected session."""
        return next((row for row, session in enumerate(self.rows) if session.key == self.selected), None)

    def held(self, now_s: float) -> bool:
        """Whether the order is held at a moment of the monotonic clock."""
        return now_s < self._held_until

    def refresh(self, now_s: float) -> None:
        """Take the ledger's sessions in."""
        self._listed = {session.key: session for session in self.ledger.sessions()}
        self.states = Counter(session.state for session in self._listed.values())
        self.judged = any(session.verdict is not None for session in self._listed.values())
        self.totals = self.ledger.totals()
        self._arrange(now_s)

    def narrow(self, text: str) -> None:
        """Show only what a filter lets through."""
        self.filter = Filter(text)
        self._arrange_anew()

    def next_sort(self) -> None:
        """Go on to the next order."""
        names = list(SORTS)
        self.sort = names[(names.index(self.sort) + 1) % len(names)]
        self._arrange_anew()

    def next_group(self) -> None:
        """Go on to what the rows stand together by next."""
        names = list(GROUPS)
        self.group = names[(names.index(self.group) + 1) % len(names)]
        self._arrange_anew()

    def move(self, steps: int, now_s: float) -> None:
        """Select the row some steps away, and hold the order for a while."""
        here = self.index
        self.move_to(0 if here is None else max(0, here + steps), now_s)

    def move_to(self, row: int, now_s: float) -> None:
        """Select a row by its number, counted from the end where negative."""
        if self.rows:
            row = len(self.rows) - 1 if row < 0 else min(row, len(self.rows) - 1)
            self.selected = self._wanted = self.rows[row].key
            self._held_until = now_s + HOLD_S

    def move_to_key(self, key: str, now_s: float) -> None:
        """Select a session; one that the filter hides is selected when it is let through."""
        self._wanted = key
        if key in self.keys:
            self.move_to(self.keys.index(key), now_s)

    def release(self, now_s: float) -> bool:
        """Order the rows again once they need not be held any more; returns whether that has just happened."""
        if not self._held_until or self.held(now_s):
            return False
        self._arrange_anew()
        return True

    def _arrange_anew(self) -> None:
        self._held_until = 0.0
        self._arrange(0.0)

    def _arrange(self, now_s: float) -> None:
        place = self.index or 0
        shown = [session for session in self._listed.values() if self.filter.passes(session)]
        if self.held(now_s):
            shown = self._in_old_order(shown)
        else:
            shown.sort(key=lambda session: (*SORTS[self.sort](session), session.key))
        self.lines = list(_grouped(shown, GROUPS[self.group])) if self.group else [*shown]
        self.rows = [line for line in self.lines if isinstance(line, Session)]
        names = Counter(session.name for session in shown)
        self.twins = {name for name, number in names.items() if number > 1}
        self._select(place)

    def _in_old_order(self, shown: Iterable[Session]) -> list[Session]:
        places = {session.key: place for place, session in enumerate(self.rows)}
        return sorted(shown, key=lambda session: places.get(session.key, len(places)))

    def _select(self, place: int) -> None:
        """Keep the selection; where it went, its neighbour stands in: until the filter lets it back, or for good."""
        keys = set(self.keys)
        if self._wanted in keys:
            self.selected = self._wanted
        elif self.selected not in keys:
            self.selected = self.rows[min(place, len(self.rows) - 1)].key if self.rows else None
        if self._wanted not in self._listed:
            self._wanted = self.selected


def _grouped(rows: Iterable[Session], group: Callable[[Session], str]) -> Iterator[Session | Group]:
    groups: dict[str, list[Session]] = {}
    for session in rows:
        groups.setdefault(group(session).lower(), []).append(session)
    for members in groups.values():
        known = [dollars(session) for session in members]
        yield Group(group(members[0]), len(members), sum(usd or 0.0 for usd in known), None in known)
        yield from members


def _is(line: Session | Group, key: str | None) -> bool:
    return isinstance(line, Session) and line.key == key
