"""What a person missed: who finished, failed, waited or ended while nobody looked at the screen, and what it cost.

Rows say where each session stands; this says what it took to get there. It knows no screen and starts no timer: it is
told that somebody left, that something changed, and that somebody is there again.
"""

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from aimon_core.clock import Clock
from aimon_core.session import Session
from aimon_tui.board import Ledger
from aimon_tui.rows import NEED, dollars

SHORTEST_S = 60.0
"""Who was away for less has missed nothing."""
IDLE_S = 300.0
"""Without a key or the mouse for so long somebody is away, for terminals that do not tell of their focus."""
_NEWS = frozenset({"waiting", "failed", "completed", "ended"})


class Missed(Struct, frozen=True):
    """What one session did meanwhile."""

    session: Session
    """As it stood on the return."""
    waited_ns: int
    """In waits that ended meanwhile, and in the open one."""
    usd: float | None
    """Spent meanwhile; None where nobody knows."""


class Absence(Struct, frozen=True):
    """One time away."""

    lasted_s: float
    missed: tuple[Missed, ...]
    """Who needs a person first; not those that only worked."""
    usd: float
    """Spent meanwhile by every session, as far as it is known."""
    unpriced: bool
    """Whether some of it is not known."""


class Away:
    """Since when nobody has been there, and what was known then."""

    def __init__(self, ledger: Ledger, clock: Clock, tell: Callable[[Absence | None], None]) -> None:
        """`tell` is given what was missed, and None when it has been read."""
        self._ledger, self._clock, self._tell = ledger, clock, tell
        self._blurred = self._told = False
        self._begin()

    def note(self, keys: Iterable[str]) -> None:
        """These sessions changed."""
        for key in keys:
            if (session := self._ledger.get(key)) is None:
                continue
            if session.last_activity_at_ns < self._left_ns:
                self._before[key] = session  # only learned now, as from a journal or a transcript: no news
            else:
                self._after[key] = session

    def leave(self) -> None:
        """The terminal lost its focus."""
        self._blurred = True
        if not self._told:
            self._begin()

    def back(self) -> None:
        """The terminal has its focus again: what was not read yet is told anew, with what came since."""
        if (absence := self._absence()) is not None:
            self._told = True
            self._tell(absence)
        self._blurred = False

    def touch(self, *, key: bool = False) -> None:
        """Somebody is there, with the mouse or a key: one pressed below what was told says that it was read."""
        if self._told:
            if key:
                self.read()
            return
        lasted_s = self._lasted_s
        self.back()
        if lasted_s >= 1 and not self._told:  # a mouse that moves says so many times a second
            self._begin()

    def read(self) -> None:
        """What was told has been read."""
        self._told = False
        self._tell(None)
        self._begin()

    @property
    def _lasted_s(self) -> float:
        return self._clock.monotonic() - self._left_s

    def _begin(self) -> None:
        self._left_s, self._left_ns = self._clock.monotonic(), self._clock.now_ns()
        self._before = {session.key: session for session in self._ledger.sessions()}
        self._after: dict[str, Session] = {}

    def _absence(self) -> Absence | None:
        if self._lasted_s < (SHORTEST_S if self._blurred else IDLE_S):
            return None
        now_ns = self._clock.now_ns()
        each = [_since(session, self._before, self._left_ns, now_ns) for session in self._after.values()]
        missed = [one for one in each if one.waited_ns or _is_news(one.session, self._left_ns)]
        if not missed:
            return None
        missed.sort(key=lambda one: (NEED.index(one.session.state), -one.waited_ns, one.session.since_ns))
        usd = sum(one.usd or 0.0 for one in each)
        return Absence(self._lasted_s, tuple(missed), usd, any(one.usd is None for one in each))


def _is_news(session: Session, left_ns: int) -> bool:
    return session.state in _NEWS and session.since_ns >= left_ns


def _since(session: Session, before: Mapping[str, Session], left_ns: int, now_ns: int) -> Missed:
    """What a session did since; one that nobody knew then has done all of it if it began later."""
    open_ns = now_ns - session.since_ns if session.state == "waiting" else 0
    usd = dollars(session)
    if (known := before.get(session.key)) is None:
        began_later = session.started_at_ns >= left_ns
        return Missed(session, open_ns + session.waited_ns * began_later, usd if began_later else None)
    spent = dollars(known)
    waited_ns = max(0, session.waited_ns - known.waited_ns)
    return Missed(session, open_ns + waited_ns, None if usd is None or spent is None else max(0.0, usd - spent))
