"""What the ledger wants to know of a price table; apart from `pricing`, which takes a tenth of a second to load."""

from typing import Protocol

from aimon_core.session import Tokens


class Priced(Protocol):
    """What one model costs (`pricing.Price`)."""

    def picodollars(self, tokens: Tokens) -> int:
        """The cost of one call."""


class Prices(Protocol):
    """Where prices and context limits come from (`pricing.PriceTable`)."""

    def price(self, agent: str, model: str) -> Priced | None:
        """The price of a model, or None."""

    def context_limit(self, agent: str, model: str) -> int | None:
        """Tokens that fit its context, or None."""
