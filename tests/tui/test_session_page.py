"""A session's page: keys move through its spans, what changes is painted, and every cause is one key away."""

import pytest
from msgspec.structs import replace

from aimon_core.spans import Span
from aimon_tui.screens.session import SessionPage
from receiver.told import Telling, Told
from tests.fakes.fleet import ago, turns, waiting
from tests.tui.screen import MEDIUM, SHOP, SMALL, WIDE, Played, said, text

pytestmark = pytest.mark.usefixtures("at_once")


def row(app):
    """The row under the cursor, as it reads."""
    (found,) = [line for line in text(app) if line.startswith("▌")]
    return found[1:34].strip()


def about(app):
    """The title of the details."""
    (found,) = [line for line in text(app) if line.startswith(" span ")]
    return found


async def opened(pilot, *keys):
    await pilot.pause()
    await pilot.press("enter", *keys)
    await pilot.pause()


async def test_enter_opens_the_page_on_what_is_open_now_and_esc_leads_back():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        assert isinstance(app.screen, SessionPage)
        assert row(app) == "wait  Bash: rm -rf build ?"
        assert "43.2 s · following" in said(app)
        assert "12 of 12" in about(app)
        await pilot.press("escape")
        assert " sessions  by need " in said(app)
        assert app.selected == SHOP


async def test_what_is_typed_ahead_goes_to_the_page():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        await pilot.press("enter", "e")
        await pilot.pause()
        assert "tool  Bash npm test" in about(app)


async def test_the_cursor_walks_every_row_and_stops_following():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, "k")
        assert row(app).endswith("Bash rm -rf build")
        assert "following" not in said(app)
        await pilot.press("g")
        assert row(app).startswith("► turn 5")
        await pilot.press("G")
        assert row(app).startswith("wait")
        await pilot.press("g", "j", "j")
        assert row(app).startswith("▼ turn 7")
        assert "prompt      fix the failing test" in said(app)


async def test_folding_hides_and_shows_what_lies_in_a_row():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, "e", "e")
        assert row(app) == "llm   opus-5-5"
        await pilot.press("k", "k", "left")
        assert row(app) == "▼ agent general-purpose"  # a leaf goes up to what holds it
        await pilot.press("left")
        assert row(app) == "► agent general-purpose"
        assert "Grep cart.total" not in said(app)
        await pilot.press("right")
        assert "Grep cart.total" in said(app)


async def test_a_jump_unfolds_what_hides_its_goal():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, "g", "j", "j", "left")
        assert "npm test" not in said(app)
        await pilot.press("e")
        assert row(app) == "tool  Bash npm test"
        assert "× exit 1" in said(app)


async def test_jumps_lead_to_errors_waits_and_the_slowest():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, "e")
        assert "npm test" in row(app)
        await pilot.press("e")
        assert "11 of" not in about(app)
        assert "8 of 12" in about(app)
        await pilot.press("e")
        assert "npm test" in row(app)  # round again
        await pilot.press("m")
        assert "1 of 12" in about(app)  # 5.1 s
        await pilot.press("p")
        assert row(app).startswith("wait")


async def test_a_jump_to_what_is_not_there_says_so():
    app = Played()
    calm = replace(turns()[0], number=1)
    app.still.spend(SHOP, [calm])
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await opened(pilot, "e")
        assert "Nothing failed here." in said(app)
        await pilot.press("p")
        await pilot.pause()
        assert "Nobody waited for you here." in said(app)


async def test_enter_follows_the_causes_of_a_span():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, "e")
        assert "asked by    llm opus-5-5 at 0.0 s  enter go" in said(app)
        assert "read by     llm opus-5-5 at 7.5 s" in said(app)
        await pilot.press("tab", "enter")
        assert "3 of 12" in about(app)
        assert "read        tool Bash npm test at 5.2 s  enter go" in said(app)
        await pilot.press("enter", "enter")
        assert "1 of 12" in about(app)
        assert "asked for   tool Bash npm test at 5.2 s" in said(app)


async def test_zooming_and_panning_change_what_the_axis_shows():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, "e", "plus", "plus", "plus")
        assert " 1.0-11.6 of 43.2 s" in said(app)  # the span in the middle: 5.2 to 7.4
        assert "later" in said(app)
        before = said(app)
        await pilot.press("greater_than_sign")
        assert said(app) != before
        await pilot.press("minus", "minus", "minus")
        assert " of 43.2 s" not in said(app)


async def test_a_wait_grows_every_second_while_it_lasts():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        assert "14.0 s   for you" in said(app)
        app.step(1)
        await pilot.pause()
        assert "15.0 s   for you" in said(app)
        assert "44.2 s · following" in said(app)


async def test_the_exported_span_takes_the_place_of_the_wait_that_was_drawn():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        seven = turns()[2]
        tool, wait = seven.spans[-2:]
        done = (*seven.spans[:-2], replace(tool, end_ns=ago(0), read_by=None), replace(wait, end_ns=ago(1)))
        app.still.spend(SHOP, [*turns()[:2], replace(seven, spans=done)])
        app.frame()
        await pilot.pause()
        assert said(app).count("wait  Bash: rm -rf build ?") == 2  # its row and its title
        assert "▒" not in said(app)
        assert "answer      allowed" in said(app)


