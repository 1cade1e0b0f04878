"""What a restart knows: the journal read again with today's dialects, in steps, while the doors are open already."""

import asyncio
from contextlib import suppress

from aimon_core.clock import Clock
from aimon_core.errors import AimonError
from aimon_core.journal import Journal
from aimon_core.store import SessionStore
from receiver import tape

RESTORED_S = 24 * 3600.0
"""How far back the journal is read: today's dollars, and every session that may still live."""
KEPT_S = 7 * 24 * 3600.0
KEPT_BYTES = 512 << 20
"""What the journal keeps at most."""
SLICE_S = 0.02
"""How long restoring may hold the loop at a time: a fifth of a frame."""


async def restore(journal: Journal, store: SessionStore, clock: Clock, expire_s: float) -> None:
    """Enter what the journal holds; nobody is told of states that passed long ago."""
    since_ns = clock.now_ns() - round(max(RESTORED_S, expire_s) * 1e9)
    pause_at = clock.monotonic() + SLICE_S
    for events, arrived_ns in tape.replayed(journal.deliveries(since_ns)):
        store.apply(events, arrived_ns)
        if clock.monotonic() >= pause_at:
            await asyncio.sleep(0)
            pause_at = clock.monotonic() + SLICE_S


async def prune(journal: Journal, clock: Clock) -> None:
    """Forget what is too old or too much."""
    older_than_ns = clock.now_ns() - round(KEPT_S * 1e9)
    with suppress(AimonError):  # a full disk is told when the next request cannot be kept
        gone = 1
        while gone:
            await asyncio.sleep(0)
            gone = journal.prune(older_than_ns, KEPT_BYTES)
