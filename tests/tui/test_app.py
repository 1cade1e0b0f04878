"""The dashboard under a person's hands: what is selected, in which order, and what each key does."""

import pytest
from msgspec.structs import replace
from textual import events

from aimon_tui.keys import DASHBOARD, KEYS, MACHINE, SESSION, on
from tests.fakes.fleet import fleet, morning, session, waiting
from tests.tui.screen import DOCS, MEDIUM, SHOP, SMALL, WIDE, Played, listed, marked, narrow, projects, said, text

pytestmark = pytest.mark.usefixtures("at_once")


# ------------------------------------------------------------------ what is there


async def test_who_needs_a_person_stands_first_and_inside_a_group_the_longest():
    app = Played(reversed(morning()))
    async with app.run_test(size=WIDE):
        assert projects(app) == [one.name for one in morning()]
        assert app.selected == SHOP
        assert marked(app).startswith("▌ ! waiting     0:14  claude-code  shop-api")


async def test_a_first_session_takes_the_place_of_the_empty_page_and_the_last_gives_it_back():
    app = Played([])
    async with app.run_test(size=WIDE) as pilot:
        assert "No sessions yet." in said(app)
        assert "127.0.0.1:4318" in said(app)
        app.tell(waiting())
        await pilot.pause()
        assert "No sessions yet." not in said(app)
        assert marked(app)
        app.still.remove(SHOP)
        app.frame()
        await pilot.pause()
        assert "No sessions yet." in said(app)
        assert app.selected is None


async def test_the_header_counts_every_session_and_sums_what_is_known():
    app = Played()
    async with app.run_test(size=WIDE):
        header = text(app)[0]
        for words in ("! 1 waiting", "× 1 failed", "● 3 working", "✓ 1 done", "○ 1 idle", "$12.84 today", "$3.10/h"):
            assert words in header
        assert ":4318 ●" in header
        assert "14 ev/s" in header


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (WIDE, "$12.84 + unpriced today   $3.10/h"),
        (MEDIUM, "$12.84 + unpriced   $3.10/h"),
        (SMALL, "$12.84 + unpriced"),
    ],
)
async def test_the_header_says_that_todays_dollars_leave_something_out(size, words):
    app = Played()
    app.still.unpriced = True
    async with app.run_test(size=size):
        assert words in text(app)[0]


async def test_no_figure_of_the_header_is_cut_at_any_width():
    app = Played(fleet(200), demo=True)
    async with app.run_test(size=WIDE) as pilot:
        for width in range(50, 140, 6):
            await pilot.resize_terminal(width, 40)
            header = text(app)[0]
            counts = header.replace("$362.49 today", "").replace("$89.90/h", "").replace(":4318 ●", "")
            counts = counts.replace(" 14 ev/s", "").replace("! 29 waiting", "")
            assert not set("$:4") & set(counts), header
            assert "DEMO" in header


async def test_words_of_states_give_way_to_todays_dollars():
    app = Played(demo=True)
    app.still.unpriced = True
    async with app.run_test(size=(100, 40)) as pilot:
        assert "$12.84 + unpriced today" in text(app)[0]
        assert "● 3 working" not in text(app)[0]
        await pilot.resize_terminal(120, 40)
        assert "● 3 working" in text(app)[0]


# ------------------------------------------------------------------ sort, filter, panels


async def test_sorting_goes_round():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        first = []
        for _ in range(5):
            first.append((text(app)[2].split()[2], projects(app)[0], projects(app)[-1]))
            await pilot.press("s")
        assert first == [
            ("need", "shop-api", "web-app"),
            ("cost", "billing-reconciler", "notes"),
            ("tokens", "billing-reconciler", "notes"),
            ("project", "billing-reconciler", "web-app"),
            ("age", "web-app", "notes"),
        ]
        assert "by need" in text(app)[2]


async def test_what_has_no_price_is_never_the_dearest():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("s")
        assert projects(app)[0] == "billing-reconciler"
        assert {one.cost.usd for one in app.board.rows[-2:]} == {None}


async def test_a_filter_narrows_while_it_is_typed_and_the_keys_are_its_own():
    app = Played()
    async with app.run_test(size=MEDIUM) as pilot:
        await pilot.press("slash")
        for letter in "sq x?t":  # each of them a key of the dashboard
            await pilot.press({" ": "space", "?": "question_mark"}.get(letter, letter))
        assert app.is_running
        assert app.board.filter.text == "sq x?t"
        assert (app.board.sort, app.theme, app.paused_s) == ("need", "aimon-dark", None)
        assert len(app.screen_stack) == 1