async def test_following_moves_on_to_what_begins():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        seven = turns()[2]
        new = Span("tool:toolu_8", "tool", "Read", "a.py", ago(0), None, 1)
        app.still.spend(SHOP, [*turns()[:2], replace(seven, spans=(*seven.spans, new))])
        app.frame()
        await pilot.pause()
        assert row(app) == "tool  Read a.py"
        await pilot.press("k")
        app.still.spend(SHOP, [*turns()[:2], replace(seven, spans=(*seven.spans, new, replace(new, key="tool:9")))])
        app.frame()
        await pilot.pause()
        assert row(app).startswith("wait")
        await pilot.press("a")
        assert row(app) == "tool  Read a.py"
        assert "following" in said(app)


async def test_what_is_known_about_a_span_is_copied():
    app = Played()
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await opened(pilot, "e", "y")
        assert "subject: Bash: npm test" in app.clipboard
        assert "error: exit 1" in app.clipboard
        assert "id: toolu_1" in app.clipboard
        await pilot.pause()
        assert "Copied: tool Bash npm test" in said(app)


async def test_a_click_selects_a_row_and_on_its_mark_folds_it():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        place = next(y for y, line in enumerate(text(app)) if "general-purpose" in line)
        top = app.screen.query_one("#waterfall").region.y
        await pilot.click("#waterfall", offset=(20, place - top))
        assert row(app) == "▼ agent general-purpose"
        await pilot.click("#waterfall", offset=(3, place - top))
        assert "Grep cart.total" not in said(app)


async def test_a_click_on_the_dashboards_waterfall_opens_the_page_there():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        place = next(y for y, line in enumerate(text(app)) if "Grep cart.total" in line)
        await pilot.click("#waterfall", offset=(20, place - app.screen.query_one("#waterfall").region.y))
        await pilot.pause()
        assert row(app) == "tool  Grep cart.total"


async def test_keys_are_about_the_session_of_the_page():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        app.tell(replace(waiting(), state="completed", since_ns=ago(0)))
        await pilot.press("x")
        assert app.still.get(SHOP).state == "idle"


async def test_the_page_says_who_started_the_session():
    app = Played()
    async with app.run_test(size=(200, 40)) as pilot:
        await opened(pilot)
        app.tell(replace(waiting(), parent="codex:a", parent_says="web › shell: claude -p"))
        assert "by web › shell: claude -p" in text(app)[1]


async def test_a_session_that_leaves_the_list_keeps_its_page():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        app.still.remove(SHOP)
        app.frame()
        await pilot.pause()
        assert "shop-api" in text(app)[0]
        await pilot.press("escape")
        assert app.selected != SHOP


@pytest.mark.parametrize("size", [WIDE, MEDIUM, SMALL])
async def test_a_session_without_calls_says_so(size):
    app = Played()
    app.still.spend(SHOP, [])
    async with app.run_test(size=size) as pilot:
        await opened(pilot, "j", "left", "e", "m", "plus", "a", "enter", "tab", "y", "G", "pagedown")
        assert "No calls yet." in said(app)


async def test_the_palette_offers_what_works_on_the_page():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot)
        titles = {command.title for command in app.get_system_commands(app.screen)}
        assert {"Next error", "Slowest", "Follow", "Back", "Why"} <= titles
        assert not {"Filter", "Sort", "Open"} & titles


# ------------------------------------------------------------------ what was told of a span


async def telling(_key, span):
    attributes = (("tool_name", "Bash"), ("duration_ms", "2200"), ("long", "x" * 200), ("bad\x1b[31m", "a\x9b[b]\n"))
    return Told((Telling("log", "claude_code.tool_result", ago(30), attributes),), "" if span.failed else "No more.")


@pytest.mark.parametrize("size", [WIDE, MEDIUM, SMALL])
async def test_details_show_every_attribute_and_where_it_comes_from(size):
    app = Played(tells=telling)
    async with app.run_test(size=size) as pilot:
        await opened(pilot, "e", "d")
        await pilot.pause()
        assert "tool Bash npm test" in said(app)
        assert "tool_name                     Bash" in said(app)
        await pilot.press("pagedown")
        await pilot.pause()
        assert "log         claude_code.tool_result" in said(app)
        assert sum(line.count("x") for line in text(app)) >= 200 or size == SMALL
        assert all(letter.isprintable() for line in text(app) for letter in line)
        await pilot.press("escape")
        assert "tool  Bash npm test" in about(app)


async def test_details_are_copied_as_text():
    app = Played(tells=telling)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await opened(pilot, "e", "d")
        await pilot.pause()
        await pilot.press("y")
        assert app.clipboard.splitlines()[:3] == ["tool Bash npm test", "tool_name: Bash", "duration_ms: 2200"]


async def test_where_nothing_is_kept_the_details_say_so():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await opened(pilot, "e", "d")
        await pilot.pause()
        assert "What agents send is not kept here" in said(app)


async def test_a_turn_has_no_details_of_its_own():
    app = Played(tells=telling)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await opened(pilot, "g", "d")
        await pilot.pause()
        assert "select one of them" in said(app)
