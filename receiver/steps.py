"""Long work in steps of a few milliseconds: generators that pause, run at once or with others' work in between.

The loop that reads bodies also draws the screen; a thread would not help: the parsers hold the interpreter's lock.
"""

import asyncio
from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")
Steps = Generator[None, None, T]

RECORDS = 100
"""Records that are one step: 1-2 ms, a fiftieth of a frame."""


def at_once(steps: Steps[T]) -> T:
    """The result, without a pause."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: T = done.value
            return result


async def unhurried(steps: Steps[T]) -> T:
    """The result; others run between the steps."""
    while True:
        try:
            next(steps)
        except StopIteration as done:
            result: T = done.value
            return result
        await asyncio.sleep(0)
