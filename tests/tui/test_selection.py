"""The selection is a session, not a row: through every order, filter and size, and under the mouse."""

import pytest
from textual import events
from textual.geometry import Offset

from tests.fakes.fleet import fleet, morning, session
from tests.tui.screen import (
    DOCS,
    INFRA,
    LEDGER,
    MEDIUM,
    SHOP,
    SMALL,
    WIDE,
    Played,
    listed,
    marked,
    narrow,
    projects,
    said,
    text,
)

pytestmark = pytest.mark.usefixtures("at_once")


async def test_the_selection_stays_with_its_session_in_every_order():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("j", "j", "j")
        assert app.selected == LEDGER
        for _ in range(5):
            await pilot.press("s")
            assert app.selected == LEDGER
            assert "billing-recon" in marked(app)


async def test_the_selection_stays_when_rows_above_it_come_and_go():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("j", "j", "j")
        app.still.remove(SHOP)
        app.step(5)
        assert app.selected == LEDGER
        app.tell(session("codex", "new", "waiting", 99), session("codex", "newer", "failed", 99))
        await pilot.pause()
        assert app.selected == LEDGER
        assert "billing-recon" in marked(app)


async def test_when_the_selected_session_goes_its_neighbour_is_selected():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("j")
        app.still.remove(INFRA)
        app.frame()
        await pilot.pause()
        assert "data-pipeline" in marked(app)
        app.tell(session("claude-code", "infra", "failed"))
        assert "data-pipeline" in marked(app)


async def test_the_selection_stays_through_a_filter_that_lets_it_through():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("j", "j", "j")
        await narrow(pilot, "gpt-5.5")
        assert app.selected == LEDGER
        await pilot.press("escape")
        assert app.selected == LEDGER
        assert len(listed(app)) == 8


async def test_the_selection_comes_back_when_the_filter_lets_it():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await narrow(pilot, "codex")
        assert app.selected != SHOP
        assert "web-app" in marked(app)
        await pilot.press("escape")
        assert app.selected == SHOP


async def test_no_key_acts_on_a_session_that_is_not_listed():
    app = Played([one for one in morning() if one.key == DOCS])
    async with app.run_test(size=MEDIUM, notifications=True) as pilot:
        await narrow(pilot, "nowhere", "enter", "x", "y")
        await pilot.pause()
        assert app.still.get(DOCS).state == "completed"
        assert app.clipboard == ""
        assert "41.2k" not in said(app)  # nor do the panels tell of it


async def test_the_selection_survives_every_size_and_can_be_seen():
    app = Played(fleet(200))
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("pagedown", "pagedown", "pagedown", "k")
        selected = app.selected
        for size in (MEDIUM, SMALL, (120, 12), (40, 10), WIDE):
            await pilot.resize_terminal(*size)
            await pilot.pause()
            assert app.selected == selected
            assert marked(app)


@pytest.mark.parametrize(
    ("keys", "row"),
    [
        (["j"], 1), (["down", "down"], 2), (["j", "k"], 0), (["k"], 0), (["up"], 0), (["G"], 199), (["end"], 199),
        (["G", "g"], 0), (["end", "home"], 0), (["G", "j"], 199), (["pagedown"], 27), (["pagedown", "pageup"], 0),
        (["G", "pageup"], 172),
    ],
)  # fmt: skip
async def test_keys_move_the_selection(keys, row):
    app = Played(fleet(200))
    async with app.run_test(size=WIDE) as pilot:
        page = app.table.size.height - 2
        await pilot.press(*keys)
        moved = {27: page, 172: 199 - page}.get(row, row)
        assert app.board.rows[moved].key == app.selected
        assert marked(app)


# ------------------------------------------------------------------ the order is held


async def test_the_order_is_held_while_the_cursor_moves():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("j", "j")
        before = projects(app)
        app.step(1.9)
        app.tell(session("codex", "web-app", "waiting", 1), session("codex", "brand-new", "waiting", 0))
        await pilot.pause()
        assert projects(app) == [*before, "brand-new"]
        assert "by need · held" in text(app)[2]
        app.step(0.2)
        await pilot.pause()
        assert projects(app)[:3] == ["shop-api", "web-app", "brand-new"]
        assert "held" not in text(app)[2]
        assert "data-pipeline" in marked(app)


async def test_every_move_holds_it_anew():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        for _ in range(3):
            await pilot.press("j")
            app.step(1.5)
        app.tell(session("codex", "web-app", "waiting", 0))
        assert "held" in text(app)[2]
        assert projects(app)[1] == "infra"


# ------------------------------------------------------------------ the mouse


async def test_a_click_selects_the_row_under_it():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.click("#table", offset=(30, 4))
        assert app.selected == LEDGER
        await pilot.click("#table", offset=(30, 0))  # the head
        await pilot.click("#table", offset=(30, 15))  # below the last row
        assert app.selected == LEDGER


async def test_a_click_on_a_scrolled_table_selects_what_stands_there():
    app = Played(fleet(200))
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("G", "k", "k", "k")
        await pilot.click("#table", offset=(30, app.table.size.height - 1))
        assert app.selected == app.board.rows[-1].key


async def test_the_wheel_scrolls_and_leaves_the_selection():
    app = Played(fleet(200))
    async with app.run_test(size=WIDE) as pilot:
        first = listed(app)[0]
        await pilot._post_mouse_events([events.MouseScrollDown] * 3, "#table", offset=(5, 5))
        await pilot.pause()
        assert app.table.scroll_offset != Offset(0, 0)
        assert listed(app)[0] != first
        assert app.selected == app.board.rows[0].key
        await pilot._post_mouse_events([events.MouseScrollUp] * 9, "#table", offset=(5, 5))
        await pilot.pause()
        assert listed(app)[0] == first
