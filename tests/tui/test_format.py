"""Numbers to cells that never outgrow their column, and names cut by cells, not by characters."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from aimon_tui.format import clock, count, day, fit, fit_path, money, percent, span, spark, spent
from tests.fakes.fleet import NOW_NS, ago


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (None, "—"), (0, "0"), (940, "940"), (999, "999"), (1_000, "1.0k"), (12_345, "12.3k"), (99_949, "99.9k"),
        (99_950, "100k"), (310_400, "310k"), (999_499, "999k"), (999_500, "1.0M"), (1_213_900, "1.2M"),
        (2_480_000_000, "2.5G"), (10**15, ">999T"),
    ],
)  # fmt: skip
def test_a_count_changes_its_unit_and_is_never_cut(number, shown):
    assert count(number) == shown


@pytest.mark.parametrize(
    ("usd", "unpriced", "shown"),
    [(3.2, False, "$3.20"), (3.2, True, "$3.20 + unpriced"), (0.0, True, "unpriced"), (0.0, False, "$0.00")],
)
def test_a_sum_says_what_it_leaves_out(usd, unpriced, shown):
    assert spent(usd, unpriced=unpriced) == shown


@pytest.mark.parametrize(
    ("usd", "shown"),
    [
        (None, "unpriced"), (0.0, "$0.00"), (0.00001, "<$0.0001"), (0.0031, "$0.0031"), (0.01, "$0.01"),
        (4.12, "$4.12"), (1_234.5, "$1,234.50"), (9_999.99, "$9,999.99"), (9_999.996, "$10,000"),
        (999_999.4, "$999,999"), (1_000_000.0, "$1.0M"),
    ],
)  # fmt: skip
def test_dollars_that_nobody_knows_are_unpriced_and_never_zero(usd, shown):
    assert money(usd) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (-5, "0:00"), (42, "0:42"), (723, "12:03"), (3_599, "59:59"), (3_600, "1h00m"), (11_100, "3h05m"),
        (86_399, "23h59m"), (187_200, "2d04h"), (120 * 86_400, "120d"),
    ],
)  # fmt: skip
def test_an_age_has_two_units_at_most(seconds, shown):
    assert clock(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-1, "0.0 s"), (0.4, "0.4 s"), (38.2, "38.2 s"), (59.94, "59.9 s"), (59.95, "1m00s"), (123, "2m03s"),
     (3_599.4, "59m59s"), (3_599.6, "1h00m"), (4_500, "1h15m")],
)  # fmt: skip
def test_a_duration_rounds_up_into_the_next_unit(seconds, shown):
    assert span(seconds) == shown


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(128_000, 200_000, "64%"), (0, 200_000, "0%"), (210_000, 200_000, "105%"), (10**9, 1, "999%"), (5, None, "—"),
     (5, 0, "—")],
)  # fmt: skip
def test_a_share_of_an_unknown_whole_is_unknown(part, whole, shown):
    assert percent(part, whole) == shown


def test_no_number_ever_outgrows_its_column():
    chance = random.Random(7)
    for _ in range(200_000):
        number = 10 ** chance.uniform(-5, 14)
        seconds = min(number, 8e9)
        assert len(count(int(number))) <= 5, number
        assert len(money(number)) <= 9, number
        assert len(clock(seconds)) <= 6, number
        assert len(span(seconds)) <= 7, number
        assert len(percent(int(number), 200_000)) <= 4, number


@pytest.mark.parametrize(
    ("name", "width", "shown"),
    [
        ("billing-reconciler", 16, "billing-reconci…"),
        ("docs", 8, "docs    "),
        ("docs", 4, "docs"),
        ("日本語プロジェクト", 8, "日本語… "),  # a wide character that half fits goes as a whole
        ("日本語プロジェクト", 9, "日本語プ…"),
        ("🚀🚀🚀🚀", 5, "🚀🚀…"),
        ("two words", 5, "two… "),  # no blank before the ellipsis
        ("x", 0, ""),
        ("x", -3, ""),
    ],
)
def test_a_name_is_cut_by_cells(name, width, shown):
    assert fit(name, width) == shown


def test_a_figure_stands_at_the_right():
    assert fit("$4.12", 9, ">") == "    $4.12"


@pytest.mark.parametrize(
    ("ahead_s", "shown"), [(60, "02:01"), (79_140, "23:59"), (79_200, "Su 22"), (172_800, "Mo 23")]
)
def test_a_moment_to_come_is_a_time_today_else_a_day(ahead_s, shown):
    assert day(ago(-ahead_s), NOW_NS) == shown


LETTERS = st.text(st.sampled_from("ab/. -日本語🚀é_"), max_size=60)


@given(LETTERS, st.integers(1, 40), st.sampled_from("<>"))
def test_what_is_fitted_has_exactly_its_cells(name, width, align):
    assert cell_len(fit(name, width, align)) == width


@given(LETTERS, st.integers(1, 40))
def test_a_fitted_path_has_exactly_its_cells(path, width):
    assert cell_len(fit_path(path, width)) == width


@pytest.mark.parametrize(
    ("doing", "width", "shown"),
    [
        ("edit src/ledger/reconcile.py", 28, "edit src/ledger/reconcile.py"),
        ("edit src/ledger/reconcile.py", 27, "edit …/ledger/reconcile.py "),
        ("edit src/ledger/reconcile.py", 20, "edit …/reconcile.py "),
        ("~/projects/very/deep/shop-api", 12, "…/shop-api  "),
        ("rate_limit (429), attempt 4 of 10", 20, "rate_limit (429), a…"),  # no path: loses its end
    ],
)
def test_a_path_loses_its_head_instead_of_its_name(doing, width, shown):
    assert fit_path(doing, width) == shown


def test_a_sparkline_has_a_block_for_each_value_and_an_axis_where_nothing_was():
    assert spark([0, 1, 2, 4]) == "▁▂▄█"
    assert spark([0, 0]) == "▁▁"
    assert spark([]) == ""
    assert spark([-1.0, 3.0]) == "▁█"
