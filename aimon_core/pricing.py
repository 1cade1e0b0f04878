"""What tokens cost: the price table of genai-prices, compiled once per model into whole numbers.

It stands apart, and is loaded after the first paint, because the table costs a quarter of a second to import and
415 us to ask; compiled, a call costs one multiplication a part. Equal to genai-prices for every model it knows: a
test holds the two side by side. A model nobody knows has no price, which is not a price of 0.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from aimon_core.agents import traits
from aimon_core.clock import Clock, SystemClock
from aimon_core.errors import UsageError
from aimon_core.model_names import declared_context, spellings, vendor_and_name
from aimon_core.session import Tokens

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, Provider

_FINE = 10**12
"""Rates are whole numbers of 10^-24 dollars a token: `$0.08333333333333334` a million tokens stays exact."""

_MAKERS = ("anthropic", "openai", "google", "x-ai", "mistral", "deepseek", "moonshotai", "zai", "minimax", "meta")
"""Who is asked first for a model that no prefix and no agent places: those who make models before those who resell."""

_FALLBACKS: dict[str, tuple[str, ...]] = {
    "input": ("input_mtok",),
    "cache_read": ("cache_read_mtok", "input_mtok"),
    "cache_write_5m": ("cache_write_5m_mtok", "cache_write_mtok", "input_mtok"),
    "cache_write_1h": ("cache_write_1h_mtok", "cache_write_mtok", "input_mtok"),
    "output": ("output_mtok",),
    "reasoning": ("output_reasoning_mtok", "output_mtok"),
}
"""Where the rate of a part stands in genai-prices: its own, else that of the whole it is a part of."""

_FRESH_NS = 15 * 60 * 10**9
"""Prices have start dates and, at DeepSeek, times of day: what was compiled holds for a quarter of an hour."""
_KEPT = 1024
"""Answers kept: model names come from outside."""


class Rates(Struct, frozen=True, gc=False):
    """What one token of each part costs, in 10^-24 dollars."""

    input: int
    cache_read: int
    cache_write_5m: int
    cache_write_1h: int
    output: int
    reasoning: int

    def of(self, tokens: Tokens) -> int:
        """10^-24 dollars of one call; writes of unknown life cost what those of 5 minutes cost."""
        reasoning = min(tokens.reasoning or 0, tokens.output)
        return (
            self.input * tokens.input
            + self.cache_read * tokens.cache_read
            + self.cache_write_5m * (tokens.cache_write_5m + tokens.cache_write_unknown)
            + self.cache_write_1h * tokens.cache_write_1h
            + self.output * (tokens.output - reasoning)
            + self.reasoning * reasoning
        )


class Price(Struct, frozen=True):
    """The price of one model at one provider."""

    model: str
    """What the table calls it."""
    provider: str
    """Id in genai-prices, or `config`."""
    tiers: tuple[tuple[int, Rates], ...]
    """Rates for all tokens of a call that reads more than so many, dearest first; the last one starts below zero."""
    request: int = 0
    """10^-24 dollars each call costs on top."""
    search: int | None = None
    """10^-24 dollars a search of the web costs; None where the table does not say."""

    def picodollars(self, tokens: Tokens, searches: int = 0) -> int | None:
        """The price of one call; None where it searched and nobody knows what that costs.

        Tiers depend on what one call reads: never ask for the sum of several.
        """
        return self.picodollars_of(self.tier(tokens.context), tokens, 1, searches)

    def tier(self, context: int) -> int:
        """The number of the tier for a call that reads so many tokens."""
        found = (number for number, (start, _) in enumerate(self.tiers) if context > start)
        return next(found, len(self.tiers) - 1)

    def picodollars_of(self, tier: int, tokens: Tokens, calls: int, searches: int = 0) -> int | None:
        """The price of some calls of one tier, by the sum of their tokens and searches; None as above."""
        if searches and self.search is None:
            return None
        extra = calls * self.request + searches * (self.search or 0)
        return (self.tiers[tier][1].of(tokens) + extra + _FINE // 2) // _FINE


Found = tuple[Price | None, int | None]
"""Price and context window of a model."""


class PriceTable:
    """Prices by agent and model, each looked up once."""

    def __init__(self, source: str, find: Callable[[str, str], Found], clock: Clock) -> None:
        self.source = source
        """Name, version and date of the table."""
        self._find = find
        self._clock = clock
        self._known: dict[tuple[str, str], Found] = {}
        self._since_ns = clock.now_ns()

    def price(self, agent: str, model: str) -> Price | None:
        """What a model costs to an agent; None when nobody says."""
        return self._look_up(agent, model)[0]

    def context_limit(self, agent: str, model: str) -> int | None:
        """How many tokens a model can read; None when nobody says, or when the agent has limits of its own."""
        if traits(agent).own_window:
            return None
        return declared_context(model) or self._look_up(agent, model)[1]

    def _look_up(self, agent: str, model: str) -> Found:
        now_ns = self._clock.now_ns()
        if now_ns // _FRESH_NS != self._since_ns // _FRESH_NS or len(self._known) >= _KEPT:
            self._known.clear()
            self._since_ns = now_ns
        found = self._known.get((agent, model))
        if found is None:
            found = self._known[agent, model] = self._find(agent, model)
        return found


def load(overrides: Mapping[str, Mapping[str, float]] | None = None, clock: Clock | None = None) -> PriceTable:
    """The table, imported now (0.3-1 s). `overrides` win: dollars a million tokens by model and part.

    Parts are input, output, cache_read, cache_write and cache_write_1h, and web_search, in dollars a thousand. Raises
    UsageError for any other.
    """
    import genai_prices  # noqa: PLC0415 - a quarter of a second that the first paint does not wait for
    from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415

    clock = clock or SystemClock()
    own = {model.strip().lower(): _overridden(model, rates) for model, rates in (overrides or {}).items()}
    shelf = _Shelf(get_snapshot().providers, clock)

    def find(agent: str, model: str) -> Found:
        price, limit = shelf.find(agent, model)
        return next((own[name] for name in (model.lower(), *spellings(model)) if name in own), price), limit

    return PriceTable(f"genai-prices {genai_prices.__version__}, {shelf.newest()}", find, clock)


class _Shelf:
    """The providers of genai-prices, asked in a sensible order."""

    def __init__(self, providers: "list[Provider]", clock: Clock) -> None:
        self._providers = providers
        self._by_id = {provider.id: provider for provider in providers}
        self._clock = clock

    def find(self, agent: str, model: str) -> Found:
        """Price and context of a model: at the vendor its name names, else where the agent shops, else anywhere."""
        names = spellings(model) if len(model) <= 200 else []
        for places in (self._named, self._likely, self._anywhere):
            for name in names:
                for provider, ref in places(agent, name):
                    if info := provider.find_model(ref, all_providers=self._providers):
                        return _compiled(info, provider.id, self._now()), info.context_window
        return None, None

    def newest(self) -> str:
        """The day of the last price change in the table: the package does not say when it was made."""
        days = [
            day
            for provider in self._providers
            for model in provider.models
            for choice in (model.prices if isinstance(model.prices, list) else ())
            if (day := getattr(choice.constraint, "start_date", None))
        ]
        return f"{max(day for day in days if day <= self._now().date()):%Y-%m-%d}"

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock.now_ns() / 1e9, UTC)

    def _named(self, _agent: str, name: str) -> "Iterator[tuple[Provider, str]]":
        if placed := vendor_and_name(name):
            vendor, rest = placed
            for provider in self._called(vendor):
                yield provider, rest
                yield provider, rest.rsplit("/", 1)[-1]
            yield from ((provider, name) for provider in self._some("openrouter"))

    def _likely(self, agent: str, name: str) -> "Iterator[tuple[Provider, str]]":
        vendors = self._some(*traits(agent).vendors)
        inferred = [one for one in self._providers if one.model_match and one.model_match.is_match(name)]
        yield from ((provider, name) for provider in (*vendors, *inferred, *self._some(*_MAKERS)))

    def _anywhere(self, _agent: str, name: str) -> "Iterator[tuple[Provider, str]]":
        return ((provider, name) for provider in self._providers)

    def _some(self, *ids: str) -> "list[Provider]":
        return [self._by_id[one] for one in ids if one in self._by_id]

    def _called(self, vendor: str) -> "list[Provider]":
        if vendor in self._by_id:
            return [self._by_id[vendor]]
        return [one for one in self._providers if one.provider_match and one.provider_match.is_match(vendor)]


def _compiled(info: "ModelInfo", provider: str, now: datetime) -> Price | None:
    prices = info.get_prices(now)
    if prices.input_mtok is None and prices.output_mtok is None:
        return None  # sound by the hour, pages, searches: nothing that tokens could tell
    starts = {tier.start for price in prices.__dict__.values() for tier in getattr(price, "tiers", ())}
    return Price(
        info.id,
        provider,
        tuple((start, _rates(prices, start)) for start in (*sorted(starts, reverse=True), -1)),
        _fine(prices.requests_kcount, -1) * 1_000,
        None if prices.web_searches_kcount is None else _fine(prices.web_searches_kcount, -1) * 1_000,
    )


def _rates(prices: "ModelPrice", start: int) -> Rates:
    """The rates of a call that reads one token more than `start`."""
    chosen = {
        part: next((price for key in keys if (price := getattr(prices, key)) is not None), None)
        for part, keys in _FALLBACKS.items()
    }
    return Rates(**{part: _fine(price, start) for part, price in chosen.items()})


def _fine(price: Any, start: int) -> int:
    """A price in dollars a million, a plain Decimal or tiers of them, in 10^-24 dollars each."""
    for tier in reversed(getattr(price, "tiers", ())):
        if tier.start <= start:
            return _fine(tier.price, start)
    base = getattr(price, "base", price)
    return 0 if base is None else int((base * 10**18).to_integral_value())


_PARTS = {"input", "output", "cache_read", "cache_write", "cache_write_1h", "web_search"}


def _overridden(model: str, dollars: Mapping[str, float]) -> Price:
    if unknown := set(dollars) - _PARTS:
        raise UsageError(
            f"The price of {model} has an unknown part {min(unknown)!r}.",
            f"Known are {', '.join(sorted(_PARTS))}.",
        )
    fine = {part: _fine(Decimal(str(amount)), -1) for part, amount in dollars.items()}
    read, written = fine.get("input", 0), fine.get("cache_write", fine.get("input", 0))
    rates = Rates(
        read,
        fine.get("cache_read", read),
        written,
        fine.get("cache_write_1h", written),
        fine.get("output", 0),
        fine.get("output", 0),
    )
    search = fine["web_search"] * 1_000 if "web_search" in fine else None
    return Price(model, "config", ((-1, rates),), search=search)
