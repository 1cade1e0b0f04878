"""Figures about what passed the door."""

from aimon_core.clock import SteppedClock
from receiver.counters import Rate


def test_the_rate_is_the_mean_of_the_last_minute():
    clock = SteppedClock()
    rate = Rate(clock)
    assert rate.per_second() == 0
    rate.add(60)
    clock.advance(0.2)
    rate.add(60)
    assert rate.per_second() == 2
    clock.advance(30)
    rate.add(60)
    assert rate.per_second() == 3
    clock.advance(30)
    assert rate.per_second() == 1
    clock.advance(3600)
    assert rate.per_second() == 0


def test_the_rate_keeps_no_more_than_a_minute():
    clock = SteppedClock()
    rate = Rate(clock)
    for _ in range(1_000):
        clock.advance(1)
        rate.add(1)
    assert len(rate._buckets) <= 61
    assert rate.per_second() == 1
