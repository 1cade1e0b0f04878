"""What 100,000 retained spans take: `python -m bench.retaining`, in a process of its own.

A night's session: the spans of a real turn over and over, each with ids and times of its own, through the decoder into
one session's books, then its tree. Prints megabytes, the longest pause of the garbage collector in milliseconds as the
program runs it, and the rows of the tree.
"""

import gc
import time
from collections.abc import Iterator

import psutil
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from aimon_core.clock import SystemClock
from aimon_core.pricing import load
from aimon_core.store import SessionStore
from bench.traffic import CAPTURES
from receiver import codec, otlp, tape
from receiver.dialects import Interpreter

ROWS = 100_000
TURN = CAPTURES / "print_tools"
LAP_NS = 60 * 10**9
PER_TURN = 200
"""Laps that are one turn: a person asks something now and then."""


def night() -> Iterator[bytes]:
    """Exports of one session, without end."""
    whole = ExportTraceServiceRequest()
    for request in tape.read(TURN):
        if request.kind == "traces" and request.encoding == "protobuf":
            whole.MergeFromString(request.body)
    lap = 0
    while True:
        lap += 1
        yield _fresh(whole, lap).SerializeToString()


def _fresh(whole: ExportTraceServiceRequest, lap: int) -> ExportTraceServiceRequest:
    """The same spans as they would come some minutes later; most laps go on in the turn of the one before."""
    fresh = ExportTraceServiceRequest()
    fresh.CopyFrom(whole)
    name = f"{lap:08x}"
    for group in fresh.resource_spans:
        for scoped in group.scope_spans:
            kept = [span for span in scoped.spans if lap % PER_TURN == 1 or span.name != "claude_code.interaction"]
            del scoped.spans[:]
            scoped.spans.extend(kept)
            for span in scoped.spans:
                span.span_id = lap.to_bytes(4, "big") + span.span_id[4:]
                span.parent_span_id = lap.to_bytes(4, "big") + span.parent_span_id[4:]
                span.start_time_unix_nano += lap * LAP_NS
                span.end_time_unix_nano += lap * LAP_NS
                for attribute in span.attributes:
                    if attribute.key in {"request_id", "tool_use_id", "gen_ai.response.id", "gen_ai.tool.call.id"}:
                        attribute.value.string_value = attribute.value.string_value[:-8] + name
    return fresh


class Pauses:
    """How long the garbage collector stopped everything, at worst."""

    def __init__(self) -> None:
        self.longest_s = self._began = 0.0
        gc.callbacks.append(self._note)

    def _note(self, phase: str, _: dict[str, int]) -> None:
        if phase == "start":
            self._began = time.perf_counter()
        else:
            self.longest_s = max(self.longest_s, time.perf_counter() - self._began)


def main() -> None:
    """Measure and print."""
    clock, interpreter = SystemClock(), Interpreter()
    store = SessionStore(clock)
    store.prices = load()
    process, exports = psutil.Process(), night()

    def feed(rows: int) -> str:
        key = ""
        while not key or (session := store.get(key)) is None or session.llm_calls + session.tool_calls < rows:
            for _ in range(50):
                walk = otlp.records("traces", codec.decode("traces", next(exports), "protobuf"), clock.now_ns())
                store.apply(interpreter.translate(walk))
            (key,) = [session.key for session in store.sessions(every=True)]
            store.drain()
        return key

    feed(500)
    gc.collect()
    gc.freeze()  # as the program does once it is on the screen
    pauses, before = Pauses(), process.memory_info().rss
    key = feed(ROWS)
    rows = 0
    while not rows or key in store.drain():  # read in steps, as the screen does
        rows = sum(1 + len(turn.spans) for turn in store.turns(key))
    print((process.memory_info().rss - before) / 2**20, pauses.longest_s * 1e3, rows)


if __name__ == "__main__":
    main()
