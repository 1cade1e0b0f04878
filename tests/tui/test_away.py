"""While you were away: what somebody who comes back is told, when, and for how long."""

import pytest

from tests.fakes.fleet import computed, morning, unpriced
from tests.tui.absence import come_back, later, leave, one, pass_a_morning
from tests.tui.screen import MEDIUM, SHOP, SMALL, WIDE, Played, projects, said, text

pytestmark = pytest.mark.usefixtures("at_once")

TOLD = "while you were away"


# ------------------------------------------------------------------ what is told


async def test_on_return_it_tells_who_finished_failed_waited_and_what_it_cost():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pass_a_morning(app, pilot)
        head, *rows = text(app)[-6:-1]
        assert head.startswith(f" {TOLD}  42:00 ──")
        assert head.endswith("waited 17:14  $2.79 in all")
        assert [" ".join(row.split()) for row in rows] == [
            "! waiting mobile Which branch? waited 4:57 $0.40",
            "× failed data-pipeline overloaded (529), attempt 10 of 10 $0.07",
            "✓ done shop-api “Build is clean.” waited 12:17 $1.20",
            "· ended web-app closed $0.12",
        ]
        assert text(app)[-1].startswith(" f focus"), "the keys can be read all the same"


async def test_who_only_worked_is_in_the_sum_and_nothing_else_is_said():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await leave(app, pilot)
        later(app, one(app, "billing-reconciler"), "working", 2_000, cost=computed(9.00))
        await come_back(app, pilot)
        assert TOLD not in said(app), "nothing has happened"


async def test_what_has_no_price_is_said_beside_the_dollars():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await leave(app, pilot)
        later(app, one(app, "docs"), "completed", 90, cost=unpriced("gpt-5.4"))
        await come_back(app, pilot)
        assert text(app)[-3].endswith("unpriced in all"), "none of it is known"
        later(app, one(app, "shop-api"), "completed", 90, cost=computed(5.12))
        await leave(app, pilot)
        await come_back(app, pilot)
        assert text(app)[-4].endswith("$1.00 + unpriced in all"), "what was not read is told with what came since"
        assert "  3:00 ─" in text(app)[-4]


async def test_what_is_only_learned_now_is_no_news():
    app = Played([])
    async with app.run_test(size=WIDE) as pilot:
        await leave(app, pilot)
        app.step(100)
        app.tell(*(each for each in morning()))  # a journal that is read
        await come_back(app, pilot)
        assert TOLD not in said(app)
        await leave(app, pilot)
        later(app, one(app, "shop-api"), "completed", 90, cost=computed(5.12))
        await come_back(app, pilot)
        assert "$1.00" in text(app)[-2]


async def test_a_session_that_left_the_list_meanwhile_is_told_of():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await leave(app, pilot)
        ended = later(app, one(app, "docs"), "ended", 90)
        app.still.remove(ended.key)
        app.step(90)
        await come_back(app, pilot)
        assert "docs" not in projects(app)
        assert "· ended    docs" in said(app)


async def test_there_are_as_many_rows_as_leave_the_table_in_sight():
    app = Played()
    async with app.run_test(size=MEDIUM) as pilot:
        await leave(app, pilot)
        for each in list(app.board.rows):
            later(app, each, "completed", 60)
        await come_back(app, pilot)
        assert text(app)[-2].strip() == "and 5 more"
        assert "project" in text(app)[2]
        assert TOLD in text(app)[-6]


async def test_in_a_small_terminal_it_is_one_line_in_place_of_the_summary():
    app = Played()
    async with app.run_test(size=SMALL) as pilot:
        await pass_a_morning(app, pilot)
        assert " ".join(text(app)[-2].split()) == "away 42:00 ! 1 × 1 ✓ 1 · 1 waited 17:14 $2.79 in all"


async def test_no_figure_is_cut_at_any_width():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await leave(app, pilot)
        later(app, one(app, "docs"), "completed", 90, cost=unpriced("gpt-5.4"))
        later(app, one(app, "shop-api"), "completed", 99_999, waited_ns=10**14, cost=computed(12_345.67))
        await come_back(app, pilot)
        for width in (48, 60, 70, 100):
            await pilot.resize_terminal(width, 24)
            told = " ".join(text(app)[-2 if width < 70 else -4].split())
            assert told.endswith("$12,342 + unpriced in all")
            assert "away 1d03h" in told


# ------------------------------------------------------------------ when, and for how long


@pytest.mark.parametrize(("away_s", "told"), [(59, False), (60, True)])
async def test_who_was_away_for_less_than_a_minute_has_missed_nothing(away_s, told):
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await leave(app, pilot)
        later(app, one(app, "shop-api"), "completed", away_s)
        await come_back(app, pilot)
        assert (TOLD in said(app)) is told


@pytest.mark.parametrize(("idle_s", "told"), [(299, False), (300, True)])
async def test_a_terminal_that_says_nothing_of_its_focus_is_left_when_no_key_is_pressed(idle_s, told):
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("j")
        later(app, one(app, "shop-api"), "completed", idle_s)
        before = app.board.index
        await pilot.press("j")
        assert (TOLD in said(app)) is told
        assert app.board.index == before + 1, "the key that says that somebody is there does what it always does"


async def test_the_next_key_takes_it_away_and_does_what_it_does():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pass_a_morning(app, pilot)
        await pilot.hover("#table")
        assert TOLD in said(app), "a mouse that comes in presses nothing"
        before = app.board.index
        await pilot.press("j")
        assert TOLD not in said(app)
        assert app.board.index == before + 1


async def test_a_click_on_it_takes_it_away():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pass_a_morning(app, pilot)
        await pilot.click("MissedPanel")
        assert TOLD not in said(app)
        await come_back(app, pilot)
        assert TOLD not in said(app), "it was read"


async def test_below_a_page_it_waits_until_the_list_is_there_again():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("enter")
        await pass_a_morning(app, pilot)
        await pilot.press("m", "escape")
        assert TOLD in said(app)
        await pilot.press("escape")
        assert TOLD not in said(app)


async def test_another_ledger_begins_anew():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await leave(app, pilot)
        app.step(100)
        app.show(app.still, door=app.door, clock=app.stepped, tells=app.tells)
        await come_back(app, pilot)
        later(app, one(app, "shop-api"), "completed", 310)
        await pilot.press("j")
        assert " 5:10 " in said(app)
        assert SHOP in app.board.keys
