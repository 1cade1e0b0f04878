"""The hand that tells a person who waits, what failed and what is done; it takes its time beside the loop.

One notice after the other, so that a way that hangs holds up only the notices after it, by a second each; what was
answered meanwhile is not told at all.
"""

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Collection, Iterable
from typing import TYPE_CHECKING, Protocol

from aimon_core.clock import Clock
from aimon_core.config import Settings
from aimon_core.errors import Unavailable
from aimon_core.session import Session, State, Transition
from aimon_core.verdict import Verdict
from aimon_desktop.notifications import Channel, Notice, broken, notice
from aimon_desktop.notifications.centre import Centre
from aimon_desktop.notifications.desktop import Desktop
from aimon_desktop.notifications.notify_send import NotifySend
from aimon_desktop.notifications.rules import Rules
from aimon_desktop.notifications.status_line import StatusLine
from aimon_desktop.notifications.terminal import Terminal
from aimon_desktop.terminals import Target, viewers

if TYPE_CHECKING:
    from aimon_desktop.terminals import Outcome

LOG = logging.getLogger("aimon")


class Sessions(Protocol):
    """What is told of, and gone to (`runtime.Runtime`)."""

    def get(self, key: str) -> Session | None:
        """One session."""

    async def focus(self, key: str) -> "Outcome":
        """Bring its terminal to the front."""


NEWS_NS = 300 * 10**9
"""What a session became longer ago is no news: files of earlier today tell what was over before aimon began."""


class Notifying:
    """Tells by the first way that works."""

    def __init__(
        self,
        sessions: Sessions,
        rules: Rules,
        clock: Clock,
        ways: Callable[[Callable[[str], None]], Iterable[Channel]],
    ) -> None:
        """`ways` makes the channels, given what a click on a session's notice does."""
        self._sessions, self._rules, self._clock = sessions, rules, clock
        self._channels = tuple(ways(self._go))
        self._queue: dict[str, Notice | None] = {}
        """By session, what to tell; None takes back what was told."""
        self._work: asyncio.Task[None] | None = None
        self._visits: set[asyncio.Task[None]] = set()
        self._mute = False

    def moved(self, transitions: Collection[Transition]) -> None:
        """Note what changed; it is told if it lasts."""
        for transition in transitions:
            self._rules.moved(transition)

    def frame(self, changed: Collection[str]) -> None:  # noqa: ARG002 - only time and states count
        """Begin to tell what has lasted."""
        self._queue.update(dict.fromkeys(self._rules.answered()))
        for key in self._rules.due():
            session = self._sessions.get(key)
            if session is not None and self._clock.now_ns() - session.since_ns < NEWS_NS:
                self._queue[key] = notice(session)
        if self._queue and (self._work is None or self._work.done()):
            self._work = asyncio.get_running_loop().create_task(self._run())

    def alert(self, session: Session, verdict: Verdict) -> None:
        """A session broke what was expected of it."""
        if not self._rules.quiet():
            self._queue[f"{session.key} broke"] = broken(session, verdict.broken)

    async def close(self) -> None:
        """Tell no more, and take back what was told, what is being told just now included."""
        self._queue.clear()
        for visit in self._visits:
            visit.cancel()
        if self._work is not None:
            await asyncio.wait([self._work])
        for channel in self._channels:
            await channel.close()

    async def _run(self) -> None:
        while self._queue:
            key = next(iter(self._queue))
            told = self._queue.pop(key)
            if told is None:
                for channel in self._channels:
                    await channel.withdraw(key)
            elif not await self._is_watched(told.target):
                await self._tell(told)

    async def _tell(self, told: Notice) -> None:
        reasons = []
        for channel in self._channels:
            try:
                await channel.tell(told)
            except Unavailable as error:
                reasons.append(str(error))
            else:
                self._mute = False
                return
        if not self._mute:  # said once, until it works again
            LOG.warning("nobody can be notified: %s", " ".join(reasons))
        self._mute = True

    async def _is_watched(self, target: Target | None) -> bool:
        """Whether the session is before somebody's eyes; where nobody can say, it is not."""
        if target is None:
            return False
        try:
            return await asyncio.to_thread(viewers.watched, target, self._clock.now_ns() / 1e9)
        except Unavailable:
            return False

    def _go(self, key: str) -> None:
        visit = asyncio.get_running_loop().create_task(self._focus(key))
        self._visits.add(visit)
        visit.add_done_callback(self._visits.discard)

    async def _focus(self, key: str) -> None:
        outcome = await self._sessions.focus(key)
        if not outcome.ok:
            await self._tell(Notice(key, "Cannot reach the terminal", outcome.line, urgent=False))


def _states(settings: Settings) -> list[State]:
    """The states among what is worth a notification."""
    return [told for told in settings.notify_on if told != "broken"]


def hand(sessions: Sessions, settings: Settings, clock: Clock, write: Callable[[str], None] | None = None) -> Notifying:
    """The hand that the settings ask for; `write` reaches the terminal that a screen runs in."""
    rules = Rules(clock, states=_states(settings), quiet_hours=settings.quiet_hours)

    def ways(act: Callable[[str], None]) -> Iterable[Channel]:
        yield Desktop(act)
        yield NotifySend()
        if sys.platform == "darwin":
            yield Centre(act)
        yield StatusLine()
        if write is not None:
            yield Terminal(write, os.environ, bell=settings.bell)

    return Notifying(sessions, rules, clock, ways)
