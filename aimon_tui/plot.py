"""Columns over a grid, in eighths of a cell: pure, from amounts to glyphs."""

from collections.abc import Sequence
from math import floor, log10

from msgspec import Struct

LINES = 3
"""Grid lines."""
_EIGHTHS = " ▁▂▃▄▅▆▇█"


class Level(Struct, frozen=True):
    """One row of cells."""

    amount: float | None
    """Of the grid line on its upper edge; None where there is none."""
    glyphs: tuple[str, ...]
    """What each column shows here; a blank where it does not reach."""


def step(largest: float) -> float:
    """The round amount, 1, 2 or 5 of some size, of which so many as there are grid lines hold the largest."""
    if largest <= 0:
        return 1.0
    size = 10.0 ** floor(log10(largest / LINES))
    return next(part * size for part in (1, 2, 5, 10) if part * size * LINES >= largest * 0.999_999)


def levels(amounts: Sequence[float], height: int) -> list[Level]:
    """Rows from the top, as many as `height` holds whole grid cells; more than nothing always shows."""
    per = max(1, height // LINES)
    each = step(max(amounts, default=0.0))
    eighths = [max(round(amount / each * per * 8), 1 if amount > 0 else 0) for amount in amounts]
    return [
        Level(
            (level + 1) // per * each if (level + 1) % per == 0 else None,
            tuple(_EIGHTHS[min(8, max(0, whole - level * 8))] for whole in eighths),
        )
        for level in range(LINES * per - 1, -1, -1)
    ]
