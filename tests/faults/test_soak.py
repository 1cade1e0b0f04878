"""Hours of work: nothing is lost, nothing is counted twice, and after the first half nothing grows."""

import statistics
from pathlib import Path

import psutil
import pytest

from bench.soaking import Soak, kept
from tests.faults import LONG, SOAK_FILE, SOAK_S

GROWTH = 1.10
"""Of the last quarter over the one before, in memory, open files and times."""
EARLY = 4
"""Open files more than in the beginning: the journal's, and connections that are just being made."""


def test_a_long_day_loses_nothing_and_leaves_nothing_behind(program, tmp_path):
    with program.serving() as serving:
        soak = Soak(psutil.Process(serving.process.pid), serving.port, program.folder)
        looks = list(kept(soak.looks(SOAK_S), Path(SOAK_FILE or tmp_path / "soak.csv")))
        assert soak.missing() == {}
        assert all(look.taken == look.sent for look in looks)
        assert looks[-1].sent > 0
        assert looks[-1].files <= looks[0].files + EARLY
        if not LONG:
            return
        quarters = [looks[len(looks) * place // 4 : len(looks) * (place + 1) // 4] for place in range(4)]
        before, after = (statistics.mean(look.memory_mb for look in quarter) for quarter in quarters[2:])
        assert after <= before * GROWTH
        before, after = (statistics.median(look.p50_ms for look in quarter) for quarter in quarters[2:])
        assert after <= before * 2


@pytest.mark.skipif(LONG, reason="is part of the long form")
def test_the_books_of_the_soak_can_miss_something(program):
    with program.serving("--no-persist") as serving:
        soak = Soak(psutil.Process(serving.process.pid), serving.port, program.folder)
        list(soak.looks(0.2))
        soak.work.calls += 1
        assert soak.missing() == {"calls": 1, "input": 10, "output": 3}
