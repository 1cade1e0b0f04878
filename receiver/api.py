"""What other programs may ask: sessions, figures, a stream of changes; and one deed, to bring a terminal before them.

Guarded like the rest of the door. The shapes are written out in `shapes` and frozen under `docs/schema`.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib import import_module
from typing import Any, Protocol

from aiohttp import web
from msgspec import Struct

from aimon_core import wire
from aimon_core.clock import Clock
from aimon_core.drift import Drift
from aimon_core.session import Session, Totals
from aimon_core.spans import Span, TurnTree
from receiver import trees
from receiver.connections import Connection
from receiver.guard import DoorOptions
from receiver.mirror import Mirror
from receiver.passing import Ear
from receiver.recorder import Recorder
from receiver.status import Reason, Refused
from receiver.steps import unhurried
from receiver.stream import Stream
from receiver.told import NOTHING_KEPT, Told

Handler = Callable[[web.BaseRequest, Connection], Awaitable[web.StreamResponse]]
Stats = Callable[[], dict[str, Any]]
Tells = Callable[[str, Span], Awaitable[Told]]
"""What was told about a span of a session, by its key."""


class Outcome(Protocol):
    """What came of something that was to be done about a session."""

    @property
    def ok(self) -> bool:
        """Whether it was done."""

    @property
    def line(self) -> str:
        """What happened, or why nothing did."""

    @property
    def command(self) -> str:
        """What a person can do instead, for a shell."""


Act = Callable[[str, int | None], Awaitable[Outcome]]
"""Something that can be done about a session, given its key and the process that asks, where that is known."""


async def nothing_told(_key: str, _span: Span) -> Told:
    """The answer of a receiver behind which nothing is kept."""
    return NOTHING_KEPT


def nothing_exported() -> None:
    """The answer of a receiver that exports nothing."""


def nothing_forwarded() -> list[dict[str, Any]]:
    """The answer of a receiver that passes nothing on."""
    return []


async def nothing_awaited() -> None:
    """A receiver behind which nothing is kept is ready."""


class Owner(Struct, frozen=True):
    """What whoever runs the receiver can tell and do beyond the ledger."""

    tells: Tells = nothing_told
    acts: Mapping[str, Act] = {}
    """By verb."""
    exports: Callable[[], dict[str, Any] | None] = nothing_exported
    """What became of exported spans; None where none are."""
    forwards: Callable[[], list[dict[str, Any]]] = nothing_forwarded
    """What became of requests that were passed on, by collector."""
    ears: Sequence[Ear] = ()
    """Who hears of each request that was taken."""
    recorder: Recorder | None = None
    """One of them, who tells whoever records."""
    content: bool = False
    """Whether what people wrote may be exported."""
    ready: Callable[[], Awaitable[None]] = nothing_awaited
    """Waits until what was known before the start is known again."""
    journal: str = ""
    """The file in which deliveries are kept; empty where they are not."""


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

    @property
    def drifts(self) -> Iterable[Drift]:
        """What agents say that nobody reads."""

    def get(self, key: str) -> Session | None:
        """One session."""

    def sessions(self, *, every: bool = False) -> list[Session]:
        """The rows; with `every` also those that ended long ago."""

    def totals(self) -> Totals:
        """The sums."""

    def growing(self, key: str) -> Iterator[TurnTree | None]:
        """The tree of a session turn by turn, None where others may run."""

    def refuse(self, key: str) -> None:
        """A body of a session's client was not taken."""


