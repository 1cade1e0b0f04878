"""The ledger as the screen sees it while it is read again: until it knows as much, sessions look as they did last.

It stands between `restoring`, which fills the ledger, and whoever looks at it meanwhile: ten thousand sessions are on
the screen at once, and none of them counts up from nothing.
"""

from typing import TYPE_CHECKING

from aimon_core.session import Session, Totals
from aimon_core.store import SessionStore

if TYPE_CHECKING:  # SQLite is not for the first paint
    from aimon_core.pictures import Recalled

_OVER = {"ended", "expired"}


class Recollection:
    """A ledger, and what is remembered beside it."""

    def __init__(self, store: SessionStore) -> None:
        self._store = store
        self._before: dict[str, Session] = {}
        self._totals: Totals | None = None

    def begin(self, recalled: "Recalled") -> set[str]:
        """Show what was known last; the keys that this changes."""
        self._before, self._totals = recalled.sessions, recalled.totals
        return set(self._before)

    def end(self) -> set[str]:
        """The ledger knows everything; the keys that this changes."""
        before, self._before, self._totals = self._before, {}, None
        return set(before)

    def get(self, key: str) -> Session | None:
        """One session: by the ledger, once it has heard of all that was known."""
        now, before = self._store.get(key), self._before.get(key)
        return before if before is not None and _is_behind(now, before) else now

    def sessions(self, *, every: bool = False) -> list[Session]:
        """The sessions to list."""
        listed = self._store.sessions(every=every)
        if not self._before:
            return listed
        found = {key: one for key, one in self._before.items() if every or one.state not in _OVER}
        for one in listed:
            before = self._before.get(one.key)
            if before is None or not _is_behind(one, before):
                found[one.key] = one
        return list(found.values())

    def totals(self) -> Totals:
        """Sums over all of them."""
        now, before = self._store.totals(), self._totals
        return before if before is not None and before.llm_calls > now.llm_calls else now


def _is_behind(now: Session | None, before: Session) -> bool:
    """Whether the ledger has not yet heard of what was known before."""
    return now is None or now.last_activity_at_ns < before.last_activity_at_ns
