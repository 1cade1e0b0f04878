"""Running sums of model calls: one object for a session, a model, a subagent or the whole ledger.

Everything added can be taken back exactly, because a call that a second channel completes is taken out as it was and
put back as it is now; money is whole picodollars, so no order of arrival changes a sum.
"""

from collections.abc import Iterable
from typing import Literal

from aimon_core.call import Call
from aimon_core.session import PICODOLLARS, Cost, Tokens

MODELS = 64
"""Models told apart in one place: people use five, and those beyond count as one."""
OTHERS = "…"
"""The name of those beyond."""


class Tally:
    """Calls, tokens and dollars, added and taken back."""

    __slots__ = (
        "_asked_reasoning", "aborted", "cache_read", "cache_write_1h", "cache_write_5m", "cache_write_unknown", "calls",
        "computed", "computed_calls", "failed", "input", "output", "picodollars", "priced", "reasoning", "reported",
        "reported_calls", "retries", "unpriced",
    )  # fmt: skip

    def __init__(self) -> None:
        self.calls = self.failed = self.aborted = self.retries = 0
        self.priced = 0
        """Calls, and other work that costs."""
        self.input = self.cache_read = self.cache_write_5m = self.cache_write_1h = self.cache_write_unknown = 0
        self.output = self.reasoning = self._asked_reasoning = 0
        self.picodollars = 0
        """What the calls cost, reported where reported, else computed."""
        self.reported = self.reported_calls = self.computed = self.computed_calls = 0
        self.unpriced: dict[str, int] = {}
        """Calls by model that nobody reported in dollars and no price is known for."""

    def plus(self, others: Iterable["Tally"]) -> "Tally":
        """These books and others as one."""
        whole = Tally()
        for tally in (self, *others):
            for name in Tally.__slots__:
                if name != "unpriced":
                    setattr(whole, name, getattr(whole, name) + getattr(tally, name))
            for model, number in tally.unpriced.items():
                whole.unpriced[model] = whole.unpriced.get(model, 0) + number
        return whole

    def add(self, call: Call, sign: int = 1) -> None:
        """Add a call as it stands, or with `sign=-1` take it back."""
        if not call.ok:
            self.failed += sign
            self.aborted += sign * (call.outcome.error_type is None)
            self.retries += sign * (call.attempt - 1)
            return
        tokens = call.tokens
        self.calls += sign * call.counts
        self.priced += sign
        self.retries += sign * (call.attempt - 1)
        self.input += sign * tokens.input
        self.cache_read += sign * tokens.cache_read
        self.cache_write_5m += sign * tokens.cache_write_5m
        self.cache_write_1h += sign * tokens.cache_write_1h
        self.cache_write_unknown += sign * tokens.cache_write_unknown
        self.output += sign * tokens.output
        if tokens.reasoning is not None:
            self._asked_reasoning += sign
            self.reasoning += sign * tokens.reasoning
        self._add_money(call, sign)

    def _add_money(self, call: Call, sign: int) -> None:
        if call.reported is not None:
            self.reported += sign * call.reported
            self.reported_calls += sign
        if call.computed is not None:
            self.computed += sign * call.computed
            self.computed_calls += sign
        if (spent := call.picodollars) is not None:
            self.picodollars += sign * spent
        else:
            self._unpriced(call.model, sign)

    def _unpriced(self, model: str, number: int) -> None:
        """Count a model's calls; models are without number for whoever makes them up, so the later ones are one."""
        named = model in self.unpriced or (number > 0 and len(self.unpriced) < MODELS)
        model = model if named else OTHERS
        left = self.unpriced.get(model, 0) + number
        if left:
            self.unpriced[model] = left
        else:
            del self.unpriced[model]

    @property
    def errors(self) -> int:
        """Failed calls; what a person took back is none."""
        return self.failed - self.aborted

    @property
    def tokens(self) -> Tokens:
        """The sums in exclusive parts."""
        return Tokens(
            self.input,
            self.cache_read,
            self.cache_write_5m,
            self.cache_write_1h,
            self.cache_write_unknown,
            self.output,
            self.reasoning if self._asked_reasoning else None,
        )

    @property
    def cost(self) -> Cost:
        """The dollars, with their basis; unknown as soon as one call has neither a report nor a price."""
        if not self.priced:
            return Cost(0.0, basis="reported")
        return Cost(
            usd=None if self.unpriced else self.picodollars / PICODOLLARS,
            reported_usd=self.reported / PICODOLLARS if self.reported_calls else None,
            computed_usd=self.computed / PICODOLLARS if self.computed_calls == self.priced else None,
            basis=self._basis(),
            unpriced_models=tuple(sorted(self.unpriced)),
        )

    def _basis(self) -> Literal["reported", "computed", "mixed", "unknown"]:
        if self.unpriced:
            return "unknown"
        if self.reported_calls == self.priced:
            return "reported"
        return "mixed" if self.reported_calls else "computed"
