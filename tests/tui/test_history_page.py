"""The history page: what it shows of real transcripts, and what its keys make of them."""

import asyncio
import shutil
from datetime import date
from pathlib import Path

import pytest

from aimon_core.session import PICODOLLARS
from aimon_tui import past
from aimon_tui.plot import levels, step
from aimon_tui.screens.history import READING, HistoryPage
from aimon_tui.widgets.history import Day
from tests.fakes.machine import machine
from tests.fakes.transcript_home import lines
from tests.fakes.transcripts import said
from tests.tui.screen import MEDIUM, SMALL, WIDE, Played, cells, text
from tests.tui.test_hostile import CORPUS, check
from tests.tui.test_setup_page import press
from tests.tui.test_theme import fault

pytestmark = pytest.mark.usefixtures("at_once")
TRANSCRIPTS = Path("home/dev/.claude/projects/-home-dev-shop-api")
GRID = "·"
"""Lines to follow with the eye, which say nothing."""
SPENT = (("21", "shop-api", 40), ("21", "web-app", 20), ("20", "shop-api", 90), ("18", "infra", 5), ("03", "old", 60))
"""Day of November, project, thousands of tokens put out."""


def wrote(*told: dict, name: str = "s1") -> None:
    TRANSCRIPTS.mkdir(parents=True, exist_ok=True)
    (TRANSCRIPTS / f"{name}.jsonl").write_bytes(lines(*told))


def spent(number: int, day: str, project: str, thousands: int, model: str = "claude-opus-4-5") -> dict:
    line = said(1, "a", call=f"r{number}", session=f"s{number}", cwd=f"/home/dev/{project}", output=thousands * 1000)
    line["message"]["model"] = model
    return line | {"timestamp": f"2026-11-{day}T01:00:00.000Z"}


