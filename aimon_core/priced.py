"""Settling books with prices, and what the ledger wants of a price table; `pricing` itself takes 0.1 s to load."""

from typing import Protocol

from aimon_core.call import Call
from aimon_core.entry import Entry
from aimon_core.session import Tokens


class Priced(Protocol):
    """What one model costs (`pricing.Price`)."""

    def picodollars(self, tokens: Tokens, searches: int = 0) -> int | None:
        """The cost of one call, or None."""


class Prices(Protocol):
    """Where prices and context limits come from (`pricing.PriceTable`)."""

    def price(self, agent: str, model: str) -> Priced | None:
        """The price of a model, or None."""

    def context_limit(self, agent: str, model: str) -> int | None:
        """Tokens that fit its context, or None."""


def settle(entry: Entry, prices: Prices | None) -> None:
    """Enter and price what is new in a session: at the frame, or when somebody reads it before."""
    for helper in entry.auxiliary.values():
        settle(helper, prices)
    if prices is None:
        entry.settle(None)
        return

    def computed(call: Call) -> int | None:
        found = None if call.fast else prices.price(entry.agent, call.model)
        return found.picodollars(call.tokens, call.searches) if found else None

    entry.settle(computed)
