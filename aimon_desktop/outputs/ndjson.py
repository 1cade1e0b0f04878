"""The NDJSON stream: what to say when, and a writer that a stopped reader cannot turn into a stopped receiver.

`Narrator` decides and knows no file; `Writer` writes and knows no session. A frame's changes come as one batch: the
sessions that changed, then the list if it reads differently now; every few seconds the list comes anyway, since a
status bar that started late shows only the last line.
"""

import os
import threading
from collections.abc import Callable, Mapping
from datetime import datetime

from aimon_core.clock import Clock
from aimon_desktop.outputs.wire import Json, Timeouts, line, session_list, session_update

UNSENT = 256 * 1024
"""Bytes that a reader may leave unread before lines are left out."""


class Narrator:
    """Tells the story of some sessions, one line at a time."""

    def __init__(self, clock: Clock, *, timeouts: Timeouts = Timeouts(), interval_s: float = 5.0) -> None:  # noqa: B008 - frozen
        self._clock = clock
        self._timeouts = timeouts
        self._interval_s = interval_s
        self._seq = 0
        self._told: dict[str, Json] = {}
        self._said: dict[str, Json] = {}
        self._listed: Json | None = None
        self._listed_at = clock.monotonic()

    def tell(self, changed: Mapping[str, Json | None]) -> bytes:
        """The lines for a frame in which these sessions changed; None says that one left the list.

        The first line of all is a list, as every reader expects.
        """
        for key, told in changed.items():
            if told is None:
                self._told.pop(key, None)
                self._said.pop(key, None)
            else:
                self._told[key] = told
        now_ns = self._clock.now_ns()
        first = self._list() if self._listed is None else b""
        lines = [self._update(key, now_ns) for key in (changed if self._timeless else self._told) if key in self._told]
        listed = session_list(self._states(now_ns))
        if listed != self._listed or self._clock.monotonic() - self._listed_at >= self._interval_s:
            lines.append(self._list())
        return first + b"".join(lines)

    def again(self) -> bytes:
        """The list, for a reader that has missed lines."""
        return self._list()

    def whole(self) -> bytes:
        """The list and a line for each session, for a reader that comes later than another.

        They carry the number of the last line, so that the reader knows which changes they hold.
        """
        now_ns = self._clock.now_ns()
        states = self._states(now_ns)
        messages = (session_list(states), *(session_update(told, state) for told, state in states))
        return b"".join(line(message, self._seq, now_ns) for message in messages)

    @property
    def _timeless(self) -> bool:
        """Whether states change only with the ledger, not with the stream's own time limits."""
        return self._timeouts == Timeouts()

    def _update(self, key: str, now_ns: int) -> bytes:
        told = self._told[key]
        update = session_update(told, self._state(told, now_ns))
        if self._said.get(key) == update:
            return b""
        self._said[key] = update
        return self._line(update)

    def _list(self) -> bytes:
        self._listed = session_list(self._states(self._clock.now_ns()))
        self._listed_at = self._clock.monotonic()
        return self._line(self._listed)

    def _states(self, now_ns: int) -> list[tuple[Json, str]]:
        return [(told, self._state(told, now_ns)) for told in self._told.values()]

    def _state(self, told: Json, now_ns: int) -> str:
        in_state_s, silent_s = (_age_s(told[name], now_ns) for name in ("since", "last_activity_at"))
        return self._timeouts.state(told["state"], in_state_s, silent_s)

    def _line(self, message: Json) -> bytes:
        self._seq += 1
        return line(message, self._seq, self._clock.now_ns())


class Writer:
    """Writes to a file descriptor from a thread of its own; `put` never waits.

    A thread, since a terminal or a file knows no non-blocking writes that other programs on it would not feel.
    """

    def __init__(self, descriptor: int, *, when_closed: Callable[[], None], unsent: int = UNSENT) -> None:
        self._descriptor = descriptor
        self._when_closed = when_closed
        self._unsent = unsent
        self._queue = bytearray()
        self._writing = False
        self._ending = False
        self._wake = threading.Condition()
        self.lost = False
        """Whether lines were left out since the last call of `caught_up`."""
        self._thread = threading.Thread(target=self._run, name="ndjson", daemon=True)
        self._thread.start()

    def put(self, lines: bytes) -> None:
        """Queue whole lines; when too many are unread already, all are left out and `lost` is set."""
        with self._wake:
            if len(self._queue) > self._unsent:
                self._queue.clear()
                self.lost = True
            else:
                self._queue += lines
            self._wake.notify()

    def caught_up(self) -> bool:
        """Whether lines were lost and the reader is ready for a fresh list now; asking forgets the loss."""
        with self._wake:
            ready = self.lost and not self._queue and not self._writing
            if ready:
                self.lost = False
            return ready

    def close(self, wait_s: float = 1.0) -> None:
        """Write what is queued, for at most `wait_s` seconds, and end."""
        with self._wake:
            self._ending = True
            self._wake.notify()
        self._thread.join(wait_s)

    def _run(self) -> None:
        while (lines := self._next()) is not None:
            try:
                while lines:
                    lines = lines[os.write(self._descriptor, lines) :]
            except OSError:  # the reader went away: a quiet end
                self._when_closed()
                return

    def _next(self) -> bytes | None:
        with self._wake:
            self._writing = False
            self._wake.wait_for(lambda: self._queue or self._ending)
            lines = bytes(self._queue)
            self._queue.clear()
            self._writing = bool(lines)
            return lines or None


def _age_s(at: str | None, now_ns: int) -> float:
    return now_ns / 1e9 - datetime.fromisoformat(at).timestamp() if at else 0.0
