"""What the ledger keeps at most, and how often it had to let something go."""

from collections.abc import Mapping

from msgspec import Struct

from aimon_core.entry import Entry


class Limits(Struct, frozen=True):
    """What the ledger keeps at most."""

    sessions: int = 10_000
    """Sessions kept apart; beyond, the one longest silent goes, its work stays in the totals."""
    calls: int = 400_000
    """Model and tool calls remembered one by one, 250 MB; beyond, the longest silent sessions forget older turns."""


class Counters(Struct):
    """What the ledger did, for `stats`."""

    events: int = 0
    sessions_evicted: int = 0
    calls_folded: int = 0

    @property
    def let_go(self) -> str:
        """What the books no longer tell one by one, for a sentence; empty while they tell everything."""
        if not self.calls_folded + self.sessions_evicted:
            return ""
        return f"{self.sessions_evicted:,} sessions and {self.calls_folded:,} calls are only in the totals"


def relieve(entries: Mapping[str, Entry], limits: Limits, counters: Counters) -> set[str]:
    """Let the longest silent sessions forget older turns until few calls enough are remembered; the keys of those.

    Where the last turns alone are too much, the longest silent forget the older halves of them.
    """
    surplus = sum(entry.retained for entry in entries.values()) - limits.calls
    relieved = set[str]()
    silent = sorted(entries.items(), key=lambda item: item[1].arrived_ns) if surplus > 0 else []
    for forget in (Entry.forget_turns, Entry.forget):
        for key, entry in silent:
            if surplus <= 0:
                return relieved
            retained, folded = entry.retained, entry.folded
            forget(entry)
            if entry.retained < retained:
                surplus -= retained - entry.retained
                counters.calls_folded += entry.folded - folded
                relieved.add(key)
    return relieved