async def test_what_is_typed_in_one_burst_behind_the_slash_is_all_the_filters():
    app = Played()
    async with app.run_test(size=MEDIUM) as pilot:
        for key, letter in (("slash", "/"), ("q", "q"), ("w", "w")):
            app.post_message(events.Key(key, letter))  # as a slow line delivers them: all before the next paint
        await pilot.pause()
        assert app.is_running
        assert app.board.filter.text == "qw"


async def test_enter_keeps_a_filter_and_esc_shows_everybody():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await narrow(pilot, "state:waiting cost>1")
        assert len(listed(app)) == 1
        assert "1 of 8" in text(app)[2]
        await pilot.press("enter", "s")
        assert app.board.sort == "cost"
        assert len(listed(app)) == 1
        assert "state:waiting cost>1" in text(app)[2]
        await pilot.press("escape")
        assert len(listed(app)) == 8
        assert "state:waiting" not in said(app)


async def test_a_filter_goes_on_filtering_what_comes():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await narrow(pilot, "agent:codex", "enter")
        app.tell(session("codex", "third"), session("goose", "other"))
        await pilot.pause()
        assert projects(app) == ["third", "web-app", "web-app"]
        assert "3 of 10" in text(app)[2]


async def test_when_nothing_matches_it_says_so_and_how_to_get_out():
    app = Played()
    async with app.run_test(size=MEDIUM) as pilot:
        await narrow(pilot, "agent:goose", "enter")
        assert listed(app) == ['  Nothing matches "agent:goose". esc shows all 8.']
        assert "0 of 8" in said(app)


async def test_panels_take_turns_where_there_is_room_for_one():
    app = Played()
    async with app.run_test(size=MEDIUM) as pilot:
        seen = []
        await pilot.pause()
        for _ in range(5):
            seen.append(
                [word for word in ("12.0k", "0 s  ", "cache read", "computed", "expires in") if word in said(app)]
            )
            await pilot.press("tab")
        assert seen == [["0 s  "], ["cache read"], ["computed"], ["expires in"], ["0 s  "]]


async def test_all_panels_are_there_where_there_is_room():
    app = Played()
    async with app.run_test(size=WIDE):
        assert all(word in said(app) for word in ("cache read", "computed", "expires in"))


async def test_the_smallest_screen_has_a_summary_instead():
    app = Played()
    async with app.run_test(size=SMALL):
        summary = text(app)[-2]
        assert summary.split() == "shop-api Bash: rm -rf build ? 64% ctx 1.2M tok".split()
        assert "cache read" not in said(app)


# ------------------------------------------------------------------ pause, acknowledge, copy, theme


async def test_a_pause_holds_the_screen_and_never_the_ledger():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("space")
        before, ticks = text(app)[1:], app.still.ticks
        app.tell(session("codex", "new", "waiting", 0))
        app.step(12)
        await pilot.pause()
        assert text(app)[1:] == before
        assert "paused 0:12" in text(app)[0]
        assert app.still.ticks > ticks
        await pilot.press("space")
        app.frame()
        await pilot.pause()
        assert "paused" not in text(app)[0]
        assert "0:26" in marked(app)
        assert "9 of 9" in text(app)[2]


async def test_what_is_done_can_be_acknowledged():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press(*"jjjjj")
        assert "✓ done" in marked(app)
        await pilot.press("x")
        assert "○ idle" in marked(app)
        assert app.selected == DOCS


async def test_copying_goes_from_the_command_to_the_id_to_the_folder():
    app = Played()
    async with app.run_test(size=MEDIUM, notifications=True) as pilot:
        await pilot.press("y")
        await pilot.pause()
        assert app.clipboard == "claude --resume abaa2f48-4cec-45ef-9cda-68d1543b3cb6"
        assert "Copied: claude --resume abaa2f48…" in said(app)
        await pilot.press("y")
        assert app.clipboard == "abaa2f48-4cec-45ef-9cda-68d1543b3cb6"
        await pilot.press("y")
        assert app.clipboard == "/home/dev/projects/shop-api"
        app.step(3.1)
        await pilot.press("y")
        assert app.clipboard.startswith("claude --resume")
        assert said(app).count("Copied:") == 1  # one toast at a time


async def test_what_is_copied_is_one_word_to_a_shell():
    app = Played([session("claude-code", "shop", session_id="x; rm -rf ~\n$(id)")])
    async with app.run_test(size=MEDIUM) as pilot:
        await pilot.press("y")
        assert app.clipboard == "claude --resume 'x; rm -rf ~ $(id)'"


