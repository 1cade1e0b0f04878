"""The dashboard as a whole: what can be clicked beside rows, the frame that runs by itself, what nobody knows."""

import asyncio

import pytest
from msgspec.structs import replace
from textual.events import Resize
from textual.geometry import Size
from textual.screen import Screen

from aimon_core.clock import SteppedClock
from aimon_core.session import Cost, Totals
from aimon_tui import paint
from aimon_tui.app import AimonApp
from aimon_tui.format import spark
from aimon_tui.keys import DASHBOARD, KEYS, SESSION, on
from tests.fakes.fleet import StillDoor, StillLedger, morning, waiting
from tests.tui.screen import LEDGER, MEDIUM, SMALL, TRUECOLOR, WIDE, Played, said, strips, text


async def click(pilot, selector: str, words: str) -> None:
    """Click where some words stand in a widget of one line."""
    region = pilot.app.screen.query_one(selector).region
    line = strips(pilot.app)[region.y].text
    await pilot.click(selector, offset=(line.index(words) - region.x, 0))
    await pilot.pause()


# ------------------------------------------------------------------ what can be clicked


async def test_a_click_on_the_name_of_a_panel_shows_it():
    app = Played()
    async with app.run_test(size=MEDIUM) as pilot:
        for name, words in (("cost", "computed"), ("session", "expires in"), ("tokens", "cache read")):
            await click(pilot, "#tabs", name)
            assert words in said(app)
        await pilot.click("#tabs", offset=(60, 0))  # the rule
        assert app.tab == "tokens"


async def test_a_click_on_a_key_does_what_the_key_does():
    app = Played()
    async with app.run_test(size=(160, 40), notifications=True) as pilot:
        await click(pilot, "#footer", "sort")
        assert app.board.sort == "cost"
        await click(pilot, "#footer", "y copy")
        assert app.clipboard.startswith("claude --resume")
        await click(pilot, "#footer", "pause")
        assert app.paused_s == 0
        await pilot.click("#footer", offset=(140, 0))  # between the last key and help
        await click(pilot, "#footer", "help")
        assert "command palette" in said(app)


async def test_a_click_keeps_a_filter_or_gives_it_up():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("slash", *"codex")
        await click(pilot, "#footer", "keep")
        assert len(app.board.rows) == 2
        await pilot.press("slash")
        await click(pilot, "#footer", "show all")
        assert len(app.board.rows) == 8


async def test_a_slash_in_a_filter_is_a_letter():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("slash", *"src", "slash", *"ledger")
        assert app.board.filter.text == "src/ledger"
        assert [one.key for one in app.board.rows] == [LEDGER]


@pytest.mark.parametrize(("size", "there"), [(WIDE, False), ((99, 24), True), (SMALL, False)])
async def test_the_key_for_panels_is_offered_where_panels_are_tabs(size, there):
    app = Played()
    async with app.run_test(size=size) as pilot:
        assert ("tab panel" in text(app)[-1]) is there
        assert ("Panel" in {command.title for command in app.get_system_commands(app.screen)}) is there
        await pilot.press("tab")
        assert app.tab == ("tokens" if there else "waterfall")


@pytest.mark.parametrize("page", [DASHBOARD, SESSION])
def test_every_key_has_a_name_of_its_own_and_a_place_in_the_footer(page):
    assert len({key.id for key in KEYS}) == len(KEYS)
    worth = [key.footer for key in on(page) if key.footer]
    assert len(set(worth)) == len(worth)


# ------------------------------------------------------------------ the frame that runs by itself


async def test_the_frame_runs_by_itself_until_the_screen_is_left():
    ledger = StillLedger(morning())
    app = AimonApp(ledger, door=StillDoor(), clock=SteppedClock(), environment=TRUECOLOR)
    async with app.run_test(size=WIDE) as pilot:
        async with asyncio.timeout(20):
            while ledger.ticks < 3:
                await pilot.pause(0.01)
        ledger.put(replace(waiting(), doing="Bash: make ?"))
        async with asyncio.timeout(20):
            while "Bash: make ?" not in said(app):
                await pilot.pause(0.01)


async def test_the_pulse_stands_still_where_nothing_may_move_and_where_nobody_looks():
    app = Played(environment=TRUECOLOR | {"TEXTUAL_ANIMATIONS": "none"})
    async with app.run_test(size=WIDE):
        app.beat()
        assert app.pulse == paint.STILL
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        app.beat()
        assert app.pulse != paint.STILL
        app.app_focus = False
        app.on_app_blur()
        app.beat()
        await pilot.pause()
        assert app.pulse == paint.STILL


