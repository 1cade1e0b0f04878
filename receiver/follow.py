"""Follows the transcripts of today's sessions: what is written to them becomes events the moment it is written.

It stands between files and the ledger as the doors stand between the network and it. Files are read in a thread, a
piece at a time; events are handed over on the loop. What was touched last is read first, and what is written now before
everything that was written earlier: a day of transcripts delays nobody's prompt.
"""

import asyncio
import logging
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from aimon_core.clean import clean
from aimon_core.clock import Clock
from aimon_core.events import Event
from receiver import drift
from receiver.otlp_json import without_surrogates
from receiver.tail import Piece, Tail
from receiver.transcripts import LANGUAGES, Language, Reader
from receiver.watch import Watch

LOG = logging.getLogger("aimon")

FILES = 2_000
"""Files followed at once; beyond, the one longest untouched is let go."""

Sink = Callable[[list[Event], int], None]
"""Takes events and when they were written."""
Hears = Callable[[Language, Path, Path, Piece, list[Event]], None]
"""Takes whose transcript it is, the agent's folder, the file in it, a piece of that and what it says."""


class Counters(Struct):
    """What was read."""

    files: int = 0
    lines: int = 0
    bytes: int = 0
    unread: int = 0
    """Lines that no reader understood, or that were too long."""
    unreadable: int = 0
    """Files that could not be opened."""


class Followed:
    """One file, its language and what its earlier lines said."""

    def __init__(self, path: Path, language: Language) -> None:
        self.tail = Tail(path)
        self.language = language
        self._reader: Reader | None = None

    @property
    def missed(self) -> bool:
        """Whether something was written that nobody told of. Blocks, for a moment."""
        try:
            return self.tail.changed()
        except OSError:
            return True

    def advance(self, counters: Counters) -> tuple[list[Event], Piece]:
        """The next piece of it, and its events. Blocks; raises OSError."""
        oversized = self.tail.oversized
        piece = self.tail.read()
        if piece.anew or self._reader is None:
            self._reader = self.language.reader(self.tail.path)
        events = understood(self._reader, self.language, self.tail.path, piece, counters)
        counters.unread += self.tail.oversized - oversized
        return events, piece


def understood(reader: Reader, language: Language, path: Path, piece: Piece, counters: Counters) -> list[Event]:
    """The events of some lines of a transcript; those that cannot be read are counted."""
    whose = {"agent": language.agent, "session_id": language.session_of(path)}
    base = {**whose, "at_ns": piece.written_ns, "channel": "transcript"}
    counters.lines += len(piece.lines)
    counters.bytes += sum(map(len, piece.lines))
    return [event for line in piece.lines for event in _read(reader, line, counters, base)]


def _read(reader: Reader, line: bytes, counters: Counters, base: Mapping[str, Any]) -> list[Event]:
    """The events of a line; one that cannot be read is counted, and told where only its shape is new."""
    try:
        return reader.read(line)
    except (ValueError, RecursionError):
        pass
    try:
        return reader.read(without_surrogates(line))
    except msgspec.ValidationError as error:
        counters.unread += 1
        return [drift.of_misshapen(line, base, error)]
    except (ValueError, RecursionError):
        counters.unread += 1
        return []


