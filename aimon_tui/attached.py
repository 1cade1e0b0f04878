"""A second screen: the lines of another aimon brought to a `RemoteLedger`, for as long as anybody looks.

Over HTTP from this machine's own, over `ssh HOST aimon stream --full` from another's. A connection that is lost is
tried again; meanwhile the screen shows what it has and says so.
"""

import asyncio
import os
import re
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from datetime import datetime
from typing import Any, Literal, Protocol
from urllib.parse import quote

from aimon_core.clean import clean
from aimon_core.clock import Clock
from aimon_core.errors import AimonError, Unavailable, UsageError
from aimon_core.session import Session
from aimon_core.spans import Span
from aimon_desktop import terminals
from aimon_desktop.terminals import Outcome
from aimon_tui.remote import RemoteClock, RemoteDoor, RemoteLedger
from receiver.told import NOTHING_KEPT, Telling, Told

LONGEST = 8 << 20
"""Bytes of the longest line that is read."""
SILENCE_S = 10.0
"""The other one gives a sign of life each second."""
PAUSES_S = (0.5, 1.0, 2.0, 5.0)
"""Between attempts to reach it again; the last one for ever."""
_SSH = re.compile(r"ssh://(?:(?P<user>[A-Za-z0-9_][\w.-]*)@)?(?P<host>[A-Za-z0-9][\w.-]*)(?::(?P<port>\d{1,5}))?/?")

Succeeds = Callable[[], Awaitable[bool]]
Says = Callable[[str, Literal["information", "error"]], None]
"""Tells the person something: the words, and `information` or `error`."""


class Source(Protocol):
    """Where another aimon can be heard."""

    name: str
    """For the header: `127.0.0.1:4318`, or a host."""

    def lines(self) -> AsyncGenerator[bytes, None]:
        """Its lines until it is silent or gone. Raises Unavailable or OSError."""

    async def act(self, verb: str, key: str) -> None:
        """Ask for something to be done about a session. Raises Unavailable."""

    async def told(self, key: str, span: Span) -> Told:
        """What was told there about a span."""

    async def focus(self, session: Session) -> Outcome:
        """Bring a session's terminal before whoever looks at this screen."""


