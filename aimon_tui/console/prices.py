"""`aimon prices`: what the models in use cost, part by part, and who says so."""

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click

from aimon_core.clean import clean
from aimon_core.config import Config
from aimon_tui import peer
from aimon_tui.console.columns import aligned
from aimon_tui.console.options import with_settings
from aimon_tui.console.sessions import remembered

if TYPE_CHECKING:
    from aimon_core.pricing import Price, PriceTable

_MTOK = 10**18
"""Rates are kept in 10^-24 dollars a token: so many of them are a dollar a million tokens."""
_THOUSAND = 10**21
"""And 10^-24 dollars a search: so many of them are a dollar a thousand searches."""
_PARTS = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "output", "reasoning")
_HEAD = ("model", "agent", *(part.replace("_", " ") for part in _PARTS), "1k searches", "from")
_WORDS = {"model", "agent", "from"}


@click.command
@click.option("--json", "as_json", is_flag=True, help="The same as one document.")
@with_settings
def command(config: Config, as_json: bool) -> None:
    """Show what each model in use costs, and who says so.

    Dollars a million tokens, and a thousand searches of the web, for the models of the running aimon, else of its
    journal. Prices of your own stand under `prices` in the settings; a model without a price makes a cost unknown,
    never 0.

    \b
    Example:  aimon prices
              aimon prices --json | jq -r '.models[] | select(.source == null) | .model'
    """
    from aimon_core import pricing

    found = peer.sessions(peer.address(config), every=True)
    if found is None:
        click.echo("No aimon is running: these are the models in its journal.", err=True)
        found = remembered(config.settings, every=True)
    told = document(found, pricing.load(config.settings.prices), config.sources["prices"])
    click.echo(json.dumps(told) if as_json else table(told))


def document(found: dict[str, Any], prices: "PriceTable", settings: str) -> dict[str, Any]:
    """The price of each model of the sessions `found`; `settings` says where prices of one's own stand."""
    used = sorted({(model, one["agent"]) for one in found["sessions"] for model in one["models"]})
    models = [_told(model, agent, prices.price(agent, model), prices.source, settings) for model, agent in used]
    return {"v": 1, "table": prices.source, "models": models}


def _told(model: str, agent: str, price: "Price | None", table: str, settings: str) -> dict[str, Any]:
    """One model; its `tiers` hold for calls that read more than `above` tokens, the usual rates last."""
    told: dict[str, Any] = {"model": model, "agent": agent}
    if price is None:
        nothing = ("source", "provider", "priced_as", "web_search_usd_per_1000")
        return told | dict.fromkeys(nothing) | {"tiers": []}
    own = price.provider == "config"
    return told | {
        "source": settings if own else table,
        "provider": None if own else price.provider,
        "priced_as": price.model,
        "web_search_usd_per_1000": None if price.search is None else float(Decimal(price.search) / _THOUSAND),
        "tiers": [
            {"above": max(above, 0)}
            | {f"{part}_usd_per_mtok": float(Decimal(getattr(rates, part)) / _MTOK) for part in _PARTS}
            for above, rates in price.tiers
        ],
    }


def table(told: dict[str, Any]) -> str:
    """The prices in columns, for a person."""
    if not told["models"]:
        return f"No models yet. Prices would come from {told['table']}."
    rows = [_HEAD, *(row for one in told["models"] for row in _rows(one))]
    return aligned(rows, set(_HEAD) - _WORDS)


def _rows(one: dict[str, Any]) -> list[tuple[str, ...]]:
    """The usual rates, then those of calls that read more."""
    model, agent = clean(one["model"], 48), clean(one["agent"], 24)
    if one["source"] is None:
        return [(model, agent, *("-" for _ in _PARTS), "-", "no price: its cost is unknown")]
    search = one["web_search_usd_per_1000"]
    source = clean(f"{one['provider']} in {one['source']}" if one["provider"] else one["source"], 200)
    return [
        (
            f"  above {tier['above']:,} tokens" if tier["above"] else model,
            "" if tier["above"] else agent,
            *(f"{tier[f'{part}_usd_per_mtok']:.4g}" for part in _PARTS),
            "" if tier["above"] else "-" if search is None else f"{search:.4g}",
            source,
        )
        for tier in reversed(one["tiers"])
    ]
