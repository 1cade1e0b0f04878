"""What the ledger keeps at most, and how often it had to let something go."""

from msgspec import Struct


class Limits(Struct, frozen=True):
    """What the ledger keeps at most."""

    sessions: int = 5_000
    """Sessions kept apart; beyond, the one longest silent goes, its work stays in the totals."""
    calls: int = 400_000
    """Model and tool calls remembered one by one, 250 MB; beyond, the longest silent sessions forget older ones."""


class Counters(Struct):
    """What the ledger did, for `stats`."""

    events: int = 0
    sessions_evicted: int = 0
    calls_folded: int = 0
