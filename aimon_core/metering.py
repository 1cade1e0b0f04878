"""Machine totals from usage metrics: what all sessions of this machine used, as their metrics tell it.

They count the same work as the calls do, so they are never added to calls; they stand beside them, and show what
only metrics saw (a stream the person aborted). Each delivery counts once: a delta point by its interval, a cumulative
series by its newest value, a reset by its new start.
"""

from collections import OrderedDict

from aimon_core.events import Counted

SERIES = 10_000
"""Time series kept apart; beyond, the longest silent one only counts."""

INTERVALS = 4_096
"""Intervals of a series recognised when they are delivered again."""

PARTS = 256
"""Kinds of tokens kept apart, over all agents."""
OTHERS = "…"
"""The name of what is not told apart any more."""


class Metering:
    """Tokens and dollars by metrics."""

    def __init__(self) -> None:
        self._series: OrderedDict[str, OrderedDict[tuple[int, int], float]] = OrderedDict()
        self._sums: dict[tuple[str, str, str], float] = {}
        self.points = 0

    def add(self, point: Counted) -> None:
        """Count a point, once."""
        series = self._series.get(point.series)
        if series is None:
            series = self._series[point.series] = OrderedDict()
            if len(self._series) > SERIES:
                self._series.popitem(last=False)
        self._series.move_to_end(point.series)
        self.points += 1
        interval = (point.start_ns, point.at_ns if point.delta else 0)
        known = series.get(interval, 0.0)
        if point.delta and interval in series:
            return
        grown = point.value - known
        if grown <= 0:
            return
        series[interval] = point.value
        if len(series) > INTERVALS:
            series.popitem(last=False)
        key = (point.metric, point.part, point.agent)
        if key not in self._sums and len(self._sums) >= PARTS:
            key = (point.metric, OTHERS, point.agent)
        self._sums[key] = self._sums.get(key, 0.0) + grown

    @property
    def tokens(self) -> dict[str, int]:
        """Tokens by the agents' own names of their parts, all agents together."""
        parts: dict[str, float] = {}
        for (metric, part, _), value in self._sums.items():
            if metric == "tokens":
                parts[part] = parts.get(part, 0.0) + value
        return {part: round(value) for part, value in sorted(parts.items())}

    @property
    def cost_usd(self) -> float:
        """Dollars, all agents together, to the millionth."""
        return round(sum(value for (metric, _, _), value in self._sums.items() if metric == "cost"), 6)
