"""What traces as documents cost: `python -m bench.documenting`, in a process of its own.

Prints megabytes that 100,000 steps take when they are streamed to a file and read again; milliseconds that 1,000 steps
take to JSON, and their bare dicts by `json`; what a step of 10,000 costs against one of 1,000, from the tracer to JSON
and back; milliseconds to convert a span of the frameworks' captures, and to parse it bare.
"""

import gc
import json
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psutil
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from aimon_trace import SpanConverter, Tracer, TraceReader, TraceRun
from aimon_trace.wire import records
from bench.traffic import CAPTURES

LAPS = 7
STREAMED = 100_000


def told(steps: int, output: Path | None = None) -> Tracer:
    """A realistic run: of three steps one is a call with two messages, one a tool, one a retrieval."""
    messages = [{"role": "system", "content": "Be brief. " * 8}, {"role": "user", "content": "What is it? " * 8}]
    with Tracer.run("bench", output_path=output, listeners=()) as tracer:
        for number in range(0, steps, 3):
            tracer.llm_call("gpt-5.5", messages, {"content": "It is so. " * 12}, tokens_in=number, latency_ms=12.5)
            tracer.tool_call("search", {"query": f"thing {number}", "limit": 5}, {"found": ["a", "b"]}, latency_ms=2.5)
            tracer.retrieval("thing", [{"content": "A document. " * 12, "score": 0.5, "metadata": {"n": number}}])
    return tracer


def quickest(work: Callable[[], object], laps: int = LAPS) -> float:
    """Milliseconds of CPU time of the quickest lap: what others do on the machine only adds."""
    laps_ms = []
    for _ in range(laps):
        gc.collect()
        began = time.process_time()
        work()
        laps_ms.append((time.process_time() - began) * 1000)
    return min(laps_ms)


def serialised() -> tuple[float, float]:
    """1,000 steps to JSON, by the document and by `json`."""
    run = told(999).get_trace()
    bare = json.loads(run.to_json())
    return quickest(run.to_json), quickest(lambda: json.dumps(bare))


def growth() -> float:
    """What a step of a long run costs against one of a short one."""

    def whole(steps: int) -> None:
        TraceRun.from_json(told(steps).get_trace().to_json())

    return quickest(lambda: whole(9_999), 3) / quickest(lambda: whole(999)) / 10


def converted() -> tuple[float, float]:
    """A span of the frameworks' captures, all of them one trace, to a step of a run and to a bare message."""
    files = sorted((CAPTURES.parent / "frameworks").glob("*/*/otlp/*traces*.pb"))
    bodies = [path.read_bytes() for path in files]
    spans = sum(1 for _ in records(bodies))
    converter = SpanConverter(warn_on_missing=False)
    ours = quickest(lambda: converter.convert_trace(bodies))
    bare = quickest(lambda: [ExportTraceServiceRequest.FromString(body) for body in bodies])
    return ours / spans, bare / spans


def streamed() -> float:
    """Megabytes of 100,000 steps, written and read."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.jsonl"
        told(3_000, path)
        process = psutil.Process()
        gc.collect()
        before, most = process.memory_info().rss, 0
        told(STREAMED, path)
        most = max(most, process.memory_info().rss)
        assert sum(1 for _ in TraceReader(path)) >= STREAMED
        return (max(most, process.memory_info().rss) - before) / 1e6


def main() -> None:
    """Measure and print."""
    print(streamed(), *serialised(), growth(), *converted())


if __name__ == "__main__":
    main()
