"""What a restart knows: the journal read again with today's dialects, in steps, while the doors are open already."""

import asyncio
import gc
from collections.abc import Callable

from aimon_core.clock import Clock
from aimon_core.store import SessionStore
from aimon_core.writer import Writer
from receiver import tape

RESTORED_S = 24 * 3600.0
"""How far back the journal is read: today's dollars, and every session that may still live."""
FREEZE = 5_000
"""Deliveries after which the collector need not look at what they made: it would hold the loop a fifth of a second."""
SLICE_S = 0.02
"""How long restoring may hold the loop at a time: a fifth of a frame."""


def since_ns(clock: Clock, expire_s: float) -> int:
    """The moment from which on a restart wants to know."""
    return clock.now_ns() - round(max(RESTORED_S, expire_s) * 1e9)


async def restore(
    journal: Writer, store: SessionStore, clock: Clock, expire_s: float, say: Callable[[str], None]
) -> None:
    """Enter what the journal holds; nobody is told of states that passed long ago, but of what cannot be read."""
    reader = journal.reader()
    pause_at = clock.monotonic() + SLICE_S
    for number, (events, arrived_ns) in enumerate(tape.replayed(reader.deliveries(since_ns(clock, expire_s))), 1):
        store.apply(events, arrived_ns)
        if number % FREEZE == 0:
            gc.freeze()
        if clock.monotonic() >= pause_at:
            await asyncio.sleep(0)
            pause_at = clock.monotonic() + SLICE_S
    if reader.notice:
        say(reader.notice)
    reader.close()