class Api:
    """Answers below `/api/v1`."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        options: DoorOptions,
        *,
        stats: Stats,
        owner: Owner,
        rate: Callable[[], float],
    ) -> None:
        self._ledger = ledger
        self._owner = owner
        self._stats = stats
        self._stream = Stream(ledger, clock, options)
        self._mirror = Mirror(ledger, clock, rate, options.streams, ready=owner.ready, journal=owner.journal)

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
            case ["sessions", *parts, "spans"]:
                return "GET", partial(self._spans, "/".join(parts))
            case ["sessions", *parts, "otlp"]:
                return "GET", partial(self._otlp, "/".join(parts))
            case ["sessions", *parts] if "spans" in parts[1:]:
                place = parts.index("spans", 1)
                return "GET", partial(self._span, "/".join(parts[:place]), "/".join(parts[place + 1 :]))
            case ["sessions", _, *_, verb] if (act := self._owner.acts.get(verb)) is not None:
                return "POST", partial(self._done, act, "/".join(path[1:-1]))
            case ["sessions", *parts]:
                return "GET", partial(self._session, "/".join(parts))
            case ["stats"]:
                return "GET", self._figures
            case ["stream"]:
                return "GET", self._serve
            case ["tape"] if self._owner.recorder is not None:
                return "GET", self._owner.recorder.serve
        return None

    def publish(self, keys: Collection[str]) -> None:
        """A frame: tell the streams' readers that these sessions changed."""
        self._stream.publish(keys)
        self._mirror.publish(keys)

    def close(self) -> None:
        """End the stream's readers."""
        self._stream.close()
        self._mirror.close()
        if self._owner.recorder is not None:
            self._owner.recorder.close()

    async def _serve(self, request: web.BaseRequest, connection: Connection) -> web.StreamResponse:
        """The stream: for scripts, or in full for another screen."""
        stream = self._mirror if _asked(request, "full") else self._stream
        return await stream.serve(request, connection)

    async def _sessions(self, request: web.BaseRequest, _: Connection) -> web.Response:
        sessions = self._ledger.sessions(every=_asked(request, "all"))
        return json_answer(wire.sessions_document(sessions, self._ledger.totals()))

    async def _session(self, key: str, _request: web.BaseRequest, _: Connection) -> web.Response:
        return json_answer({"v": wire.VERSION, "session": wire.session_dict(self._known(key))})

    async def _spans(self, key: str, request: web.BaseRequest, _: Connection) -> web.StreamResponse:
        """Written as it is made: a long session has megabytes of them."""
        self._known(key)
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        with suppress(ConnectionError):  # a reader may leave at any time
            await response.prepare(request)
            for piece in trees.encoded(self._ledger.growing(key)):
                await response.write(piece)
                await asyncio.sleep(0)
            await response.write_eof()
        return response

    async def _otlp(self, key: str, request: web.BaseRequest, _: Connection) -> web.StreamResponse:
        """What is over of a session, as one request of OTLP: parts of such a message, one after the other, are one."""
        session = self._known(key)
        pieces = await asyncio.to_thread(import_module, "receiver.export.pieces")  # few ask for it
        growing = self._ledger.growing(key)
        response = web.StreamResponse(headers={"Content-Type": "application/x-protobuf"})
        with suppress(ConnectionError):
            await response.prepare(request)
            for piece in await unhurried(pieces.whole(session, growing, content=self._owner.content)):
                await response.write(piece.body)
            await response.write_eof()
        return response

    async def _span(self, key: str, span_key: str, _request: web.BaseRequest, _: Connection) -> web.Response:
        self._known(key)
        span = await unhurried(trees.found(self._ledger.growing(key), span_key))
        if span is None:
            raise Refused(Reason.UNKNOWN_PATH, f"no span {span_key[:100]!r}")
        return json_answer(trees.document(span, await self._owner.tells(key, span)))

    async def _done(self, act: Act, key: str, _request: web.BaseRequest, connection: Connection) -> web.Response:
        """Do something about a session that the ledger knows (S24); 409 when it could not be done."""
        self._known(key)
        process = (await connection.peer).process if connection.peer else None
        done = await act(key, process.pid if process else None)
        told = {"v": wire.VERSION, "ok": done.ok, "line": done.line, "command": done.command}
        return json_answer(told, 200 if done.ok else 409)

    def _known(self, key: str) -> Session:
        session = self._ledger.get(key)
        if session is None:
            raise Refused(Reason.UNKNOWN_PATH, f"no session {key[:100]!r}")
        return session

    async def _figures(self, _request: web.BaseRequest, _: Connection) -> web.Response:
        return json_answer({"v": wire.VERSION, **self._stats()})


def _asked(request: web.BaseRequest, name: str) -> bool:
    """Whether a query asks for something: `?all=1`."""
    return request.query.get(name, "0") not in {"0", ""}


def json_answer(document: dict[str, Any], status: int = 200) -> web.Response:
    """A document as JSON in ASCII."""
    return web.Response(status=status, body=json.dumps(document).encode(), content_type="application/json")
