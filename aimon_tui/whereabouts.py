"""Where the terminals of sessions are: a hand that looks whenever a session's process becomes known, and goes there.

The ledger must not ask other programs and the screen must not wait for them, so both are done here, beside the loop.
"""

import asyncio
from collections.abc import Collection
from typing import TYPE_CHECKING

from aimon_core.clean import clean
from aimon_core.errors import Unavailable
from aimon_core.session import Session, Transition
from aimon_core.store import SessionStore

if TYPE_CHECKING:  # what asks other programs is imported when one is asked
    from aimon_desktop.terminals import Outcome

Found = tuple[int, float]
"""A process: its pid and its start time."""


class Whereabouts:
    """The terminal of each session whose process is known for certain."""

    def __init__(self, store: SessionStore, *, beacon: bool = True) -> None:
        """`beacon` is whether terminals may be given a title for a moment (`title_beacon`)."""
        self._store, self._beacon = store, beacon
        self._looked: dict[str, Found] = {}
        """By session, the process that was looked for last."""
        self._searches: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Lock()

    def moved(self, transitions: Collection[Transition]) -> None:
        """Nothing: a process becomes known without a change of state."""

    def frame(self, changed: Collection[str]) -> None:
        """Look for the processes that have become known."""
        for key in changed:
            process = _process(self._store.get(key))
            if process is None:
                self._looked.pop(key, None)
            elif self._looked.get(key) != process:
                self._looked[key] = process
                self._look(key, process)

    async def close(self) -> None:
        """Look no more."""
        for search in self._searches:
            search.cancel()

    async def focus(self, key: str, viewer: int | None = None) -> "Outcome":
        """Bring a session's terminal before whoever looks at the viewer, a pid of ours; never raises.

        It is looked for anew, since panes move.
        """
        from aimon_desktop import terminals

        session = self._store.get(key)
        if session is None:
            return terminals.Outcome(ok=False, line="This session is no longer known.")
        process = _process(session)
        if process is None:
            why = f"The process of {clean(session.name, 80)} is not known, so neither is its terminal."
            return terminals.Outcome(ok=False, line=why)
        outcome = await terminals.focus(terminals.Target(*process), viewer, beacon=self._beacon)
        lives, seen = await self._locate(key, process), session.terminal
        if lives and not outcome.ok and seen is not None and seen.focusable and not self._focusable(key):
            return terminals.Outcome(ok=False, line=f"{seen.chain[0]} is gone.")
        return outcome

    def _focusable(self, key: str) -> bool:
        session = self._store.get(key)
        return session is not None and session.terminal is not None and session.terminal.focusable

    def _look(self, key: str, process: Found) -> None:
        search = asyncio.get_running_loop().create_task(self._locate_in_turn(key, process))
        self._searches.add(search)
        search.add_done_callback(self._searches.discard)

    async def _locate_in_turn(self, key: str, process: Found) -> None:
        async with self._turn:  # after a restart all become known at once, and each look takes 20 ms of a core
            await self._locate(key, process)

    async def _locate(self, key: str, process: Found) -> bool:
        """Tell the ledger where a process is now; returns whether it could be looked for."""
        from aimon_desktop import terminals

        hops: tuple[terminals.Hop, ...] = ()
        try:
            hops = await terminals.locate(terminals.Target(*process))
        except Unavailable:
            return False
        finally:
            chain = tuple(str(hop) for hop in hops)
            self._store.place(key, process, chain, focusable=terminals.focusable(hops, beacon=self._beacon))
        return True


def _process(session: Session | None) -> Found | None:
    if session is None or session.pid is None or session.pid_started_at is None:
        return None
    return session.pid, session.pid_started_at
