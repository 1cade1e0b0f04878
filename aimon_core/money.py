"""The money of one session: which books each of its model calls stands in, entered once a frame."""

from collections import deque
from collections.abc import Callable

from msgspec.structs import replace

from aimon_core.call import Call
from aimon_core.spending import Spend
from aimon_core.subagent_books import Helper
from aimon_core.sums import Sums
from aimon_core.tally import MODELS, OTHERS, Tally

RECENT = 512
"""Model calls kept at hand, to count those of the current turn."""


class Money:
    """The books that hold a session's calls."""

    def __init__(self, sums: Sums, helper: Callable[[str], Helper | None]) -> None:
        """`sums` are everybody's, `helper` finds the books of a subagent."""
        self.tally, self.models, self.spend = Tally(), dict[str, Tally](), Spend()
        self.recent: deque[Call] = deque(maxlen=RECENT)
        self._changed: dict[int, tuple[Call | None, Call]] = {}
        """By their identity, calls that changed since they were entered: as the books have them, and as they are."""
        self._unpriced: dict[int, Call] = {}
        """By their identity, calls in the books that no price table was asked for."""
        self._sums, self._helper = sums, helper

    def book(self, before: Call | None, after: Call | None) -> None:
        """A call as it was (None: new) and as it is (None: withdrawn); entered when the books are settled.

        So a call is entered once a frame, with its price, however many channels told of it meanwhile.
        """
        if after is not None:
            self._changed.setdefault(id(after), (before, after))
            if before is None:
                self.recent.append(after)
        elif before is not None:
            stands, _ = self._changed.pop(id(before), (before, None))
            self._unpriced.pop(id(before), None)
            if before in self.recent:
                self.recent.remove(before)
            self._enter(stands, None)

    def settle(self, picodollars: Callable[[Call], int | None] | None) -> bool:
        """Enter what changed since the last time, priced where there are prices; whether anything was entered."""
        if picodollars and self._unpriced:
            for call in self._unpriced.values():
                self._changed.setdefault(id(call), (replace(call), call))
            self._unpriced.clear()
        changed, self._changed = self._changed, {}
        for before, call in changed.values():
            if call.ok and not call.priced:
                if picodollars:
                    call.computed, call.priced = picodollars(call), True
                else:
                    self._unpriced[id(call)] = call
            self._enter(before, call)
        return bool(changed)

    def forget(self, before_ns: int | None) -> None:
        """Let go of what is at hand from before a moment, else of the older half; what has no price yet gets none."""
        kept = list(self.recent)[len(self.recent) // 2 :] if before_ns is None else self.recent
        self.recent = deque((call for call in kept if call.at_ns >= (before_ns or 0)), maxlen=RECENT)
        self._unpriced = {key: call for key, call in self._unpriced.items() if call.at_ns >= (before_ns or 0)}

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

    def _model(self, model: str) -> Tally:
        tally = self.models.get(model)
        if tally is None and len(self.models) >= MODELS:  # who makes names up shall not make the picture endless
            tally = self.models.get(model := OTHERS)
        if tally is None:
            tally = self.models[model] = Tally()
        return tally
