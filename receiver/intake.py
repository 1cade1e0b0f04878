"""The one way in, whatever the transport: the bytes of a request become events in the ledger and a line in the journal.

Acknowledged means committed: a request is answered after `Sink.accept` took its last part. What was applied before a
failed commit stays applied, and the sender's retry adds nothing, because the ledger knows each unit of work by its key.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from itertools import islice
from typing import Any, Protocol

from msgspec import Struct

from aimon_core import ancestry, masking
from aimon_core.clock import Clock
from aimon_core.events import Counted, Drifted, Event, Gauged, SessionSeen
from aimon_core.identity import session_key
from aimon_core.journal import Delivery, JournalFailed
from aimon_core.probe import is_probe
from receiver import codec, hooks, otlp, otlp_json, privacy
from receiver.attribution import Spoken
from receiver.census import count
from receiver.codec import Encoding
from receiver.counters import DoorCounters, Rate
from receiver.hook_request import Beside
from receiver.passing import Came, Ear, Passed
from receiver.record import Record, Signal
from receiver.status import Overloaded, Reason, Refused
from receiver.steps import RECORDS, Steps, unhurried

GAUGED = 1_000
"""Sessions whose last status line is remembered."""


class Sink(Protocol):
    """Where events go: the ledger, and the journal when there is one."""

    @property
    def wants_deliveries(self) -> bool:
        """Whether `accept` is to be given what the journal needs to replay a request; making it costs time."""

    def accept(self, delivery: Delivery | None, events: list[Event]) -> "Future[None] | None":
        """Apply events to the ledger, then commit the delivery: it is kept once the future is done.

        A long request comes in several parts, the delivery with the last one. Raises Overloaded; this or the future
        JournalFailed. Several requests may wait for one commit.
        """


class Translator(Protocol):
    """What speaks the agents' languages: `dialects.Interpreter`."""

    def sift(self, signal: Signal, message: Any) -> Steps[int]:
        """Take out of a request what is known to be of no use; how many records went. In steps."""

    def translate(self, records: Iterator[Record] | list[Record]) -> list[Event]:
        """The events of some records; never raises."""


class Taken(Struct, frozen=True):
    """What became of a request."""

    left_out: int = 0
    """Data points without a finite value."""
    session: str | None = None
    """Key of a session it told of."""
    spoken: Spoken = {}
    """The sessions it told of; for whom the client itself has told the process is not among them."""


