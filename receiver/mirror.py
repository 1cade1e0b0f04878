"""The stream for other aimons' screens: what each of them still lacks, told as fast as it reads and no faster.

Nothing is queued: a screen that stands still is told what changed when it reads on, once, however often that was.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator
from contextlib import suppress
from importlib import metadata
from typing import Protocol

from aiohttp import web

from aimon_core import mirror
from aimon_core.clock import Clock
from aimon_core.session import Session, Totals
from aimon_core.spans import TurnTree
from receiver.connections import Connection
from receiver.status import Reason, Refused

BEAT_S = 1.0
"""A sign of life at least as often."""
TREES_S = 0.5
"""The tree of one session is told at most as often."""


class Ledger(Protocol):
    """What a mirror shows (`store.SessionStore`)."""

    def sessions(self) -> list[Session]:
        """The rows."""

    def totals(self) -> Totals:
        """The sums."""

    def growing(self, key: str) -> Iterator[TurnTree | None]:
        """The tree of a session turn by turn, None where others may run."""


class Screen:
    """One screen elsewhere: what it has been told."""

    def __init__(self) -> None:
        self.changed: set[str] = set()
        self.listed: list[str] = []
        self.turns: dict[str, dict[int, TurnTree]] = {}
        self.untold: dict[str, float] = {}
        """Sessions whose trees may have changed, and when they may be told."""
        self.told_s: dict[str, float] = {}
        """When the trees were told last."""
        self.woken = asyncio.Event()
        self.open = True


class Mirror:
    """All screens elsewhere."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        rate: Callable[[], float],
        limit: int,
        *,
        ready: Callable[[], Awaitable[None]],
        journal: str,
    ) -> None:
        """`limit` is how many screens there may be, `ready` waits until there is something to show them."""
        self._ledger, self._clock, self._rate, self._limit = ledger, clock, rate, limit
        self._ready, self._journal = ready, journal
        self.screens: set[Screen] = set()

    def publish(self, keys: Collection[str]) -> None:
        """These sessions changed."""
        for screen in self.screens if keys else ():
            screen.changed.update(keys)
            screen.woken.set()

    def close(self) -> None:
        """Let all screens go."""
        for screen in self.screens:
            screen.open = False
            screen.woken.set()

    async def serve(self, _request: web.BaseRequest, connection: Connection) -> web.StreamResponse:
        """Answer with lines for as long as the screen is there."""
        if len(self.screens) >= self._limit:
            raise Refused(Reason.TOO_MANY, "too many screens")
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson", "Cache-Control": "no-store"})
        screen = Screen()
        self.screens.add(screen)

        def lost() -> None:
            screen.open = False
            screen.woken.set()

        connection.when_lost = lost
        try:
            with suppress(ConnectionError):  # a screen may leave at any time
                await self._ready()  # half a list would take the other half off the screen
                await response.prepare(_request)
                await self._tell(screen, response)
        finally:
            self.screens.discard(screen)
        return response

    async def _tell(self, screen: Screen, response: web.StreamResponse) -> None:
        """Everything, then what changes: pictures first, trees as there is time."""
        sessions = self._ledger.sessions()
        screen.listed = [session.key for session in sessions]
        screen.changed.update(screen.listed)
        version = metadata.version("aimon-tui")
        head = mirror.Head(mirror.FORMAT, version, self._clock.now_ns(), tuple(screen.listed), self._journal)
        await response.write(mirror.encode(head))
        while screen.open:
            await self._frame(screen, response)
            wait_s = await self._trees(screen, response)
            if not screen.changed:
                with suppress(TimeoutError):
                    await asyncio.wait_for(screen.woken.wait(), wait_s)

    async def _frame(self, screen: Screen, response: web.StreamResponse) -> None:
        """What changed since the last one."""
        screen.woken.clear()
        changed, screen.changed = screen.changed, set()
        sessions = self._ledger.sessions()
        listed = [session.key for session in sessions]
        gone = [key for key in screen.listed if key not in set(listed)]
        screen.listed = listed
        now_s = self._clock.monotonic()
        for key in gone:
            for known in (screen.untold, screen.turns, screen.told_s):
                known.pop(key, None)
        for key in changed.intersection(listed):
            told_s = screen.told_s.get(key)
            screen.untold.setdefault(key, now_s if told_s is None else max(now_s, told_s + TREES_S))
        told = [session for session in sessions if session.key in changed]
        for frame in mirror.frames(self._clock.now_ns(), self._rate(), self._ledger.totals(), told, gone):
            await response.write(mirror.encode(frame))

    async def _trees(self, screen: Screen, response: web.StreamResponse) -> float:
        """The trees that are due, until something else changed; in how many seconds there is more to tell."""
        now_s = self._clock.monotonic()
        for key in [key for key, due_s in screen.untold.items() if due_s <= now_s]:
            if screen.changed or not screen.open:
                return 0.0
            del screen.untold[key]
            screen.told_s[key] = now_s
            await self._tree(key, screen, response)
        return min([BEAT_S, *(max(0.05, due_s - now_s) for due_s in screen.untold.values())])

    async def _tree(self, key: str, screen: Screen, response: web.StreamResponse) -> None:
        """What is new in the turns of a session."""
        before = screen.turns.get(key, {})
        after = []
        for turn in self._ledger.growing(key):
            if turn is None:
                await asyncio.sleep(0)
            else:
                after.append(turn)
        for turn in after:
            for piece in mirror.pieces(key, turn, before.get(turn.place), len(after)):
                if piece is None:
                    await asyncio.sleep(0)
                else:
                    await response.write(mirror.encode(piece))
        screen.turns[key] = {turn.place: turn for turn in after}
