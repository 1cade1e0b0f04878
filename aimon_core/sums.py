"""Sums over all sessions the ledger ever knew: they stay when a session is forgotten."""

from aimon_core.call import Call
from aimon_core.spending import DAYS, Spend, local_day, put
from aimon_core.tally import Tally


class Sums:
    """Calls, tokens and dollars of everybody, and when they were spent."""

    def __init__(self) -> None:
        self.tally, self.spend = Tally(), Spend()
        self._unpriced: dict[int, int] = {}

    def unpriced_today(self, now_ns: int) -> bool:
        """Whether a call made since local midnight has neither a report nor a price."""
        return self._unpriced.get(local_day(now_ns), 0) > 0

    def of(self, agent: str, session_id: str) -> "Sums":  # noqa: ARG002 - nobody's in particular
        """The books that a session's calls are entered in beside its own."""
        return self

    def rebook(self, before: Call | None, after: Call | None) -> None:
        """A call as it was (None: new) and as it is (None: withdrawn)."""
        for call, sign in ((before, -1), (after, 1)):
            if call is not None:
                self.tally.add(call, sign)
                if spent := call.picodollars:
                    self.spend.add(call.at_ns, sign * spent)
                elif spent is None and call.priced:
                    self._without_price(call, sign)

    def _without_price(self, call: Call, number: int) -> None:
        put(self._unpriced, local_day(call.at_ns), number, DAYS)
