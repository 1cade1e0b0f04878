"""What a session's work is judged to be by what was expected of it, while it goes on and at its end.

The judge stands higher up and loads more than this floor may; the ledger only keeps its word with the session.
"""

from collections.abc import Collection
from typing import Literal

from msgspec import Struct

Standing = Literal["kept", "open", "broken", "error"]
"""`kept` so far; `open` what is missing may still come; `error` it cannot be judged, which at the end is no pass."""

_WORST: tuple[Standing, ...] = ("broken", "error", "open", "kept")


class Judged(Struct, frozen=True):
    """What one scorer says of a session."""

    name: str
    """Of the scorer, e.g. `cost_budget`."""
    standing: Standing
    rationale: str


class Verdict(Struct, frozen=True):
    """What all scorers say that something was expected of."""

    standing: Standing
    """The worst of theirs."""
    scores: tuple[Judged, ...]
    budget_usd: float | None = None
    """The dollars that it may cost at most; None where nobody said."""

    @property
    def broken(self) -> tuple[str, ...]:
        """The scorers whose limits are broken."""
        return tuple(score.name for score in self.scores if score.standing == "broken")


def verdict(scores: Collection[Judged]) -> Verdict | None:
    """The verdict over some scores; None without any."""
    found = {score.standing for score in scores}
    return Verdict(next(one for one in _WORST if one in found), tuple(scores)) if scores else None
