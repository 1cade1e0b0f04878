"""Which trees are finished and not yet told: a turn once it is over, its session at its end, each once.

Telemetry comes seconds after hooks, so a turn counts as finished when two looks, ten seconds apart, see the same. What
was over before this aimon began is not sent: whatever ran before has sent it, or `aimon export` does. What comes late
for a turn that was sent is sent alone, under it. A session that is resumed is sent anew at its next end.
"""

import asyncio
from collections.abc import Collection, Hashable, Iterator
from typing import Any, Protocol

from msgspec import Struct, field
from msgspec.structs import asdict

from aimon_core.clock import Clock
from aimon_core.session import Session
from aimon_core.spans import TurnTree
from receiver.export.ids import SESSION, span_id
from receiver.export.pieces import made
from receiver.export.sender import Sender
from receiver.steps import unhurried

SETTLED_S = 10.0
"""Claude Code sends its logs and spans every five seconds by default."""
PAUSE = 20.0
"""A tree that took long is looked at again only after as many times as long."""
_LOOK_S = 1.0


class Books(Protocol):
    """What is read (`store.SessionStore`)."""

    def get(self, key: str) -> Session | None:
        """One session."""

    def growing(self, key: str) -> Iterator[TurnTree | None]:
        """Its turns, None where others may run."""


class _Told(Struct):
    """What was told of one session."""

    seen: dict[str, Hashable] = field(default_factory=dict)
    """What the last look saw of each thing that is over, a turn or the session."""
    done: dict[str, Hashable] = field(default_factory=dict)
    """What was seen of it when it was sent."""
    sent: set[bytes] = field(default_factory=set)
    """Ids of spans."""


class Exporter:
    """A hand that knows what was exported."""

    def __init__(self, books: Books, clock: Clock, sender: Sender, *, content: bool, since_ns: int) -> None:
        """What was over before `since_ns` is not sent. With `content`, heads of prompts and subjects of tools are."""
        self._books, self._clock, self._sender, self._content = books, clock, sender, content
        self._since_ns = since_ns
        self._looks: dict[str, float] = {}
        """When to look at a session, by its key."""
        self._changed: set[str] = set()
        """Those that changed since they were looked at."""
        self._told: dict[str, _Told] = {}

    def moved(self, transitions: Collection[Any]) -> None:
        """Nothing: a frame tells the same."""

    def frame(self, changed: Collection[str]) -> None:
        """These sessions changed: have a look at them soon."""
        self._changed.update(changed)
        soon_s = self._clock.monotonic() + SETTLED_S
        for key in changed:
            self._looks.setdefault(key, soon_s)

    def figures(self) -> dict[str, Any]:
        """What became of spans so far."""
        return {"url": self._sender.url, "queued": self._sender.queued, **asdict(self._sender.exported)}

    async def run(self) -> None:
        """Look and send until cancelled, at any moment: nothing is noted before all of it is queued."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sender.run())
            while True:
                await asyncio.sleep(_LOOK_S)
                await self.look()

    async def look(self, *, last: bool = False) -> None:
        """Queue what is finished of the sessions whose time has come; at the last look, of all of them."""
        due_s = self._clock.monotonic()
        for key in [key for key, at_s in self._looks.items() if last or at_s <= due_s]:
            began_s = self._clock.monotonic()
            self._changed.discard(key)
            waits = await self._read(key, last=last)
            if waits or key in self._changed:
                now_s = self._clock.monotonic()
                self._looks[key] = now_s + max(SETTLED_S, PAUSE * (now_s - began_s))
            else:
                del self._looks[key]

    async def close(self) -> None:
        """The end: send what is over, for a few seconds."""
        await self.look(last=True)
        await self._sender.flush()

    async def _read(self, key: str, *, last: bool) -> bool:
        """Queue what is finished of one session; whether something is over that may still change."""
        session = self._books.get(key)
        if session is None:
            self._told.pop(key, None)
            return False
        if max(session.last_activity_at_ns, session.ended_at_ns or 0) < self._since_ns:
            return False
        turns = []
        for turn in self._books.growing(key):
            if turn is None:
                await asyncio.sleep(0)
            else:
                turns.append(turn)
        told = self._told.setdefault(key, _Told())
        if session.ended_at_ns is None:
            told.done.pop(SESSION, None)  # resumed
            told.sent.discard(span_id(key, SESSION))
        over = {turn.key: _mark(turn) for turn in turns if (turn.until_ns or 0) >= self._since_ns}
        if (session.ended_at_ns or 0) >= self._since_ns:
            over[SESSION] = (session.llm_calls, session.tool_calls, session.cost.usd)
        news = {name: mark for name, mark in over.items() if told.done.get(name) != mark}
        settled = {name: mark for name, mark in news.items() if last or told.seen.get(name) == mark}
        if settled:
            for piece in await unhurried(made(session, turns, settled, sent=told.sent, content=self._content)):
                self._sender.put(piece)
        told.seen = over
        told.done |= settled
        return len(settled) < len(news)


def _mark(turn: TurnTree) -> Hashable:
    """What tells two readings of a turn apart."""
    return len(turn.spans), turn.end_ns, turn.until_ns, turn.cost_usd