class Intake:
    """Takes requests that a door has read."""

    def __init__(
        self, sink: Sink, interpreter: Translator, clock: Clock, *, records_limit: int, ears: Sequence[Ear] = ()
    ) -> None:
        """`ears` hear of each request that was taken."""
        self._sink = sink
        self._interpreter = interpreter
        self._clock = clock
        self._records_limit, self._ears = records_limit, ears
        self.counters = DoorCounters()
        self.rate = Rate(clock)
        self._gauged: dict[str, bytes] = {}

    async def export(self, signal: Signal, body: bytes, encoding: Encoding, came: Came | None = None) -> Taken:
        """Take one OTLP request, of which `came` is what was on the wire. Raises Refused."""
        arrived_ns = self._clock.now_ns()
        message = await unhurried(codec.decoding(signal, body, encoding, self._records_limit))
        noise = await unhurried(self._interpreter.sift(signal, message))
        walk = otlp.records(signal, message, arrived_ns)
        taken, session = 0, None
        events: list[Event] = []
        spoken: dict[tuple[str, str], int] = {}
        while batch := list(islice(walk, RECORDS)):
            if taken:
                await self._accept(None, events)
                await asyncio.sleep(0)
            taken += len(batch)
            events = self._interpreter.translate(batch)
            session = session_key(events[-1]) if events else session
            spoken |= _spoken(events)
        delivery = await self._delivery(signal, message, arrived_ns) if taken else None
        if taken:
            await self._accept(delivery, events)
        self._note(len(body), taken + noise)
        if came is not None:
            self._tell(Passed(signal, came, arrived_ns, delivery), events)
        left_out = count(signal, message, self._records_limit) - taken if signal == "metrics" else 0
        return Taken(left_out, session, spoken)

    async def hook(self, agent: str, body: bytes, beside: Beside = Beside(), *, spooled: bool = False) -> Taken:  # noqa: B008 - frozen
        """Take one hook payload, and what its hook program says beside it. Raises Refused.

        The same message taken twice counts once: what it tells happened at the moment when its hook ran. Of one that
        was spooled the sink always hears the delivery, so that it knows how long ago that was.
        """
        payload = otlp_json.loads(body)
        if agent not in hooks.HOOK_AGENTS or not isinstance(payload, dict):
            raise Refused(Reason.MALFORMED, "a hook payload is a JSON object of a known agent")
        arrived_ns = self._clock.now_ns()
        at_ns = beside.moment(arrived_ns)
        process = beside.process or ancestry.agent_process(agent, beside.chain, at_ns / 1e9)
        try:
            if masking.suspicious(body):
                payload = masking.mask_json(payload)
            above = beside.above or (ancestry.agents_above(*process) if process else ())
            events = hooks.translate(agent, payload, at_ns, process, above)
            wanted = self._sink.wants_deliveries or spooled
            kept = json.dumps(hooks.kept(agent, payload, process, above)).encode() if wanted else b""
        except (ValueError, TypeError, RecursionError) as error:
            raise Refused(Reason.MALFORMED, f"no hook payload: {str(error)[:100]}") from None
        if events and isinstance(events[-1], Gauged) and self._repeats(session_key(events[-1]), kept):
            kept = b""
        delivery = Delivery(f"hooks/{agent}", kept, at_ns) if kept else None
        await self._accept(delivery, events)
        self._note(len(body), 1)
        known = Beside(at_ns, process=process, above=above)
        self._tell(Passed(f"hooks/{agent}", Came(body, "application/json"), arrived_ns, delivery, known), events)
        told = any(isinstance(event, SessionSeen) and event.pid_started_at is not None for event in events)
        return Taken(session=session_key(events[-1]) if events else None, spoken={} if told else _spoken(events))

    def learn(self, events: list[Event]) -> None:
        """Tell the ledger what no request said and the journal need not know: it holds for this run alone."""
        self._sink.accept(None, events)
        for ear in self._ears:
            ear.learned(events)

    def _tell(self, one: Passed, events: list[Event]) -> None:
        """Let everybody hear of a request, but for the doctor's: it looks at this aimon alone."""
        for ear in self._ears if not any(map(is_probe, events)) else ():
            ear.passed(one)

    def _repeats(self, session: str, kept: bytes) -> bool:
        """Whether a status line says what the journal knows already: most do, up to three times a second."""
        if self._gauged.get(session) == kept:
            return True
        if len(self._gauged) >= GAUGED:
            self._gauged.clear()
        self._gauged[session] = kept
        return False

    async def _delivery(self, signal: Signal, message: Any, arrived_ns: int) -> Delivery | None:
        if not self._sink.wants_deliveries:
            return None
        kept = await unhurried(privacy.without_private(message, signal))
        if await unhurried(privacy.suspicious(kept)):
            await unhurried(privacy.mask_message(message, signal))
            kept = bytes(message.SerializeToString())
        return Delivery(signal, kept, arrived_ns)

    async def _accept(self, delivery: Delivery | None, events: list[Event]) -> None:
        try:
            if (committed := self._sink.accept(delivery, events)) is not None:
                await asyncio.shield(asyncio.wrap_future(committed))  # a client that goes must not cancel the others'
        except JournalFailed as error:
            raise Overloaded(message=str(error)) from error
        self.rate.add(len(events))

    def _note(self, size: int, records: int) -> None:
        self.counters.bytes += size
        self.counters.records += records


def _spoken(events: list[Event]) -> dict[tuple[str, str], int]:
    """The sessions of some events. Not those of metrics: a client goes on counting what it has left."""
    mute = Counted, Drifted
    return {(event.agent, event.session_id): event.at_ns for event in events if not isinstance(event, mute)}
