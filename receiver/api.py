"""What other programs may ask: sessions, figures, a stream of changes; and one deed, to bring a terminal before them.

Guarded like the rest of the door. The shapes are written out in `shapes` and frozen under `docs/schema`.
"""

import json
from collections.abc import Awaitable, Callable, Collection
from functools import partial
from typing import Any, Protocol

from aiohttp import web
from msgspec import Struct

from aimon_core import wire
from aimon_core.clock import Clock
from aimon_core.session import Session, Totals
from receiver.connections import Connection
from receiver.guard import DoorOptions
from receiver.status import Reason, Refused
from receiver.stream import Stream

Handler = Callable[[web.BaseRequest, Connection], Awaitable[web.StreamResponse]]
Stats = Callable[[], dict[str, Any]]


class Outcome(Protocol):
    """What came of a deed."""

    @property
    def ok(self) -> bool:
        """Whether it is done."""

    @property
    def line(self) -> str:
        """What happened, or why nothing did."""

    @property
    def command(self) -> str:
        """What a person can do instead, for a shell; else empty."""


Focus = Callable[[str, int | None], Awaitable[Outcome]]
"""Brings the terminal of a session, by its key, before whoever looks at a process, by its pid."""


class Machine(Protocol):
    """What the machine used by its metrics."""

    @property
    def tokens(self) -> dict[str, int]:
        """By part."""

    @property
    def cost_usd(self) -> float:
        """Dollars."""


class Ledger(Protocol):
    """What the API reads (`store.SessionStore`)."""

    @property
    def counters(self) -> Struct:
        """What the ledger did."""

    @property
    def machine(self) -> Machine:
        """Totals by metrics, never part of the sessions' figures."""

    def get(self, key: str) -> Session | None:
        """One session."""

    def sessions(self, *, every: bool = False) -> list[Session]:
        """The rows; with `every` also those that ended long ago."""

    def totals(self) -> Totals:
        """The sums."""

    def refuse(self, key: str) -> None:
        """A body of a session's client was not taken."""


class Api:
    """Answers below `/api/v1`."""

    def __init__(
        self, ledger: Ledger, clock: Clock, options: DoorOptions, stats: Stats, focus: Focus | None = None
    ) -> None:
        self._ledger = ledger
        self._stats = stats
        self._focus = focus
        self._stream = Stream(self._snapshot, clock, options)

    def refused(self, key: str) -> None:
        """A body of a session's client was not taken: its row says so."""
        self._ledger.refuse(key)

    def knows_process(self, key: str | None) -> bool:
        """Whether it is certain which process a session is."""
        session = self._ledger.get(key or "")
        return session is not None and session.pid_started_at is not None

    def route(self, path: list[str]) -> tuple[str, Handler] | None:
        """The method for a path below `/api/v1`, given in parts, and who answers it."""
        match path:
            case ["sessions"]:
                return "GET", self._sessions
            case ["sessions", *parts, "focus"] if parts and self._focus:
                return "POST", partial(self._bring, self._focus, "/".join(parts))
            case ["sessions", *parts]:
                return "GET", partial(self._session, "/".join(parts))
            case ["stats"]:
                return "GET", self._figures
            case ["stream"]:
                return "GET", self._stream.serve
        return None

    def publish(self, keys: Collection[str]) -> None:
        """Tell the stream's readers that these sessions changed."""
        if self._stream.readers:
            self._stream.publish({key: self._ledger.get(key) for key in keys})

    def close(self) -> None:
        """End the stream's readers."""
        self._stream.close()

    async def _sessions(self, request: web.BaseRequest, _: Connection) -> web.Response:
        every = request.query.get("all", "0") not in {"0", ""}
        return json_answer(wire.sessions_document(self._ledger.sessions(every=every), self._ledger.totals()))

    async def _session(self, key: str, _request: web.BaseRequest, _: Connection) -> web.Response:
        return json_answer({"v": wire.VERSION, "session": wire.session_dict(self._known(key))})

    async def _bring(self, focus: Focus, key: str, _: web.BaseRequest, connection: Connection) -> web.Response:
        """Before whoever asks: his own terminal, as far as his process is known (S24: only sessions that are known)."""
        self._known(key)
        process = (await connection.peer).process if connection.peer else None
        done = await focus(key, process.pid if process else None)
        told = {"v": wire.VERSION, "ok": done.ok, "line": done.line, "command": done.command}
        return json_answer(told, status=200 if done.ok else 409)

    def _known(self, key: str) -> Session:
        session = self._ledger.get(key)
        if session is None:
            raise Refused(Reason.UNKNOWN_PATH, f"no session {key[:100]!r}")
        return session

    async def _figures(self, _request: web.BaseRequest, _: Connection) -> web.Response:
        return json_answer({"v": wire.VERSION, **self._stats()})

    def _snapshot(self) -> dict[str, Any]:
        return wire.sessions_document(self._ledger.sessions(), self._ledger.totals())


def json_answer(document: dict[str, Any], status: int = 200) -> web.Response:
    """A document as JSON in ASCII."""
    return web.Response(body=json.dumps(document).encode(), status=status, content_type="application/json")
