"""What the ledger keeps at most, and how often it had to let something go."""

from collections.abc import Mapping

from msgspec import Struct

from aimon_core.entry import Entry


class Limits(Struct, frozen=True):
    """What the ledger keeps at most."""

    sessions: int = 10_000
    """Sessions kept apart; beyond, the one longest silent goes, its work stays in the totals."""
    calls: int = 400_000
    """Model and tool calls remembered one by one, 250 MB; beyond, the longest silent sessions forget older ones."""


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
    """Let the longest silent sessions forget older calls until few enough are remembered; the keys of those."""
    surplus = sum(entry.retained for entry in entries.values()) - limits.calls
    relieved = set()
    for key, entry in sorted(entries.items(), key=lambda item: item[1].arrived_ns):
        if surplus <= 0:
            break
        retained, folded = entry.retained, entry.folded
        entry.forget()
        surplus -= retained - entry.retained
        counters.calls_folded += entry.folded - folded
        relieved.add(key)
    return relieved
