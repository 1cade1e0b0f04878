"""Everything that all sessions come to: calls and money from running sums, the rest added up as their books change."""

from collections.abc import Iterable, Mapping

from aimon_core.entry import Entry
from aimon_core.session import Totals
from aimon_core.sums import Sums

_Figures = tuple[int, int, int, int]
"""Calls given up, tool calls, those of them that failed, errors."""
_NOTHING: _Figures = (0, 0, 0, 0)


class Footing:
    """What stands below the books: ten thousand of them are added up a hundred times a second, few of them changed."""

    def __init__(self, sums: Sums) -> None:
        self.due: set[str] = set()
        """Sessions that changed since they were added up."""
        self._sums = sums
        self._known: dict[str, _Figures] = {}
        self._shown: set[str] = set()
        self._whole = _NOTHING

    def total(self, changed: Iterable[str], entries: Mapping[str, Entry], now_ns: int) -> Totals:
        """The sums at a moment; `changed` are sessions that may change again before anybody says that they are due."""
        for key in self.due.union(changed):
            self._enter(key, entries.get(key))
        self.due.clear()
        given_up, tool_calls, tool_errors, errors = self._whole
        tally, spend = self._sums.tally, self._sums.spend
        return Totals(
            sessions=len(self._shown),
            llm_calls=tally.calls,
            llm_calls_failed=tally.failed + given_up,
            tool_calls=tool_calls,
            tool_errors=tool_errors,
            errors=errors,
            tokens=tally.tokens,
            cost=tally.cost,
            today_usd=spend.today_usd(now_ns),
            today_unpriced=self._sums.unpriced_today(now_ns),
            burn_usd_per_hour=spend.burn_usd_per_hour(now_ns),
        )

    def _enter(self, key: str, entry: Entry | None) -> None:
        """Replace what is known of a session; one that was let go is no row, and its work stays in the sums."""
        self._shown.discard(key)
        before = self._known.pop(key, _NOTHING)
        if entry is None:
            return
        if entry.shown:
            self._shown.add(key)
        after = self._known[key] = (len(entry.given_up()), entry.tools.calls, entry.tools.errors, entry.errors)
        given_up, calls, failed, errors = (
            whole - old + new for whole, old, new in zip(self._whole, before, after, strict=True)
        )
        self._whole = (given_up, calls, failed, errors)