@pytest.fixture
def app(tmp_path, monkeypatch) -> Played:
    """A dashboard on a machine where some days were spent."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    here = machine(tmp_path, monkeypatch, sources=("otlp", "hooks", "transcripts"))
    for number, (day, project, thousands) in enumerate(SPENT):
        wrote(spent(number, day, project, thousands), name=f"s{number}")
    return Played(machine=here)


def table(app) -> list[str]:
    region = app.screen.query_one("#used").region
    return [row.rstrip() for row in text(app)[region.y : region.bottom] if row.strip()]


def title(app, number: int) -> str:
    return text(app)[list(app.screen.query("Title"))[number].region.y]


async def test_it_shows_the_days_and_what_they_went_to(app):
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "h")
        assert isinstance(app.screen, HistoryPage)
        assert "8 to 21 November" in title(app, 0)
        assert "$3.88 in 14 days" in title(app, 0)
        assert [row.split()[0] for row in table(app)] == ["project", "shop-api", "web-app", "infra"]
        assert "by project" in title(app, 1)
        assert "4 sessions" in title(app, 1)
        bottom = app.screen.query_one("#plot").region.bottom
        days, dollars = text(app)[bottom - 2 : bottom]
        assert days.split()[-3:] == ["Fr", "20", "today"]
        assert dollars.split()[-4:] == ["$0.13", "$0.00", "$2.25", "$1.50"]
        await press(pilot, "escape")
        assert not isinstance(app.screen, HistoryPage)


async def test_its_keys_add_up_by_something_else_and_go_through_the_days(app):
    async with app.run_test(size=MEDIUM) as pilot:
        await press(pilot, "h", "m")
        assert [row.split()[0] for row in table(app)] == ["model", "opus-4-5"]
        await press(pilot, "d")
        assert [row.split()[0] for row in table(app)] == ["day", "2026-11-21", "2026-11-20", "2026-11-18"]
        await press(pilot, "a", "left_square_bracket")
        assert "25 October to 7 November" in title(app, 0)
        assert table(app)[1].split()[:2] == ["claude-code", "1"]
        await press(pilot, "left_square_bracket")
        assert table(app) == [" No transcripts in these days. [ goes back."]
        await press(pilot, "right_square_bracket", "right_square_bracket", "right_square_bracket")
        assert "8 to 21 November" in title(app, 0), "not into the days to come"


async def test_it_says_that_it_reads_and_holds_up_nothing(app, monkeypatch):
    go_on = asyncio.Event()

    async def slow(say) -> list:
        say(0.4321)
        await go_on.wait()
        return []

    monkeypatch.setattr(app.machine, "used", slow)
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        await pilot.press("h")
        await pilot.pause()
        assert table(app) == [f" {READING}"]
        assert "$" not in "".join(text(app)[2:]), "nobody knows yet"
        app.screen._wait()
        await pilot.pause()
        assert table(app) == [" Reading the journal … 43%"]
        await pilot.press("m")
        assert "by model" in title(app, 1)
        go_on.set()
        await press(pilot)
        assert "No transcripts" in table(app)[0]


async def test_what_has_no_price_is_said_and_no_zero(app):
    wrote(spent(9, "21", "docs", 1, model="nobody-knows"), name="s9")
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "h")
        assert "$3.88 + unpriced in 14 days" in title(app, 0)
        assert next(row for row in table(app) if "docs" in row).split()[-1] == "unpriced"
        assert "$1.50+" in text(app)[app.screen.query_one("#plot").region.bottom - 1]


async def test_the_table_is_copied_as_the_command_prints_it(app, monkeypatch):
    copied = []
    monkeypatch.setattr(app, "copy_to_clipboard", copied.append)
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "h", "y")
        assert copied[0].splitlines()[0].split() == ["project", "sessions", "calls", "tokens", "cost"]
        assert copied[0].splitlines()[-1].startswith("all ")


async def test_long_tables_scroll(app):
    for number in range(60):
        wrote(spent(100 + number, "21", f"p{number:02}", 1 + number), name=f"p{number}")
    async with app.run_test(size=MEDIUM) as pilot:
        await press(pilot, "h")
        first = table(app)[1]
        await press(pilot, "j")
        assert table(app)[1] != first
        await press(pilot, "G")
        assert table(app)[-1].split()[0] == "p00"
        await press(pilot, "pageup", "g")
        assert table(app)[1] == first


@pytest.mark.parametrize("size", [WIDE, MEDIUM, SMALL])
@pytest.mark.parametrize("theme", ["aimon-dark", "aimon-light"])
async def test_every_cell_can_be_read_at_every_size(app, size, theme):
    async with app.run_test(size=size) as pilot:
        app.theme = theme
        await press(pilot, "h")
        assert table(app)
        shown = cells(app)
        faults = {why for letter, style in shown if letter not in GRID and (why := fault(letter, style))}
        assert not faults


async def test_names_from_outside_do_nothing(app):
    for number, bad in enumerate(CORPUS.values()):
        line = spent(number, "21", "x", 1, model=bad)
        wrote(line | {"cwd": f"/home/dev/{bad}"}, name=f"bad{number}")
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "h", "m", "p")
        check(app)


async def test_a_screen_without_a_machine_says_where_to_ask():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "h")
        assert "aimon history" in next(iter(app._notifications)).message


async def test_a_journal_that_cannot_be_read_is_said(app, tmp_path):
    folder = past.paths.state_dir(None)
    folder.mkdir(parents=True)
    (folder / "journal.db").write_bytes(b"rubbish" * 1000)
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "h")
        assert "journal.db cannot be opened" in " ".join(row.strip() for row in table(app))


@pytest.mark.parametrize(("largest", "each"), [(0, 1.0), (28, 10.0), (30, 10.0), (31, 20.0), (0.004, 0.002), (7, 5.0)])
def test_grid_lines_lie_at_round_amounts(largest, each):
    assert step(largest) == pytest.approx(each)


def test_columns_reach_as_high_as_they_say():
    rows = levels([30.0, 15.0, 0.001, 0.0], 12)
    assert [row.amount for row in rows if row.amount] == [30.0, 20.0, 10.0]
    assert ["".join(row.glyphs) for row in (rows[0], rows[6], rows[11])] == ["█   ", "██  ", "██▁ "]


@pytest.mark.parametrize(("size", "theme"), [(WIDE, "aimon-dark"), (MEDIUM, "aimon-light"), (SMALL, "aimon-ansi")])
def test_the_page_looks_as_it_did(snap_compare, app, size, theme):
    async def play(pilot):
        app.theme = theme
        await press(pilot, "h")

    assert snap_compare(app, run_before=play, terminal_size=size)


@pytest.mark.parametrize(
    ("usd", "unpriced", "shown"),
    [(12.34, False, "$12.34"), (1_234.56, False, "$1,235"), (1_234.56, True, "$1,235+"), (123_456.0, False, "$123k")],
)
def test_dollars_of_a_day_lose_their_cents_before_they_are_cut(usd, unpriced, shown):
    day = Day(date(2026, 11, 21), round(usd * PICODOLLARS), unpriced=unpriced)
    assert day.words(7) == shown


async def test_small_amounts_stand_whole_on_the_grid(app):
    shutil.rmtree(TRANSCRIPTS)
    line = spent(1, "21", "shop-api", 0, model="claude-sonnet-4-5-20250929")
    line["message"]["usage"]["output_tokens"] = 60
    wrote(line)
    async with app.run_test(size=WIDE) as pilot:
        await press(pilot, "h", "m")
        shown = text(app)
        assert "$0.0005" in "".join(shown)
        assert not [row for row in shown if "$" in row and "…" in row]
        assert [row.split()[0] for row in table(app)] == ["model", "sonnet-4-5"]
