"""The sums over the whole ledger, as one picture: apart from `sums`, which know calls and no sessions."""

from collections.abc import Collection

from aimon_core.entry import Entry
from aimon_core.session import Totals
from aimon_core.sums import Sums


def total(entries: Collection[Entry], sums: Sums, now_ns: int) -> Totals:
    """What stands above the list: own and auxiliary work together."""
    given_up = [len(entry.given_up()) for entry in entries]
    failed = [entry.tally.errors + number for entry, number in zip(entries, given_up, strict=True)]
    return Totals(
        sessions=sum(entry.shown for entry in entries),
        llm_calls=sums.tally.calls,
        llm_calls_failed=sums.tally.failed + sum(given_up),
        tool_calls=sum(entry.tools.calls for entry in entries),
        tool_errors=sum(entry.tools.errors for entry in entries),
        errors=sum(max(number, entry.failed_turns.size) for entry, number in zip(entries, failed, strict=True)),
        tokens=sums.tally.tokens,
        cost=sums.tally.cost,
        today_usd=sums.spend.today_usd(now_ns),
        burn_usd_per_hour=sums.spend.burn_usd_per_hour(now_ns),
    )
