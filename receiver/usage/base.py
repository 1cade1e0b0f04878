"""What all transcripts come to: calls with their ids, folded into sums by local day and model."""

import os
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from aimon_core.history import Used
from aimon_core.pricing import Price
from aimon_core.session import Tokens
from aimon_core.spending import local_day
from receiver.tail import LINE

CHUNK = 4 << 20
"""Bytes read at a time."""

Say = Callable[[float], None]
"""Hears how far reading has come, from 0 to 1."""


class Use(Struct, array_like=True, gc=False):
    """One call."""

    key: str
    """Its id, unique among the calls of an agent."""
    at_s: int
    """When, in seconds since the epoch."""
    model: str
    tokens: Tokens
    fast: bool = False
    """Dearer than any price table knows."""
    searches: int = 0
    """Of the web, which some sell apart."""


class Found(Struct):
    """What a piece of a file says."""

    uses: dict[str, Use]
    """By id; of several reports of one call, the one with most output."""
    session_id: str = ""
    cwd: str = ""


class Counter(Protocol):
    """Reads the usage out of one agent's transcripts."""

    resumes: bool
    """Whether a file can be read on from where it was left: no line needs those before it."""

    def count(self, path: Path, blocks: Iterable[bytes], found: Found) -> int:
        """Enter what the whole lines of a file say; how many lines could not be read."""


def blocks_of(descriptor: int, offset: int, read: Callable[[int], None]) -> Iterator[bytes]:
    """The whole lines of a file from an offset on, many at a time; `read` is told up to where. Raises OSError."""
    rest = b""
    while data := os.pread(descriptor, CHUNK, offset):
        offset += len(data)
        end = data.rfind(b"\n") + 1
        if end:
            read(offset - len(data) + end)
            yield rest + data[:end] if rest else data[:end]
            rest = data[end:]
        elif len(rest) < LINE:
            rest += data


def lines_with(block: bytes, word: bytes) -> Iterator[memoryview]:
    """The lines of a block that hold a word."""
    view, at = memoryview(block), block.find(word)
    while at >= 0:
        end = block.find(b"\n", at)
        yield view[block.rfind(b"\n", 0, at) + 1 : end]
        at = block.find(word, end)


Prices = Callable[[str], Price | None]
"""The price of a model, or None."""


def folded(uses: Iterable[Use], prices: Prices) -> dict[tuple[str, str], Used]:
    """The sums by day and model. Tokens are added within a price's tier and priced once: there it is linear."""
    tiers: dict[tuple[str, str, int], list[Use]] = {}
    for use in uses:
        price = _price(use, prices)
        tier = -1 if price is None else price.tier(use.tokens.context)
        tiers.setdefault((_day(use.at_s // 900), use.model, tier), []).append(use)
    cells: dict[tuple[str, str], Used] = {}
    for (day, model, tier), some in tiers.items():
        tokens = _sum(some)
        price = prices(model) if tier >= 0 else None
        spent = price.picodollars_of(tier, tokens, len(some), sum([use.searches for use in some])) if price else None
        used = Used(len(some), tokens, spent or 0, len(some) if spent is None else 0)
        cells[day, model] = cells[day, model].plus(used) if (day, model) in cells else used
    return cells


def _price(use: Use, prices: Prices) -> Price | None:
    """What its model costs; None where that, or a search it made, has no price."""
    price = None if use.fast else prices(use.model)
    return None if price and use.searches and price.search is None else price


def _sum(uses: list[Use]) -> Tokens:
    every = [use.tokens for use in uses]
    told = [one.reasoning for one in every if one.reasoning is not None]
    return Tokens(
        sum([one.input for one in every]),
        sum([one.cache_read for one in every]),
        sum([one.cache_write_5m for one in every]),
        sum([one.cache_write_1h for one in every]),
        sum([one.cache_write_unknown for one in every]),
        sum([one.output for one in every]),
        sum(told) if told else None,
    )


@lru_cache(maxsize=65_536)
def _day(quarter: int) -> str:
    """The local day that a quarter of an hour lies in: none begins within one."""
    return date.fromordinal(local_day(quarter * 900 * 10**9)).isoformat()
