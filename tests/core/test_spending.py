"""Money by the minute and by the day, with somebody else's clock."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimon_core.session import PICODOLLARS
from aimon_core.spending import DAYS, MINUTES, Spend

SECOND = 10**9
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
NOON = int(datetime(2026, 11, 21, 12, tzinfo=UTC).timestamp()) * SECOND


@pytest.fixture
def spend():
    return Spend(UTC)


def test_minutes_come_oldest_first(spend):
    spend.add(NOON, PICODOLLARS)
    spend.add(NOON + 30 * SECOND, PICODOLLARS)
    spend.add(NOON - 2 * MINUTE, 3 * PICODOLLARS)
    assert spend.per_minute(NOON, 4) == (0.0, 3.0, 0.0, 2.0)
    assert spend.per_minute(NOON + MINUTE, 3) == (0.0, 2.0, 0.0)


def test_burn_is_a_quarter_of_an_hour_times_four(spend):
    spend.add(NOON - 14 * MINUTE, PICODOLLARS)
    spend.add(NOON, PICODOLLARS)
    assert spend.burn_usd_per_hour(NOON) == 8.0
    assert spend.burn_usd_per_hour(NOON + MINUTE) == 4.0
    assert spend.burn_usd_per_hour(NOON + HOUR) == 0.0


def test_taking_back_leaves_nothing(spend):
    spend.add(NOON, 123_456_789)
    spend.add(NOON, -123_456_789)
    assert spend.today_usd(NOON) == spend.burn_usd_per_hour(NOON) == 0.0


def test_today_ends_at_local_midnight():
    tokyo = Spend(ZoneInfo("Asia/Tokyo"))
    midnight = int(datetime(2026, 11, 22, 0, 0, tzinfo=ZoneInfo("Asia/Tokyo")).timestamp()) * SECOND
    tokyo.add(midnight - 1, PICODOLLARS)
    tokyo.add(midnight, 2 * PICODOLLARS)
    assert tokyo.today_usd(midnight - SECOND) == 1.0
    assert tokyo.today_usd(midnight + HOUR) == 2.0
    assert tokyo.today_usd(midnight + 25 * HOUR) == 0.0


def test_a_zone_of_three_quarters_and_a_day_of_25_hours():
    for zone, first, last in (
        ("Asia/Kathmandu", datetime(2026, 11, 21, 0, 0, tzinfo=UTC), datetime(2026, 11, 21, 18, 14, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 24, 22, 0, tzinfo=UTC), datetime(2026, 10, 25, 22, 59, tzinfo=UTC)),
    ):
        spend = Spend(ZoneInfo(zone))
        spend.add(int(first.timestamp()) * SECOND, PICODOLLARS)
        assert spend.today_usd(int(last.timestamp()) * SECOND) == 1.0
        assert spend.today_usd(int(last.timestamp()) * SECOND + MINUTE) == 0.0


def test_one_record_from_the_future_wipes_nothing(spend):
    spend.add(NOON, PICODOLLARS)
    spend.add(NOON + 20 * 365 * 24 * HOUR, PICODOLLARS)
    assert spend.today_usd(NOON) == 1.0
    assert spend.burn_usd_per_hour(NOON) == 4.0


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(-(10**9), 10**12)), max_size=300))
def test_the_last_hour_is_exact_and_no_more_is_kept(adds):
    spend = Spend(UTC)
    adds.sort()
    for minute, amount in adds:
        spend.add(NOON + minute * MINUTE, amount)
    last = adds[-1][0] if adds else 0
    expected = [sum(amount for minute, amount in adds if minute == at) for at in range(last - MINUTES + 1, last + 1)]
    assert spend.per_minute(NOON + last * MINUTE, MINUTES) == tuple(amount / PICODOLLARS for amount in expected)
    assert len(spend._minutes) <= MINUTES
    assert len(spend._days) <= DAYS


def test_without_a_zone_days_are_those_of_the_machine():
    spend = Spend()
    spend.add(NOON, PICODOLLARS)
    assert spend.today_usd(NOON) == 1.0
    assert spend.today_usd(NOON + 48 * HOUR) == 0.0
