"""Posts to one collector for as long as it takes: what may be repeated and when, and what never is.

Shared by what aimon exports (`export.sender`) and what it passes on (`forward`), which differ in what waits and where.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Protocol

from aiohttp import ClientError, ClientSession, ClientTimeout
from msgspec import Struct

from aimon_core.clean import clean
from aimon_core.clock import Clock

LOG = logging.getLogger(__name__)

POST_S = 10.0
"""How long one request may take."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
LONGEST_ASKED_S = 600.0
"""How long a collector may ask for patience (`Retry-After`)."""
Pause = Callable[[float], Awaitable[object]]
_AGAIN = {429, 502, 503, 504}
"""What OTLP lets a sender repeat: https://opentelemetry.io/docs/specs/otlp/#failures-1"""
_ANSWER = 64 * 1024


class Later(Exception):
    """Not now."""

    def __init__(self, why: str, after_s: float | None = None) -> None:
        """`after_s` is when the collector wants to be asked again, where it says so."""
        super().__init__(why)
        self.after_s = after_s


class Reply(Struct, frozen=True):
    """What a collector said for good."""

    status: int
    body: bytes

    @property
    def problem(self) -> str | None:
        """Why it did not take what it was sent; None where it did."""
        return None if 200 <= self.status < 300 else f"it answers {self.status}"


class Figures(Protocol):
    """Where it is noted how the last request went."""

    problem: str | None


class Poster:
    """One collector, and how it went last."""

    def __init__(
        self,
        url: str,
        clock: Clock,
        figures: Figures,
        *,
        headers: Mapping[str, str] | None = None,
        pause: Pause = asyncio.sleep,
    ) -> None:
        """`headers` go with every request; `pause` waits for some seconds, tests do without."""
        self.url = url
        self._clock, self._figures, self._pause = clock, figures, pause
        self._headers = dict(headers or {})

    def session(self) -> ClientSession:
        """Connections to it."""
        return ClientSession(timeout=ClientTimeout(total=POST_S), headers=self._headers)

    async def empty(self, filled: asyncio.Event, send: Callable[[ClientSession], Awaitable[None]]) -> None:
        """Send while something waits until cancelled, with ever longer pauses while nobody takes it.

        `send` sends what is next, and raises Later.
        """
        async with self.session() as session:
            pause_s = FIRST_PAUSE_S
            while True:
                await filled.wait()
                try:
                    await send(session)
                    pause_s = FIRST_PAUSE_S
                except Later as later:
                    await self._pause(pause_s * random.uniform(0.8, 1.2) if later.after_s is None else later.after_s)
                    pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    async def post(
        self, session: ClientSession, body: bytes, *, path: str = "", headers: Mapping[str, str] | None = None
    ) -> Reply:
        """Post once, `path` below the address. Raises Later, which is noted; what a reply means is up to the caller."""
        try:
            return await self._posted(session, body, path, headers)
        except Later as later:
            self.tell(str(later))
            raise

    async def _posted(self, session: ClientSession, body: bytes, path: str, headers: Mapping[str, str] | None) -> Reply:
        try:
            # A redirect would carry what is sent to an address that nobody named.
            async with session.post(self.url + path, data=body, headers=headers, allow_redirects=False) as answer:
                if answer.status in _AGAIN:
                    raise Later(f"it answers {answer.status}", self._asked(answer.headers.get("Retry-After", "")))
                return Reply(answer.status, await answer.content.read(_ANSWER))
        except TimeoutError as error:
            raise Later(f"no answer within {POST_S:.0f} s") from error
        except (ClientError, OSError, ValueError) as error:  # a ValueError: no name of a host
            raise Later(clean(str(error)) or type(error).__name__) from error

    def tell(self, problem: str | None) -> None:
        """Note how it went; the log is told when that changes."""
        if problem != self._figures.problem:
            LOG.warning("sending to %s: %s", self.url, problem or "goes on")
            self._figures.problem = problem

    def _asked(self, told: str) -> float | None:
        """How long a collector asks to be left alone, in seconds or until a date; None where it does not say."""
        try:
            if told.isdecimal():
                return min(float(told), LONGEST_ASKED_S)
            until: datetime = parsedate_to_datetime(told)
        except (ValueError, TypeError):
            return None
        return min(max(0.0, until.timestamp() - self._clock.now_ns() / 1e9), LONGEST_ASKED_S)