class Attachment:
    """The ledger, door and clock of a screen that shows another aimon, and what keeps them up to date."""

    def __init__(self, source: Source, clock: Clock, says: Says, succeeds: Succeeds | None = None) -> None:
        """`succeeds` tries to take the place of the other one when it is gone, and returns whether it did."""
        self.source, self._says, self._succeeds = source, says, succeeds
        self.clock = RemoteClock(clock)
        self.door = RemoteDoor(source.name)
        self.ledger = RemoteLedger(self.clock, self.door, self._act, source.focus)
        self.heard = asyncio.Event()
        """Set while it is heard."""
        self._deeds: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Listen, and when it is gone try again, until cancelled or its place is taken from here."""
        attempt = 0
        while True:
            try:
                async with aclosing(self.source.lines()) as lines:
                    async for line in lines:
                        self.ledger.hear(line)
                        self._found()
                        attempt = 0
                why = f"{self.source.name} is gone."
            except (AimonError, OSError) as error:
                why = str(error) or f"{self.source.name} is gone."
            if self._succeeds is not None and await self._succeeds():
                return
            if attempt or self._succeeds is None:  # else another screen may just have taken over: no word, then
                self._lost(why)
            await asyncio.sleep(PAUSES_S[min(attempt, len(PAUSES_S) - 1)])
            attempt += 1

    async def told(self, key: str, span: Span) -> Told:
        """What was told there about a span; never raises."""
        try:
            return await self.source.told(key, span)
        except (AimonError, OSError, ValueError) as error:
            return Told(notice=clean(str(error)) or "It cannot be asked.")

    def _found(self) -> None:
        if self.door.problem is not None:
            self._says(f"{self.source.name} is back.", "information")
        self.door.problem = None
        self.heard.set()

    def _lost(self, why: str) -> None:
        """Say it once, stop the clock and keep what is known."""
        self.heard.clear()
        if self.door.problem is None:
            self.clock.stop()
            self._says(f"{why} What is shown is what it told last.", "error")
        self.door.problem = why

    def _act(self, verb: str, key: str) -> None:
        deed = asyncio.ensure_future(self._try(verb, key))
        self._deeds.add(deed)
        deed.add_done_callback(self._deeds.discard)

    async def _try(self, verb: str, key: str) -> None:
        try:
            await self.source.act(verb, key)
        except (AimonError, OSError) as error:
            self._says(str(error), "error")


class HttpSource:
    """The aimon of this machine, over its own port."""

    def __init__(self, host: str, port: int, *, beacon: bool = True) -> None:
        """`beacon` is whether terminals may be given a title for a moment (`title_beacon`)."""
        self.name, self._beacon = f"{host}:{port}", beacon
        self._base = f"http://{self.name}/api/v1"

    async def lines(self) -> AsyncGenerator[bytes, None]:
        """The lines of `/api/v1/stream?full=1`."""
        import aiohttp  # noqa: PLC0415 - after the first paint

        timeout = aiohttp.ClientTimeout(total=None, sock_connect=SILENCE_S, sock_read=SILENCE_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout, read_bufsize=LONGEST) as client,
                client.get(f"{self._base}/stream?full=1") as answer,
            ):
                if answer.status != 200:
                    raise Unavailable(f"{self.name} answers {answer.status}.")
                while line := await answer.content.readline():
                    yield line
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise Unavailable(f"{self.name} is gone.") from error

    async def act(self, verb: str, key: str) -> None:
        """POST it."""
        await self._ask("POST", f"sessions/{quote(key, safe=':/')}/{verb}")

    async def told(self, key: str, span: Span) -> Told:
        """Of `/api/v1/sessions/KEY/spans/SPAN`."""
        document = await self._ask("GET", f"sessions/{quote(key, safe=':/')}/spans/{quote(span.key, safe=':/')}")
        tellings = tuple(
            Telling(one["channel"], one["signal"], _moment(one["at"]), tuple(one["attributes"].items()))
            for one in document["span"]["told"]
        )
        return Told(tellings, document["notice"] or "")

    async def focus(self, session: Session) -> Outcome:
        """Go there ourselves: it is this screen's terminal that is to show it, not the other one's."""
        if session.pid is None or session.pid_started_at is None:
            why = f"The process of {clean(session.name, 80)} is not known, so neither is its terminal."
            return Outcome(ok=False, line=why)
        target = terminals.Target(session.pid, session.pid_started_at)
        return await terminals.focus(target, beacon=self._beacon)

    async def _ask(self, method: str, path: str) -> dict[str, Any]:
        import aiohttp  # noqa: PLC0415 - after the first paint

        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=SILENCE_S)) as client,
                client.request(method, f"{self._base}/{path}") as answer,
            ):
                document: dict[str, Any] = await answer.json()
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unavailable(f"{self.name} does not answer.") from error
        if answer.status not in {200, 409}:
            raise Unavailable(f"{self.name} answers {answer.status}.")
        return document


class SshSource:
    """Another machine's aimon: what `aimon stream --full` says there, through the person's own ssh."""

    def __init__(self, url: str) -> None:
        """Raises UsageError for what is no `ssh://[USER@]HOST[:PORT]`: it becomes part of a command (S15)."""
        found = _SSH.fullmatch(url)
        if found is None or not 0 < int(found["port"] or 22) < 65_536:
            raise UsageError(
                f"{clean(url, 80)!r} is no ssh://[USER@]HOST[:PORT].", "Example: aimon --connect ssh://desk"
            )
        self.name = found["host"]
        there = f"{found['user']}@{found['host']}" if found["user"] else found["host"]
        port = ("-p", found["port"]) if found["port"] else ()
        self.command = (
            "ssh", "-T", "-o", "BatchMode=yes", "-o", f"ConnectTimeout={SILENCE_S:.0f}", *port, "--", there,
            "aimon", "stream", "--full",
        )  # fmt: skip

    async def lines(self) -> AsyncGenerator[bytes, None]:
        """What it writes, until it ends."""
        pipe = asyncio.subprocess.PIPE
        try:
            program = await asyncio.create_subprocess_exec(
                *self.command, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe, limit=LONGEST,
                env=os.environ | {"LC_ALL": "C"},
            )  # fmt: skip
        except OSError as error:
            raise Unavailable(f"ssh cannot be started: {error.strerror}.") from error
        assert program.stdout is not None  # noqa: S101 - asked for above
        try:
            while line := await asyncio.wait_for(program.stdout.readline(), 3 * SILENCE_S):
                yield line
            raise Unavailable(await self._why(program))
        except (TimeoutError, ValueError) as error:
            raise Unavailable(f"{self.name} is silent.") from error
        finally:
            with suppress(ProcessLookupError):
                program.kill()
            await program.wait()

    async def act(self, verb: str, key: str) -> None:  # noqa: ARG002 - the pipe flows one way
        """Nothing goes there."""
        raise Unavailable(f"From here {self.name} can only be looked at.")

    async def told(self, key: str, span: Span) -> Told:  # noqa: ARG002 - as above
        """Nothing can be asked."""
        return Told(notice=f"{NOTHING_KEPT.notice} Look on {self.name} itself.")

    async def focus(self, session: Session) -> Outcome:  # noqa: ARG002 - whichever it is
        """It is not on this machine."""
        return Outcome(ok=False, line=f"It runs on {self.name}.", command=f"ssh {self.name}")

    async def _why(self, program: asyncio.subprocess.Process) -> str:
        """The last words of ssh, or of the aimon there."""
        assert program.stderr is not None  # noqa: S101 - asked for
        words = (await program.stderr.read(LONGEST)).decode(errors="replace").strip().splitlines()
        last = clean(words[-1], 160).rstrip(".") if words else "it ended"
        return f"{self.name}: {last}."


def _moment(at: str | None) -> int:
    return round(datetime.fromisoformat(at).timestamp() * 1e3) * 1_000_000 if at else 0
