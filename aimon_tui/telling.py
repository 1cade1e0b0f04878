"""The hands for programs that read as they like: the named pipe, the events socket, tmux's `@aimon`.

None of them makes a line while nobody reads, and none waits for a reader.
"""

import asyncio
import logging
import math
from collections.abc import Callable, Collection
from pathlib import Path

from aimon_core.clock import Clock
from aimon_core.errors import Unavailable
from aimon_core.session import Transition
from aimon_desktop.outputs import short
from aimon_desktop.outputs.events_socket import EventsSocket
from aimon_desktop.outputs.fifo import Fifo, fitted
from aimon_desktop.outputs.ndjson import Narrator
from aimon_desktop.terminals.option import Option
from aimon_tui.hands import Books, Story

LOG = logging.getLogger("aimon")


class Pipe:
    """The pipe of otel-ai-monitor."""

    def __init__(self, books: Books, narrator: Callable[[], Narrator], fifo: Fifo) -> None:
        self._books, self._narrator, self._fifo = books, narrator, fifo
        self._story: Story | None = None
        self._untold, self._missed = set[str](), False

    def moved(self, transitions: Collection[Transition]) -> None:
        """Nothing: lines are told once a frame."""

    def frame(self, changed: Collection[str]) -> None:
        """Tell what changed, the list last: a widget shows the last line that it read."""
        if not self._fifo.open():
            self._story = None
            self._untold.clear()
            self._missed = False
            return
        self._untold.update(changed)
        if not self._fifo.has_room():
            return
        if self._story is None:
            self._story = Story(self._books, self._narrator())
        lines = self._story.told(self._untold).splitlines(keepends=True)
        self._untold.clear()
        if self._missed or (lines and b'"type": "session_list"' not in lines[-1]):
            lines.append(self._story.again())
        written = [self._fifo.write(fitting) for line in lines if (fitting := fitted(line))]
        self._missed = not all(written)

    async def close(self) -> None:
        """Let the reader go."""
        self._fifo.close()


class Events:
    """The readers of `events.sock`: ours at once, or when the aimon that has it has ended."""

    RETRY_S = 1.0

    def __init__(self, books: Books, narrator: Callable[[], Narrator], path: Path, clock: Clock) -> None:
        self._books, self._narrator, self._clock = books, narrator, clock
        self._socket = EventsSocket(path, self._snapshot)
        self._story: Story | None = None
        self._opening: asyncio.Task[None] | None = None
        self._next_s = clock.monotonic()
        self._claim()

    def moved(self, transitions: Collection[Transition]) -> None:
        """Nothing: lines are told once a frame."""

    def frame(self, changed: Collection[str]) -> None:
        """Tell what changed."""
        self._claim()
        if not self._socket.read:
            self._story = None
        elif self._story is not None and (lines := self._story.told(changed)):
            self._socket.put(lines)

    async def close(self) -> None:
        """Let everybody go."""
        if self._opening is not None:
            self._opening.cancel()
        self._socket.close()

    def _claim(self) -> None:
        """Try to have the socket, once a second while another aimon has it."""
        if not self._socket.held and self._clock.monotonic() >= self._next_s:
            self._next_s = self._clock.monotonic() + self.RETRY_S
            self._opening = asyncio.get_running_loop().create_task(self._open())

    async def _open(self) -> None:
        try:
            await self._socket.open()
        except OSError as error:
            self._next_s = math.inf
            LOG.warning("nobody can read events.sock: %s", error)

    def _snapshot(self) -> bytes:
        """What a reader is told first; the first reader of all begins the story."""
        if self._story is None or not self._socket.read:
            self._story = Story(self._books, self._narrator())
            return self._story.told(())
        return self._story.whole()


class TmuxOption:
    """`#{@aimon}` of the tmux that aimon runs in: `!1 ●3 $12.84`."""

    PAUSE_S, RETRY_S = 0.5, 2.0

    def __init__(self, books: Books, option: Option, clock: Clock) -> None:
        self._books, self._option, self._clock = books, option, clock
        self._shown: str | None = None
        self._due, self._failed = True, False
        self._written_s = clock.monotonic() - self.PAUSE_S
        self._writing: asyncio.Task[None] | None = None

    def moved(self, transitions: Collection[Transition]) -> None:
        """A state that somebody waits for is shown in the next frame."""
        if transitions:
            self._written_s -= self.PAUSE_S

    def frame(self, changed: Collection[str]) -> None:
        """Show what reads differently, once the last change is through."""
        self._due = self._due or bool(changed)
        now_s = self._clock.monotonic()
        if not self._due or now_s - self._written_s < self.PAUSE_S or (self._writing and not self._writing.done()):
            return
        self._due, self._written_s = False, now_s
        text = short.sentence(short.document(self._books.sessions(), self._books.totals(), ""), short=True)
        if text != self._shown or self._failed:
            self._shown, self._failed = text, False
            self._writing = asyncio.get_running_loop().create_task(self._write(text))

    async def close(self) -> None:
        """Take it away, once what is being written stands there: nobody runs any more."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        if self._shown is not None:
            self._option.remove()

    async def _write(self, text: str) -> None:
        try:
            await asyncio.to_thread(self._option.write, text)
        except Unavailable as error:
            self._due = self._failed = True  # it may only have stood still for a while
            self._written_s = self._clock.monotonic() + self.RETRY_S
            LOG.info("tmux does not show #{@aimon}: %s", error)
