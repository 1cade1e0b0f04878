"""The goals of traces as documents: apart from `goals`, which measures the program, since these are of a library."""

import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from bench.results import Result, figures

STARTS = 9
BARE = "from pydantic import BaseModel\nclass Bare(BaseModel):\n    name: str"


def t1() -> Iterator[Result]:
    """Steps to JSON and back, spans to steps, long runs."""
    megabytes, ours_ms, bare_ms, growth, span_ms, parsed_ms = figures("bench.documenting")
    yield Result("1,000 steps to JSON", ours_ms, "ms", 100)
    yield Result("the same / their bare dicts by json", ours_ms / bare_ms, "x")
    yield Result("a step of 10,000 / one of 1,000", growth, "x", 1.5)
    yield Result("100,000 steps streamed", megabytes, "MB", 100)
    yield Result("a span to a step of a run", span_ms, "ms", 0.1)
    yield Result("the same / bare ParseFromString", span_ms / parsed_ms, "x")


def t2() -> Iterator[Result]:
    """The start of a program that imports it, against one with a pydantic model."""
    programs = (BARE, "import aimon_trace", "from aimon_trace import Tracer")
    times: dict[str, list[float]] = {program: [] for program in programs}
    for _ in range(STARTS):
        for program in programs:
            began = time.perf_counter()
            subprocess.run([sys.executable, "-c", program], check=True)
            times[program].append(time.perf_counter() - began)
    bare, package, tracer = (statistics.median(times[program]) for program in programs)
    yield Result("import aimon_trace / bare pydantic", package / bare, "x", 1)
    yield Result("with its Tracer / bare pydantic", tracer / bare, "x", 2)


def t3() -> Iterator[Result]:
    """200 transcripts of a megabyte judged, and one of 200 MB."""
    speed, share, megabytes = figures("bench.judging")
    yield Result("200 transcripts, all cores / one", share, "x", 0.8)
    yield Result("one process", speed, "MB/s")
    yield Result("memory for one of 200 MB", megabytes, "MB", 100)


GOALS: dict[str, Callable[[], Iterator[Result]]] = {"T1": t1, "T2": t2, "T3": t3}
