"""What a record costs between the bytes and the ledger: `python -m bench.decoding`, in a process of its own.

Prints three figures, CPU microseconds a record: bare `ParseFromString`, decode and ledger, and the whole way in with
the look for secrets. The three take turns, lap by lap, so that a noisy machine is noisy to all.
"""

import asyncio
import gc
import statistics
import time
from collections.abc import Callable

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from aimon_core.clock import SystemClock
from aimon_core.events import Event
from aimon_core.journal import Delivery
from aimon_core.pricing import load
from aimon_core.store import SessionStore
from bench.traffic import Traffic, records_in
from receiver import codec, otlp, steps
from receiver.dialects import Interpreter
from receiver.intake import Intake

LAPS = 15


class _Sink:
    wants_deliveries = False

    def __init__(self, store: SessionStore) -> None:
        self._store = store

    def accept(self, delivery: Delivery | None, events: list[Event]) -> None:
        """Apply, as the program does."""
        assert delivery is None
        self._store.apply(events)


def main() -> None:
    """Measure and print."""
    clock = SystemClock()
    prices, traffic = load(), Traffic()
    stores = SessionStore(clock), SessionStore(clock)
    for store in stores:
        store.prices = prices
    interpreter = Interpreter()
    intake = Intake(_Sink(stores[1]), Interpreter(), clock, records_limit=20_000)

    def parse(bodies: list[bytes]) -> None:
        for body in bodies:
            ExportLogsServiceRequest.FromString(body)

    def decode(bodies: list[bytes]) -> None:
        for body in bodies:
            message = codec.decode("logs", body, "protobuf")
            steps.at_once(interpreter.sift("logs", message))
            stores[0].apply(interpreter.translate(otlp.records("logs", message, clock.now_ns())))
        stores[0].drain()

    def take(bodies: list[bytes]) -> None:
        async def all_of_them() -> None:
            for body in bodies:
                await intake.export("logs", body, "protobuf")

        asyncio.run(all_of_them())
        stores[1].drain()

    print(*measured(traffic, (parse, decode, take)))


def measured(traffic: Traffic, ways: tuple[Callable[[list[bytes]], None], ...]) -> list[float]:
    """CPU microseconds a record for each way: the median lap."""
    records = sum(records_in(body) for body in traffic.lap(0))
    spent: list[list[float]] = [[] for _ in ways]
    gc.collect()
    gc.freeze()
    for number in range(LAPS + 2):
        bodies = traffic.lap(number)
        for way, laps in zip(ways, spent, strict=True):
            began = time.thread_time()
            way(bodies)
            laps.append((time.thread_time() - began) / records * 1e6)
    return [statistics.median(laps[2:]) for laps in spent]


if __name__ == "__main__":
    main()
