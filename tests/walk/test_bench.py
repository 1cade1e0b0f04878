"""What the bench measures with is what it claims: the captures' own mix, never a repetition; and its verdicts hold."""

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.store import SessionStore
from bench.__main__ import main, told
from bench.goals import Result
from bench.traffic import LAP_NS, Traffic, records_in
from receiver import codec, otlp
from receiver.dialects import Interpreter


@pytest.fixture(scope="module")
def traffic() -> Traffic:
    return Traffic()


def test_batches_are_full(traffic):
    sizes = [records_in(body) for body in traffic.lap(1)]
    assert set(sizes[:-1]) == {100}
    assert 0 < sizes[-1] <= 100


def test_each_lap_is_new_work_of_the_same_sessions(traffic):
    clock = SteppedClock()
    store, interpreter = SessionStore(clock), Interpreter()
    counted = []
    for lap in range(1, 5):
        for body in traffic.lap(lap):
            walk = otlp.records("logs", codec.decode("logs", body, "protobuf"), clock.now_ns())
            store.apply(interpreter.translate(walk))
        clock.advance(LAP_NS / 1e9)
        totals, sessions = store.totals(), store.sessions(every=True)
        counted.append((totals.llm_calls, totals.tool_calls, totals.tokens.total, sum(one.turns for one in sessions)))
        assert len(sessions) == len({one.key for one in sessions}) > 20
    once = counted[0]
    assert min(once) > 0
    for lap, figures in enumerate(counted, 1):
        assert figures == tuple(figure * lap for figure in once)


def test_verdicts():
    assert told(Result("speed", 70, "k", 60, more_is_better=True)).endswith("≥ 60    met")
    assert told(Result("speed", 50, "k", 60, more_is_better=True)).endswith("≥ 60    MISSED")
    assert told(Result("lag", 9, "ms", 10)).endswith("≤ 10    met")
    assert told(Result("lag", 11, "ms", 10)).endswith("≤ 10    MISSED")
    assert told(Result("lag", 11, "ms")).endswith("11.00 ms")


def test_an_unknown_goal_is_named(capsys):
    assert main(["P99"]) == 2
    assert "P99" in capsys.readouterr().err
