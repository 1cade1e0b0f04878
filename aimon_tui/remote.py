"""Another aimon's ledger, as far as it has told of it: what a second screen shows.

It knows lines and no sockets (`attached` brings them). What the other one told last stays when the connection is lost:
the screen says so, its clocks stand still, and it goes on when the other one is back.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING

from aimon_core import mirror
from aimon_core.clean import clean
from aimon_core.clock import Clock
from aimon_core.errors import Unavailable, Unreadable
from aimon_core.session import Session, Totals
from aimon_core.spans import TurnTree

if TYPE_CHECKING:
    from aimon_desktop.terminals import Outcome

    Acts = Callable[[str, str], None]
    Goes = Callable[[Session], Awaitable[Outcome]]

SAME_NS = 1_000_000_000
"""Clocks that differ by less are one clock."""


class RemoteClock:
    """The other one's clock: what it shows decides how old things are. It stands still while nothing is heard of it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead_ns = 0
        self._stopped_ns: int | None = None
        self.monotonic = clock.monotonic

    def now_ns(self) -> int:
        """Its time, or when it was heard of last."""
        return self._clock.now_ns() + self._ahead_ns if self._stopped_ns is None else self._stopped_ns

    def heard(self, now_ns: int) -> None:
        """It is so late there now."""
        ahead_ns = now_ns - self._clock.now_ns()
        self._ahead_ns = ahead_ns if abs(ahead_ns) > SAME_NS else 0
        self._stopped_ns = None

    def stop(self) -> None:
        """Nothing is heard any more."""
        self._stopped_ns = self.now_ns()


class RemoteDoor:
    """What the header says of the other one."""

    def __init__(self, address: str) -> None:
        self.address = address
        """E.g. `127.0.0.1:4318`, or the name of another machine."""
        self.problem: str | None = None
        self.label, self.fault = f"via {address}", f"{address} gone"
        self.events_per_s = 0.0

    def forwards(self) -> None:
        """Nothing: what the other one passes on is its own affair."""

    def rate(self) -> float:
        """Events a second at its doors."""
        return self.events_per_s


class RemoteLedger:
    """A ledger that is told, not kept."""

    def __init__(self, clock: RemoteClock, door: RemoteDoor, acts: "Acts", goes: "Goes") -> None:
        """`acts` asks the other one to do something about a session, `goes` brings its terminal before a person."""
        self._clock, self._door, self._acts, self._goes = clock, door, acts, goes
        self._sessions: dict[str, Session] = {}
        self._turns: dict[str, list[TurnTree]] = {}
        self._totals = Totals()
        self.journal = ""
        """The file in which the other one keeps what it is told; empty where it keeps nothing, or nothing was heard."""
        self._changed: set[str] = set()

    def hear(self, line: bytes) -> None:
        """Take one line in. Raises Unreadable for a line that makes no sense, Unavailable for another format."""
        try:
            told = mirror.decode(line)
        except ValueError as error:
            raise self._foreign(line) from error
        match told:
            case mirror.Head():
                self._begin(told)
            case mirror.Frame():
                self._frame(told)
            case mirror.Turn():
                self._turn(told)

    # ------------------------------------------------------------------ what the screen asks

    def tick(self) -> None:
        """Nothing: its time passes there."""

    def drain(self) -> set[str]:
        """What was told since the last call."""
        changed, self._changed = self._changed, set()
        return changed

    def get(self, key: str) -> Session | None:
        """One session, as it was told last."""
        return self._sessions.get(key)

    def sessions(self) -> list[Session]:
        """The sessions to list."""
        return list(self._sessions.values())

    def totals(self) -> Totals:
        """Sums over all of them, those that are no longer listed included."""
        return self._totals

    def turns(self, key: str) -> Sequence[TurnTree]:
        """The tree of a session, as far as it has been told."""
        return self._turns.get(key, [])

    def acknowledge(self, key: str) -> None:
        """Tell the other one that a person has seen it."""
        self._acts("acknowledge", key)

    async def focus(self, key: str) -> "Outcome":
        """Bring a session's terminal before whoever looks at this screen."""
        session = self._sessions.get(key)
        if session is None:
            from aimon_desktop.terminals import Outcome  # noqa: PLC0415 - after the first paint

            return Outcome(ok=False, line="This session is no longer known.")
        outcome = await self._goes(session)
        if outcome.ok:
            self.acknowledge(key)
        return outcome

    # ------------------------------------------------------------------ what is told

    def _begin(self, head: mirror.Head) -> None:
        if head.format != mirror.FORMAT:
            version = clean(head.version, 20)
            raise Unavailable(f"The aimon there is version {version}, and shows itself in another way.", "Update both.")
        self._clock.heard(head.now_ns)
        self.journal = head.journal
        for key in self._sessions.keys() - set(head.keys):
            self._forget(key)
        self._turns.clear()  # they are told again
        self._changed.update(head.keys)

    def _frame(self, frame: mirror.Frame) -> None:
        self._clock.heard(frame.now_ns)
        self._door.events_per_s, self._totals = frame.rate, frame.totals
        for session in frame.sessions:
            self._sessions[session.key] = session
            self._changed.add(session.key)
        for key in frame.gone:
            self._forget(key)

    def _turn(self, piece: mirror.Turn) -> None:
        turns = self._turns.setdefault(piece.key, [])
        place = next((at for at, turn in enumerate(turns) if turn.place >= piece.turn.place), len(turns))
        known = turns[place] if place < len(turns) and turns[place].place == piece.turn.place else None
        whole = mirror.joined(piece, known.spans if known else ())
        self._turns[piece.key] = [*turns[:place], whole, *turns[place + (known is not None) :]]
        if piece.done:
            del self._turns[piece.key][piece.turns :]
            self._changed.add(piece.key)

    def _forget(self, key: str) -> None:
        self._sessions.pop(key, None)
        self._turns.pop(key, None)
        self._changed.add(key)

    @staticmethod
    def _foreign(line: bytes) -> Unreadable | Unavailable:
        """A line of an older aimon, which knows no other screens, or of no aimon at all."""
        if b'"session_list"' in line[:200]:
            return Unavailable("The aimon there is older, and cannot be shown from here.", "Update it.")
        return Unreadable(f"What answers there is no aimon: {clean(line[:60].decode(errors='replace'))!r}.")
