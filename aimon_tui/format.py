"""Numbers and text to cells: pure, of bounded width, and the only place where text is cut.

A number is never cut, it changes its unit; a name is cut by cells, not characters.
"""

import time
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

ELLIPSIS = "…"
NONE = "—"

_UNITS = (("k", 10**3), ("M", 10**6), ("G", 10**9), ("T", 10**12))


def count(number: int | None) -> str:
    """A number in at most 5 cells: 940, 12.3k, 310k, 1.2M; None is an em dash."""
    if number is None:
        return NONE
    if number < 1000:
        return str(number)
    for unit, size in _UNITS:
        value = number / size
        if value < 99.95:
            return f"{value:.1f}{unit}"
        if value < 999.5:
            return f"{value:.0f}{unit}"
    return ">999T"


def money(usd: float | None) -> str:
    """Dollars in at most 9 cells: two places, four below a cent, none from $10,000; None is the word unpriced."""
    if usd is None:
        return "unpriced"
    if 0 < usd < 0.01:
        return f"${usd:.4f}" if usd >= 0.0001 else "<$0.0001"
    if usd < 9_999.995:
        return f"${usd:,.2f}"
    return f"${usd:,.0f}" if usd < 999_999.5 else f"${count(int(usd))}"


def spent(usd: float, *, unpriced: bool) -> str:
    """A sum of dollars of which a part may not be known: $3.20, $3.20 + unpriced, unpriced."""
    return money(usd or None) + (" + unpriced" if usd else "") if unpriced else money(usd)


def clock(seconds: float) -> str:
    """An age in at most 6 cells: 0:42, 12:03, 3h05m, 2d04h, 120d."""
    whole = max(0, int(seconds))
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d}"
    if whole < 86_400:
        return f"{whole // 3600}h{whole % 3600 // 60:02d}m"
    days = whole // 86_400
    return f"{days}d{whole % 86_400 // 3600:02d}h" if days < 100 else f"{days}d"


def span(seconds: float) -> str:
    """A duration with one unit or two: 0.4 s, 38.2 s, 2m03s, 1h15m."""
    if seconds < 59.95:
        return f"{max(0.0, seconds):.1f} s"
    whole = round(seconds)
    return f"{whole // 60}m{whole % 60:02d}s" if whole < 3600 else clock(whole)


def wall(at_ns: int, *, exact: bool = True) -> str:
    """The time of the day here, to the millisecond or the second: 02:16:04.123."""
    at = time.strftime("%H:%M:%S", time.localtime(at_ns // 1_000_000_000))
    return f"{at}.{at_ns // 1_000_000 % 1000:03d}" if exact else at


def day(at_ns: int, now_ns: int) -> str:
    """A moment to come: 14:20 today, else the day, Tu 24."""
    at = time.localtime(at_ns // 1_000_000_000)
    if at[:3] == time.localtime(now_ns // 1_000_000_000)[:3]:
        return time.strftime("%H:%M", at)
    return time.strftime("%a", at)[:2] + time.strftime(" %d", at)


def percent(part: int, whole: int | None) -> str:
    """A share in at most 4 cells: 64%; an em dash where the whole is unknown."""
    if not whole:
        return NONE
    return f"{min(999, round(100 * part / whole))}%"


def fit(text: str, width: int, align: str = "<") -> str:
    """Exactly `width` cells: cut at the end with an ellipsis, or padded."""
    if width <= 0:
        return ""
    if cell_len(text) > width:
        text = set_cell_size(text, width - 1).rstrip() + ELLIPSIS
    pad = " " * (width - cell_len(text))
    return pad + text if align == ">" else text + pad


def fit_path(text: str, width: int) -> str:
    """Like `fit`, but the last word, if it is a path, loses its head instead: `Edit: …/reconcile.py`."""
    before, blank, path = text.rpartition(" ")
    room = width - cell_len(before) - len(blank)
    if cell_len(text) <= width or "/" not in path or room < 8:
        return fit(text, width)
    parts = path.split("/")
    while len(parts) > 1 and cell_len("/".join(parts)) + 2 > room:
        del parts[0]
    return fit(f"{before}{blank}{ELLIPSIS}/{'/'.join(parts)}", width)


def spark(values: Sequence[float], width: int | None = None) -> str:
    """One eighth-block for each value, or for as many neighbours together as it takes to fit into `width` cells.

    Zero is the lowest block, so that the axis stays visible.
    """
    if not values or width == 0:
        return ""
    size = -(-len(values) // (width or len(values)))
    sums = [sum(values[max(0, end - size) : end]) for end in range(len(values), 0, -size)][::-1]
    top = max(sums) or 1
    return "".join("▁▂▃▄▅▆▇█"[min(7, int(value / top * 7.99))] if value > 0 else "▁" for value in sums)
