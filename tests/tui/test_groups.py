"""Rows that stand together: by project, agent or host, each group below its heading."""

import pytest
from msgspec.structs import replace

from tests.fakes.fleet import computed, fleet, morning, session, unpriced
from tests.tui.screen import LEDGER, MEDIUM, SHOP, WIDE, Played, listed, marked, projects, text

pytestmark = pytest.mark.usefixtures("at_once")


def headings(app: Played) -> list[str]:
    """The headings that can be seen, without their rules."""
    return [" ".join(row.translate({ord("─"): " ", ord("▐"): " "}).split()) for row in listed(app) if "───" in row]


def project(app: Played) -> str:
    """The project of the row with the mark, as far as it can be read."""
    return app.board.session.name[:15]


async def test_the_key_goes_round_through_project_agent_and_host():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        first = projects(app)
        told = []
        for _ in range(3):
            await pilot.press("o")
            told.append((text(app)[2].split(" ─")[0].strip(), headings(app)[0]))
        assert told == [
            ("sessions  by project, need", "shop-api 1 · $4.12"),
            ("sessions  by agent, need", "claude-code 2 · $4.89"),
            ("sessions  by host, need", "host not told 8 · $12.84 + unpriced"),
        ]
        await pilot.press("o")
        assert (headings(app), projects(app)) == ([], first)


async def test_inside_a_group_the_order_is_as_before_and_headings_sum_it_up():
    alike = (
        session("codex", "shop", "idle", 5, session_id="a", cost=computed(1)),
        session("codex", "Shop", "waiting", 5, session_id="b", cost=computed(2)),
        session("codex", "api", "failed", 5, session_id="c", cost=unpriced("x")),
    )
    app = Played(alike)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("o")
        states = [row.strip("▌ ").split("  ")[0].split(" ─")[0] for row in listed(app)]
        assert states == ["Shop", "! waiting", "○ idle", "api", "× failed"]
        assert headings(app) == ["Shop 2 · $3.00", "api 1 · unpriced"]
        app.tell(replace(alike[0], cost=computed(4)))
        await pilot.pause()
        assert headings(app)[0] == "Shop 2 · $6.00"


async def test_a_group_stands_where_its_first_row_would_and_is_held_while_the_cursor_moves():
    app = Played(morning()[2:5])
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("o", "o")
        assert [one.split()[0] for one in headings(app)] == ["gemini-cli", "opencode", "codex"]
        await pilot.press("j")
        app.tell(replace(app.still.get(LEDGER), state="waiting"), session("gemini-cli", "new", "failed"))
        await pilot.pause()
        assert [one.split()[0] for one in headings(app)] == ["gemini-cli", "opencode", "codex"]
        assert projects(app)[:2] == ["data-pipeline", "new"]
        app.step(5)
        await pilot.pause()
        assert [one.split()[0] for one in headings(app)] == ["opencode", "gemini-cli", "codex"]


async def test_the_cursor_goes_from_row_to_row_and_a_click_on_a_heading_selects_nothing():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("o", "g")
        assert app.board.index == 0
        await pilot.press("j")
        assert app.board.index == 1
        assert project(app) in marked(app)
        top = app.table.region.y
        await pilot.click(offset=(20, top + 1))
        assert app.board.index == 1
        await pilot.click(offset=(20, top + 2))
        assert app.board.index == 0
        assert project(app) in marked(app)


async def test_the_selection_stays_and_can_be_seen_with_its_heading():
    app = Played(fleet(40))
    async with app.run_test(size=MEDIUM) as pilot:
        await pilot.press("s", "s", "s", *"kkkkkkkkk", "o")
        assert project(app) in marked(app), "there are more lines than there were"
        await pilot.press("o", "G", "g")
        assert "─" in listed(app)[0], "the heading of the first row"
        await pilot.press("G")
        key = app.selected
        assert project(app) in marked(app)
        for _ in range(4):
            await pilot.press("o")
            assert app.selected == key
            assert project(app) in marked(app)


async def test_what_the_filter_lets_through_is_grouped():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("o", "o", "slash", *"shop", "enter")
        assert headings(app) == ["claude-code 1 · $4.12"]
        assert app.selected == SHOP
