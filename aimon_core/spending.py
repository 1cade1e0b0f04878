"""Money by the minute and by the day: what burn rates, sparklines and "today" are made of.

It stands apart because it forgets: calls stay in their sessions, this keeps sixty minutes and two days and no more.
It knows no clock: whoever asks says what time it is.
"""

from datetime import datetime, tzinfo
from functools import lru_cache

from aimon_core.session import PICODOLLARS

MINUTES = 60
DAYS = 2
BURN_MINUTES = 15
"""The window of the burn rate: a turn or two, so that it neither jumps with each call nor lags behind an hour."""

_MINUTE_NS = 60 * 10**9
_QUARTER_NS = 15 * _MINUTE_NS


class Spend:
    """Picodollars by minute and by local day.

    Buckets go when there are newer ones, not when time passes: a session with a skewed clock keeps its figures.
    """

    __slots__ = ("_days", "_minutes", "_zone")

    def __init__(self, zone: tzinfo | None = None) -> None:
        """Days are those of `zone`, or of the machine."""
        self._zone = zone
        self._minutes: dict[int, int] = {}
        self._days: dict[int, int] = {}

    def add(self, at_ns: int, picodollars: int) -> None:
        """Count money spent at a moment; a negative amount takes it back."""
        put(self._minutes, at_ns // _MINUTE_NS, picodollars, MINUTES)
        put(self._days, local_day(at_ns, self._zone), picodollars, DAYS)

    def per_minute(self, now_ns: int, n: int = 30) -> tuple[float, ...]:
        """Dollars in each of the last `n` minutes (at most `MINUTES`), oldest first, the running one last."""
        now = now_ns // _MINUTE_NS
        return tuple(self._minutes.get(minute, 0) / PICODOLLARS for minute in range(now - n + 1, now + 1))

    def burn_usd_per_hour(self, now_ns: int) -> float:
        """Dollars of the last 15 minutes, scaled to an hour."""
        return sum(self.per_minute(now_ns, BURN_MINUTES)) * (60 / BURN_MINUTES)

    def today_usd(self, now_ns: int) -> float:
        """Dollars since local midnight."""
        return self._days.get(local_day(now_ns, self._zone), 0) / PICODOLLARS


_LAST_QUARTER = 253_402_214_400 * 10**9 // _QUARTER_NS
"""Of the last but one day that a calendar knows: a client may say any time."""


def local_day(at_ns: int, zone: tzinfo | None = None) -> int:
    """The number of the day that a moment lies in, in `zone` or where the machine is."""
    return _day(max(0, min(at_ns // _QUARTER_NS, _LAST_QUARTER)), zone)


def put(buckets: dict[int, int], when: int, number: int, kept: int) -> None:
    """Add a number to a bucket, of which the newest are kept."""
    if when in buckets:
        buckets[when] += number
        return
    buckets[when] = number
    if len(buckets) > kept:
        del buckets[min(buckets)]


@lru_cache(maxsize=1024)
def _day(quarter: int, zone: tzinfo | None) -> int:
    """The number of the day that a quarter of an hour lies in: no zone begins a day, or shifts, within one."""
    return datetime.fromtimestamp(quarter * (_QUARTER_NS // 10**9), zone).toordinal()
