"""Sums over all sessions the ledger ever knew: they stay when a session is forgotten."""

from aimon_core.call import Call
from aimon_core.spending import Spend
from aimon_core.tally import Tally


class Sums:
    """Calls, tokens and dollars of everybody, and when they were spent."""

    def __init__(self) -> None:
        self.tally, self.spend = Tally(), Spend()

    def rebook(self, before: Call | None, after: Call | None) -> None:
        """A call as it was (None: new) and as it is (None: withdrawn)."""
        for call, sign in ((before, -1), (after, 1)):
            if call is not None:
                self.tally.add(call, sign)
                if spent := call.picodollars:
                    self.spend.add(call.at_ns, sign * spent)

    def reprice(self, call: Call, computed: int | None) -> None:
        """A call gets its first computed price."""
        self.tally.price(call, computed)
        if computed and call.reported is None:
            self.spend.add(call.at_ns, computed)
