"""Everything that all sessions come to: calls and money from running sums, the rest from the books at hand."""

from collections.abc import Collection

from aimon_core.entry import Entry
from aimon_core.session import Totals
from aimon_core.sums import Sums


def total(sums: Sums, entries: Collection[Entry], now_ns: int) -> Totals:
    """The sums at a moment."""
    return Totals(
        sessions=sum(entry.shown for entry in entries),
        llm_calls=sums.tally.calls,
        llm_calls_failed=sums.tally.failed,
        tool_calls=sum(entry.tools.calls for entry in entries),
        tool_errors=sum(entry.tools.errors for entry in entries),
        errors=sum(entry.errors for entry in entries),
        tokens=sums.tally.tokens,
        cost=sums.tally.cost,
        today_usd=sums.spend.today_usd(now_ns),
        today_unpriced=sums.unpriced_today(now_ns),
        burn_usd_per_hour=sums.spend.burn_usd_per_hour(now_ns),
    )