class Follower:
    """Follows the files of all languages."""

    def __init__(self, sink: Sink, clock: Clock, *, poll: bool = False, hears: Hears | None = None) -> None:
        """`poll` looks at files where the system could tell which change; `hears` is told each piece once it is."""
        self.counters = Counters()
        self.caught_up = asyncio.Event()
        """Set when everything that was there at the start is read."""
        self._sink, self._hears = sink, hears
        self._roots = [(root, language) for language in LANGUAGES for root in language.roots()]
        self._watch = Watch([root for root, _ in self._roots], poll=poll)
        self._followed: dict[Path, Followed] = {}
        self._unreadable: set[Path] = set()
        self._wanted: frozenset[str] = frozenset()
        self._due: dict[Path, None] = {}
        """Files to read, the most urgent last."""
        self._stirred = asyncio.Event()
        self._since_s = _midnight_s(clock)

    async def run(self) -> None:
        """Follow until cancelled."""
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                await self._stirred.wait()
                self._stirred.clear()
                while self._due:
                    await self._advance(self._due.popitem()[0])
                if not self.caught_up.is_set():
                    LOG.info("transcripts read: %s", self.counters)
                    self.caught_up.set()
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)

    async def want(self, session_ids: frozenset[str]) -> None:
        """Follow the files of these sessions, however old they are: their processes live."""
        fresh = session_ids - self._wanted
        self._wanted = session_ids
        if fresh:
            await self._look([root for root, _ in self._roots])

    async def _listen(self) -> None:
        async for changed in self._watch.changes():
            if changed:
                await self._look(changed)
            else:
                roots = [] if changed is not None else [root for root, _ in self._roots]
                await self._look(roots, missed=True)

    async def _look(self, paths: Iterable[Path], *, missed: bool = False) -> None:
        """Read the transcripts among some paths and below those that are folders, and what nobody told of."""
        followed = list(self._followed.items()) if missed else []
        found = await asyncio.to_thread(lambda: self._found([*paths, *(path for path, one in followed if one.missed)]))
        for path in found:
            self._due.pop(path, None)
            self._due[path] = None
        self._stirred.set()

    def _found(self, paths: list[Path]) -> list[Path]:
        """Transcripts to follow, the one written last at the end. Blocks."""
        found: dict[Path, float] = {}
        for path in paths:
            language = self._language(path)
            if language is not None and language.matches(path):
                found[path] = _written_s(path)
            elif language is not None:
                found |= {path: at_s for path, at_s in below(path, language) if self._is_wanted(path, at_s, language)}
        return sorted(found, key=found.__getitem__)

    def _is_wanted(self, path: Path, written_s: float, language: Language) -> bool:
        wanted = written_s >= self._since_s or language.session_of(path) in self._wanted
        return wanted and path not in self._followed

    def _language(self, path: Path) -> Language | None:
        return next((language for root, language in self._roots if path.is_relative_to(root)), None)

    async def _advance(self, path: Path) -> None:
        """Read the next piece of a file; what is left of it comes next, unless another one is written to."""
        one = self._followed.get(path)
        if one is None and (language := self._language(path)) is not None:
            one = self._followed[path] = Followed(path, language)
            self._let_go()
        if one is None:
            return
        try:
            events, piece = await asyncio.to_thread(one.advance, self.counters)
        except OSError as error:
            self._lost(path, error)
            return
        if events:
            self._sink(events, piece.written_ns)
        if self._hears is not None and piece.lines:
            root = next(root for root, _ in self._roots if path.is_relative_to(root))
            self._hears(one.language, root, path, piece, events)
        if piece.more:
            self._due[path] = None

    def _lost(self, path: Path, error: OSError) -> None:
        """A file that is gone is forgotten: should it come again, it is another one."""
        self._followed.pop(path, None)
        if not isinstance(error, FileNotFoundError) and path not in self._unreadable:
            self._unreadable.add(path)
            self.counters.unreadable += 1
            LOG.warning("a transcript cannot be read: %s", clean(str(error)))

    def _let_go(self) -> None:
        self.counters.files = len(self._followed)
        if len(self._followed) > FILES:
            del self._followed[next(iter(self._followed))]


def below(folder: Path, language: Language) -> Iterator[tuple[Path, float]]:
    """The transcripts in a folder and all folders below it, and when they were written, in seconds. Blocks."""
    for place, _, names in os.walk(folder):
        for name in names:
            path = Path(place, name)
            if language.matches(path):
                yield path, _written_s(path)


def _written_s(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:  # gone meanwhile
        return 0.0


def _midnight_s(clock: Clock) -> float:
    today = datetime.fromtimestamp(clock.now_ns() / 1e9).astimezone()
    return today.replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
