"""The hands of a running aimon: what is told to other programs when sessions change.

The ledger knows none of them and none of them can hold it up: each is told at once when a session changes its state,
and once a frame what changed.
"""

import os
from collections.abc import Callable, Collection
from typing import Protocol

from aimon_core.clock import Clock
from aimon_core.session import Session, Totals, Transition
from aimon_core.wire import session_dict
from aimon_desktop.outputs import short
from aimon_desktop.outputs.ndjson import Narrator, Writer


class Books(Protocol):
    """What hands read (`store.SessionStore`)."""

    def get(self, key: str) -> Session | None:
        """One session."""

    def sessions(self) -> list[Session]:
        """The sessions to list."""

    def totals(self) -> Totals:
        """Sums over all of them."""


class Hand(Protocol):
    """Somebody to tell."""

    def moved(self, transitions: Collection[Transition]) -> None:
        """Some sessions changed their state just now."""

    def frame(self, changed: Collection[str]) -> None:
        """A tenth of a second passed, and these sessions changed in it."""

    async def close(self) -> None:
        """The end: what nobody keeps true any more is taken away."""


class Story:
    """What a narrator is told of some books, frame by frame."""

    def __init__(self, books: Books, narrator: Narrator) -> None:
        self._books, self._narrator = books, narrator
        self._begun = False

    def told(self, changed: Collection[str]) -> bytes:
        """The lines for a frame in which these sessions changed; the first ones tell all that is listed.

        A session that left the list is told with its last state.
        """
        listed = [session.key for session in self._books.sessions()] if changed or not self._begun else []
        if not self._begun:
            self._begun, changed = True, listed
        sessions = {key: self._books.get(key) for key in changed}
        lines = self._narrator.tell({key: session_dict(session) for key, session in sessions.items() if session})
        if gone := [key for key in changed if key not in listed]:
            lines += self._narrator.tell(dict.fromkeys(gone))
        return lines

    def again(self) -> bytes:
        """The list, for a reader that has missed lines."""
        return self._narrator.again()

    def whole(self) -> bytes:
        """All that is listed, for a reader that comes later than another."""
        return self._narrator.whole()


class Stream:
    """The NDJSON stream of `aimon serve`."""

    def __init__(self, books: Books, narrator: Narrator, writer: Writer) -> None:
        self._story, self._writer = Story(books, narrator), writer
        self._untold = set[str]()

    def moved(self, transitions: Collection[Transition]) -> None:
        """Nothing: lines are told once a frame."""

    def frame(self, changed: Collection[str]) -> None:
        """Tell what changed; to a reader that stopped once it reads on, and no line is made until then."""
        self._untold.update(changed)
        missed = self._writer.lost
        if missed and not self._writer.caught_up():
            return
        lines = self._story.told(self._untold) + (self._story.again() if missed else b"")
        self._untold.clear()
        if lines:
            self._writer.put(lines)

    async def close(self) -> None:
        """Write what is left."""
        self._writer.close()


class StatusFile:
    """`status.json` for `aimon status`: at once when a state changes, else twice a second at most."""

    PAUSE_S = 0.5

    def __init__(self, books: Books, folder: str, address: Callable[[], str], clock: Clock) -> None:
        self._books, self._folder, self._address, self._clock = books, folder, address, clock
        self._content: dict[str, object] = {}
        self._claim: int | None = None
        self._due = True
        self._written_at = clock.monotonic() - self.PAUSE_S

    def moved(self, transitions: Collection[Transition]) -> None:
        """A state that somebody waits for is written in the next frame."""
        if transitions:
            self._due = True
            self._written_at -= self.PAUSE_S

    def frame(self, changed: Collection[str]) -> None:
        """Write the file when it would read differently."""
        self._due = self._due or bool(changed)
        if not self._due or self._clock.monotonic() - self._written_at < self.PAUSE_S:
            return
        self._written_at = self._clock.monotonic()
        self._claim = self._claim or short.claim(self._folder)
        if self._claim is None:
            return  # another aimon tells its own sessions there; when it ends, ours are told
        self._due = False
        content = short.document(self._books.sessions(), self._books.totals(), self._address())
        if content != self._content:
            short.write(self._folder, content)
            self._content = content

    async def close(self) -> None:
        """Take the file away: nobody runs any more."""
        if self._claim is not None:
            short.remove(self._folder)
            os.close(self._claim)


class Publication:
    """The readers of `/api/v1/stream`."""

    def __init__(self, publish: Callable[[Collection[str]], None]) -> None:
        self._publish = publish

    def moved(self, transitions: Collection[Transition]) -> None:
        """Nothing: lines are told once a frame."""

    def frame(self, changed: Collection[str]) -> None:
        """Tell what changed; also that nothing did, since lists have their time."""
        self._publish(changed)

    async def close(self) -> None:
        """Nothing: the receiver lets its readers go."""
