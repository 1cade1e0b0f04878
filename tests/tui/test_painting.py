"""Only what changed is painted, and what time changes goes on."""

import pytest
from msgspec.structs import replace

from aimon_core.session import RateLimit
from tests.fakes.fleet import ago, fleet, waiting
from tests.tui.screen import LEDGER, WIDE, Played, listed, marked, said

pytestmark = pytest.mark.usefixtures("at_once")


@pytest.fixture
def painted(monkeypatch):
    """Which lines of the table were painted since last asked."""
    from aimon_tui.widgets.session_table import SessionTable

    lines: list[int] = []
    render_line = SessionTable.render_line

    def counted(self, y):
        lines.append(y)
        return render_line(self, y)

    monkeypatch.setattr(SessionTable, "render_line", counted)
    return lines


async def test_only_the_row_that_changed_is_painted(painted):
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        painted.clear()
        app.tell(replace(app.still.get(LEDGER), doing="thinking"))
        await pilot.pause()
        assert set(painted) == {4}


async def test_when_nothing_changed_nothing_is_painted(painted):
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        painted.clear()
        app.step(0.1)
        app.step(0.1)
        await pilot.pause()
        assert painted == []


async def test_of_a_thousand_rows_only_those_in_sight_are_painted(painted):
    app = Played(fleet(1_000))
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("G")
        assert set(painted) <= set(range(app.table.size.height))
        painted.clear()
        app.tell(replace(app.board.rows[3], doing="out of sight"))
        await pilot.pause()
        assert painted == []


async def test_ages_go_on_while_sessions_change_in_every_frame():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        for turn in range(35):
            app.still.put(replace(app.still.get(LEDGER), doing=f"line {turn}"))
            app.step(0.1)
        await pilot.pause()
        assert "0:17" in marked(app)


async def test_the_pulse_beats_in_working_rows_only_and_stands_while_paused():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        app.beat()
        await pilot.pause()
        assert [row[2] for row in listed(app)] == ["!", "×", "•", "•", "•", "✓", "○", "·"]
        await pilot.press("space")
        app.beat()
        await pilot.pause()
        assert [row[2] for row in listed(app)][2] == "●"


@pytest.mark.parametrize("keys", [(), ("enter",)])
async def test_a_cache_that_expires_is_counted_down(keys):
    app = Played([replace(waiting(), cache_expires_at_ns=ago(-20))])
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press(*keys)
        assert "expires in 0:20" in said(app)
        app.step(21)
        await pilot.pause()
        assert "expired" in said(app)


@pytest.mark.parametrize("keys", [(), ("enter",)])
async def test_a_limit_goes_from_the_screen_at_the_moment_it_begins_anew(keys):
    app = Played([replace(waiting(), limits=(RateLimit("five_hour", 41.0, ago(-20)),))])
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press(*keys)
        assert "5 h 41% resets 02:00" in said(app)
        app.step(21)
        await pilot.pause()
        assert "41%" not in said(app)