async def test_the_theme_goes_from_dark_to_light_and_back_with_every_cell():
    app = Played(theme="aimon-dark")
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("t")
        assert app.theme == "aimon-light"
        grounds = {style.bgcolor.name for strip in app.screen._compositor.render_strips() for _, style, _ in strip}
        assert "#0f1318" not in grounds
        assert "#fbfaf7" in grounds
        await pilot.press("t")
        assert app.theme == "aimon-dark"


# ------------------------------------------------------------------ who waits is called out


async def test_a_new_wait_rings_once_and_is_counted_in_the_title():
    app = Played()
    async with app.run_test(size=WIDE):
        assert "\x07" not in app.told  # who waited before we came rings nobody
        assert "aimon !1" in "".join(app.told)
        app.told.clear()
        app.tell(session("codex", "web-app", "waiting", 0))
        assert app.told.count("\x07") == 1
        assert "aimon !2" in "".join(app.told)
        app.told.clear()
        app.tell(session("codex", "web-app", "waiting", 0, doing="still"))
        assert app.told == []
        app.tell(session("codex", "web-app", "working", 0), replace(waiting(), state="working"))
        assert "".join(app.told).endswith("]2;aimon\x1b\\")
        assert "\x07" not in app.told


async def test_a_wait_is_called_out_even_while_the_screen_is_paused():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("space")
        app.told.clear()
        app.tell(session("codex", "new", "waiting", 0))
        assert "\x07" in app.told


async def test_bell_and_title_can_be_switched_off():
    app = Played(bell=False, title=False)
    async with app.run_test(size=WIDE):
        app.tell(session("codex", "new", "waiting", 0))
    assert app.told == []


# ------------------------------------------------------------------ help and palette


BUILT_IN = {"ctrl+q", "ctrl+c", "super+c", "shift+tab"}
"""Textual's own."""

UNTOLD = {"home", "end", "equals_sign", "comma", "full_stop"}
"""Second keys for the same, which nobody needs to be told."""


@pytest.mark.parametrize("page", [DASHBOARD, SESSION])
async def test_the_help_lists_exactly_the_keys_that_are_bound(page):
    app = Played()
    async with app.run_test(size=MEDIUM) as pilot:
        await pilot.press(*(["enter"] if page == SESSION else []))
        bound = set(app.screen.active_bindings) - BUILT_IN - UNTOLD - ({"escape"} if page == DASHBOARD else set())
        told = {one for key in on(page) for one in key.keys.split(",")} - UNTOLD
        await pilot.press("question_mark")
        helped = said(app)
    assert bound == told
    for key in KEYS:
        assert key.page in MACHINE or key.shown in helped
    for absent in ("history", "setup"):
        assert absent not in helped


@pytest.mark.parametrize("key", ["escape", "question_mark", "q"])
async def test_the_help_closes_and_the_dashboard_went_on_below(key):
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("question_mark", "j", "x")
        assert app.selected == SHOP
        app.tell(session("codex", "new", "waiting", 99))
        await pilot.press(key)
        await pilot.pause()
        assert app.is_running
        assert "new" in listed(app)[0]


async def test_every_command_of_the_palette_works():
    app = Played()
    async with app.run_test(size=MEDIUM, notifications=True) as pilot:
        commands = {command.title: command for command in app.get_system_commands(app.screen)}
        assert {"Filter", "Sort", "Copy", "Acknowledge", "Pause", "Help", "Quit"} <= set(commands)
        for title, command in commands.items():
            if title != "Quit":
                done = command.callback()
                if done is not None:
                    assert await done, title
                await pilot.pause()
                while len(app.screen_stack) > 1:
                    await pilot.press("escape")
        assert app.paused_s is not None
        assert app.clipboard


async def test_quit_quits():
    app = Played()
    async with app.run_test(size=MEDIUM) as pilot:
        await pilot.press("q")
    assert app.return_code == 0


async def test_the_footer_leaves_out_from_the_end_and_keeps_help_and_quit():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        for width in (120, 100, 80, 60, 40, 30):
            await pilot.resize_terminal(width, 24)
            await pilot.pause()
            footer = text(app)[-1]
            assert footer.endswith("? help  q quit")
            assert "f focus" in footer or width < 40
            assert "/ filter" in footer or width < 80
            whole = {part for key in KEYS for part in (key.shown, *key.word.split())}
            assert set(footer.split()) <= whole  # no word is cut
