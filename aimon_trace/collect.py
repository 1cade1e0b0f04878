"""A collector for programs that cannot be changed: they send OTLP, it gives back traces.

Apart from `convert`, which knows no network. The doors are the receiver's own, with all their limits; only what comes
in goes elsewhere: no ledger, no journal, the spans of each trace until somebody asks for it as a run.
"""

import os
from collections import Counter, OrderedDict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from aimon_core.clock import SystemClock
from aimon_core.errors import AimonError
from aimon_core.events import Event
from aimon_core.journal import Delivery
from aimon_core.store import SessionStore
from aimon_trace import files
from aimon_trace.convert import SpanConverter
from aimon_trace.errors import CollectorError
from aimon_trace.run import TraceRun
from receiver.guard import DoorOptions
from receiver.record import Record, Signal
from receiver.server import Receiver
from receiver.steps import Steps

SPANS = 100_000
"""Spans that are held; of more, the traces that came first go, and are counted."""
_GRPC_PORT = 4317


class OTLPCollector:
    """Takes OTLP on a loopback address, by HTTP and, where that is asked, by gRPC.

    `async with OTLPCollector() as collector:` starts and stops it. Where `output_path` names a folder, `stop` leaves
    each trace there.
    """

    def __init__(
        self,
        endpoint: str = "127.0.0.1:4318",
        converter: SpanConverter | None = None,
        output_path: str | os.PathLike[str] | None = None,
        *,
        protocol: Literal["http", "grpc"] | None = None,
    ) -> None:
        """A port of 0 takes a free one. Port 4317 means gRPC unless `protocol` says otherwise."""
        host, port = _address(endpoint)
        grpc = protocol == "grpc" or (protocol is None and port == _GRPC_PORT)
        self._converter = converter or SpanConverter()
        self._path = None if output_path is None else Path(output_path)
        options = DoorOptions(
            host=host, port=0 if grpc else port, grpc_port=port if grpc else 0, takes=frozenset({"otlp"})
        )
        self._spans = _Spans()
        self._options = options
        self._receiver: Receiver | None = None

    @property
    def port(self) -> int:
        """The port that is open for HTTP; the one asked for while none is."""
        return self._receiver.port if self._receiver is not None else self._options.port

    @property
    def dropped(self) -> int:
        """Spans that are gone, because more came than are held."""
        return self._spans.dropped

    async def start(self) -> None:
        """Open the doors. Raises CollectorError where they cannot be, or are open."""
        if self._receiver is not None:
            raise CollectorError("This collector listens already.", "Stop it first, or make another.")
        clock = SystemClock()
        receiver = Receiver(
            sink=_Nowhere(), ledger=SessionStore(clock), interpreter=self._spans, clock=clock, options=self._options
        )
        try:
            await receiver.start()
            await receiver.start_grpc()
        except AimonError as error:
            await receiver.stop()
            raise CollectorError(error.message, error.hint) from error
        self._receiver = receiver

    async def stop(self) -> None:
        """Close the doors, and write what came where that was asked; harmless when they are closed."""
        receiver, self._receiver = self._receiver, None
        if receiver is None:
            return
        await receiver.stop()
        if self._path is not None:
            for run in self.get_traces(complete=False):
                files.save(run, self._path / f"trace-{run.run_id}.json")

    def get_traces(self, *, complete: bool = True) -> list[TraceRun]:
        """A run for each trace whose root has come, or, with `complete=False`, for each.

        Traces in which nothing was done that is a step are none. Raises ConversionError if the converter is strict.
        """
        return self._converter.convert_traces(
            spans for spans in self._spans.traces.values() if not complete or any(not span.parent_id for span in spans)
        )

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()


class _Nowhere:
    """A sink without a ledger."""

    wants_deliveries = False

    def accept(self, delivery: Delivery | None, events: list[Event]) -> None:
        """Nothing: no event is made."""


class _Spans:
    """Stands where the dialects do, and keeps what they would read."""

    noise: ClassVar[dict[str, int]] = {}

    def __init__(self) -> None:
        self.traces: OrderedDict[bytes, list[Record]] = OrderedDict()
        self.unclaimed: Counter[str] = Counter()
        self.unread: Counter[str] = Counter()
        self.dropped = 0
        self._held = 0

    def sift(self, signal: Signal, message: Any) -> Steps[int]:  # noqa: ARG002 - the dialects' signature
        """Nothing is noise."""
        yield from ()
        return 0

    def translate(self, records: Iterable[Record]) -> list[Event]:
        """Keep the spans among some records."""
        for record in records:
            if record.signal == "traces":
                self.traces.setdefault(record.trace_id, []).append(record)
                self._held += 1
        while self._held > SPANS and len(self.traces) > 1:
            _, gone = self.traces.popitem(last=False)
            self._held -= len(gone)
            self.dropped += len(gone)
        return []


def _address(endpoint: str) -> tuple[str, int]:
    """Host and port of an endpoint. Raises CollectorError for what is none."""
    host, _, port = endpoint.rpartition("//")[2].rstrip("/").rpartition(":")
    if not port.isdecimal() or int(port) > 65_535:
        raise CollectorError(f"{endpoint} is no address to listen on.", "Say host:port, as in 127.0.0.1:4318.")
    return host.strip("[]") or "127.0.0.1", int(port)