# ------------------------------------------------------------------ what it says


class Unpriced(StillLedger):
    """A ledger in which no call has a price."""

    def totals(self) -> Totals:
        return Totals(cost=Cost(None, unpriced_models=("model-x",)))


async def test_dollars_of_today_that_nobody_knows_are_no_zero():
    app = AimonApp(Unpriced(morning()), door=StillDoor(), clock=SteppedClock(), framed=False, environment=TRUECOLOR)
    async with app.run_test(size=WIDE):
        assert "unpriced today       —/h" in text(app)[0]


async def test_a_recording_has_no_port_and_asks_nobody_to_connect():
    door = StillDoor()
    door.address, door.label = "replay:", "replay"
    app = Played([], door=door)
    async with app.run_test(size=WIDE):
        assert "No sessions yet." in said(app)
        assert "connect" not in said(app)
        assert "Listening" not in said(app)
        assert "replay ●" in text(app)[0]


async def test_the_theme_for_poor_terminals_can_be_asked_for_on_a_rich_one():
    app = Played(theme="aimon-ansi")
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        grounds = {style.bgcolor.name for strip in strips(app) for _, style, _ in strip if style and style.bgcolor}
        assert grounds == {"default"}


async def test_a_theme_that_does_not_exist_is_no_reason_to_stay_away():
    app = Played(theme="no-such-theme")
    async with app.run_test(size=WIDE):
        assert app.theme == "aimon-dark"


@pytest.mark.parametrize(
    ("environment", "more"),
    [
        ({}, True),
        ({"LANG": "C"}, True),  # a container: the terminal around it is as good as any
        ({"LANG": "en_US.UTF-8"}, True),
        ({"LANG": "de_DE.utf8@euro"}, True),
        ({"LANG": "en_US.ISO-8859-1"}, False),
        ({"LC_ALL": "ja_JP.eucJP", "LANG": "en_US.UTF-8"}, False),
        ({"LC_ALL": "", "LC_CTYPE": "C.UTF-8", "LANG": "en_US.ISO-8859-1"}, True),
    ],
)
def test_a_locale_of_another_encoding_gets_ascii(environment, more):
    assert paint.glyphs(environment) is more


def test_foreign_letters_keep_their_cells_in_ascii():
    assert paint.plain("日本 ok é … ✓") == "???? ok ? ~ +"


async def test_a_toast_is_in_ascii_too():
    app = Played(ascii=True)
    async with app.run_test(size=MEDIUM, notifications=True) as pilot:
        await pilot.press("y")
        await pilot.pause()
        assert "Copied: claude --resume abaa2f48~" in said(app)
        assert said(app).isascii()


@pytest.mark.parametrize(
    ("values", "width", "shown"),
    [
        ([1, 1, 4, 4], 4, "▂▂██"),
        ([1, 1, 4, 4], 2, "▂█"),
        ([4, 1, 1, 4, 4], 3, "▄▂█"),  # the newest are whole, the oldest may be half a pair
        ([1.0] * 30, 16, "█" * 15),
        ([1, 2], 0, ""),
    ],
)
def test_a_sparkline_shows_all_of_its_time_in_whatever_room_there_is(values, width, shown):
    assert spark(values, width) == shown


async def test_two_sizes_of_a_window_do_not_chase_each_other_for_ever(monkeypatch):
    """As they do in Textual while the corner of a window is dragged: each layout calls for the other size."""
    taken: list[Size] = []
    async with Played().run_test(size=WIDE) as pilot:
        screen = pilot.app.screen
        post = type(screen).post_message

        def echoed(self, message) -> bool:
            if not isinstance(message, Resize) or self is not screen:
                return post(self, message)
            accepted = len(taken) < 20 and post(self, message)  # beyond, it would never end
            taken.extend([message.size] * accepted)
            return accepted

        for size in (Size(20, 120), Size(60, 15)):
            Screen.post_message(screen, Resize(size, size))  # as the app does while that is the size
            screen.call_later(taken.copy)  # sizes that come one right after the other are one
        monkeypatch.setattr(type(screen), "post_message", echoed)
        for _ in range(300):
            await asyncio.sleep(0)
        assert len(taken) < 10
