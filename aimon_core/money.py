"""The money of one session: which books each of its model calls stands in, and which calls wait for a price."""

from collections import deque
from collections.abc import Callable

from aimon_core.call import Call
from aimon_core.spending import Spend
from aimon_core.subagent_books import Helper
from aimon_core.sums import Sums
from aimon_core.tally import Tally

RECENT = 512
"""Model calls kept at hand, to count those of the current turn."""


class Money:
    """The books that hold a session's calls."""

    def __init__(self, sums: Sums, helper: Callable[[str], Helper | None]) -> None:
        """`sums` are everybody's, `helper` finds the books of a subagent."""
        self.tally, self.models, self.spend = Tally(), dict[str, Tally](), Spend()
        self.recent: deque[Call] = deque(maxlen=RECENT)
        self.pending: dict[int, Call] = {}
        """Calls without a price, by their identity."""
        self._sums, self._helper = sums, helper

    def price(self, picodollars: Callable[[Call], int | None]) -> None:
        """Price the calls that changed since the last time; only the money in the books moves."""
        for call in self.pending.values():
            computed = picodollars(call)
            if call.computed is None:
                for tally in self._tallies(call):
                    tally.price(call, computed)
                self._priced(call, computed)
            call.computed, call.priced = computed, True
        self.pending.clear()

    def book(self, before: Call | None, after: Call | None) -> None:
        """A call as it was (None: new) and as it is (None: withdrawn)."""
        self._enter(before, after)
        if after is None:
            self.pending.pop(id(before), None)
            return
        if before is None:
            self.recent.append(after)
        if after.ok and not after.priced:
            self.pending[id(after)] = after

    def _enter(self, before: Call | None, after: Call | None) -> None:
        for call, sign in ((before, -1), (after, 1)):
            if call is None:
                continue
            for tally in self._tallies(call):
                tally.add(call, sign)
            if spent := call.picodollars:
                self.spend.add(call.at_ns, sign * spent)
        self._sums.rebook(before, after)

    def _tallies(self, call: Call) -> list[Tally]:
        """The books a call stands in: the session's, its model's, its subagent's."""
        tallies = [self.tally, self._model(call.model)]
        if call.agent_id is not None and (helper := self._helper(call.agent_id)) is not None:
            tallies.append(helper.tally)
        return tallies

    def _priced(self, call: Call, computed: int | None) -> None:
        if computed and call.reported is None:
            self.spend.add(call.at_ns, computed)
        self._sums.reprice(call, computed)

    def _model(self, model: str) -> Tally:
        tally = self.models.get(model)
        if tally is None:
            tally = self.models[model] = Tally()
        return tally
