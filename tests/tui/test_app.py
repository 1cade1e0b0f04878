"""The dashboard under a person's hands: what is selected, in which order, and what each key does."""

import pytest
from msgspec.structs import replace
from textual import events
from textual.geometry import Offset

from aimon_tui.keys import KEYS
from tests.fakes.fleet import ago, fleet, morning, session, waiting
from tests.tui.screen import MEDIUM, SMALL, WIDE, Played, listed, marked, narrow, said, text

pytestmark = pytest.mark.usefixtures("at_once")

SHOP, INFRA, DOCS = "claude-code:abaa2f48-4cec-45ef-9cda-68d1543b3cb6", "claude-code:infra-1", "copilot:docs-1"
LEDGER = "opencode:billing-reconciler-1"


def projects(app: Played) -> list[str]:
    """The names of the rows, in their order."""
    return [one.name for one in app.board.rows]


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


async def test_no_figure_of_the_header_is_cut_at_any_width():
    app = Played(fleet(200), demo=True)
    async with app.run_test(size=WIDE) as pilot:
        for width in range(50, 140, 3):
            await pilot.resize_terminal(width, 40)
            header = text(app)[0]
            counts = header.replace("$362.49 today", "").replace("$89.90/h", "").replace(":4318 ●", "")
            counts = counts.replace(" 14 ev/s", "").replace("! 29 waiting", "")
            assert not set("$:4") & set(counts), header
            assert "DEMO" in header


# ------------------------------------------------------------------ the selection is a session


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
        for _ in range(4):
            seen.append([word in said(app) for word in ("cache read", "computed", "expires in")])
            await pilot.press("tab")
        assert seen == [[True, False, False], [False, True, False], [False, False, True], [True, False, False]]


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


# ------------------------------------------------------------------ help and palette


BUILT_IN = {"escape", "ctrl+q", "ctrl+c", "super+c", "shift+tab"}
"""Textual's own, and `esc`, which the page says itself."""

SHOWN = {"question_mark": "?", "slash": "/", "pageup": "pgup", "pagedown": "pgdn", "up": "↑", "down": "↓"}


async def test_the_help_lists_exactly_the_keys_that_are_bound():
    app = Played()
    async with app.run_test(size=MEDIUM) as pilot:
        bound = set(app.screen.active_bindings) - BUILT_IN
        await pilot.press("question_mark")
        helped = said(app)
        told = {word for key in KEYS for word in key.shown.split()}
    assert {SHOWN.get(key, key) for key in bound} == told
    for key in KEYS:
        assert key.shown in helped
    for absent in ("waterfall", "session page", "history", "setup", "focus", "group", "why"):
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
            assert "/ filter" in footer or width < 40
            words = footer.split("? help")[0].split()
            assert all(word in "/ filter s sort tab panel y copy x acknowledge space pause t theme".split() for word in words)


# ------------------------------------------------------------------ only what changed is painted


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
        said(app)
        assert set(painted) == {4}


async def test_when_nothing_changed_nothing_is_painted(painted):
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        painted.clear()
        app.step(0.1)
        app.step(0.1)
        await pilot.pause()
        said(app)
        assert painted == []


async def test_of_a_thousand_rows_only_those_in_sight_are_painted(painted):
    app = Played(fleet(1_000))
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("G")
        said(app)
        assert set(painted) <= set(range(app.table.size.height))
        painted.clear()
        app.tell(replace(app.board.rows[3], doing="out of sight"))
        await pilot.pause()
        said(app)
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


async def test_a_cache_that_expires_is_counted_down():
    app = Played([replace(waiting(), cache_expires_at_ns=ago(-20))])
    async with app.run_test(size=WIDE) as pilot:
        assert "expires in 0:20" in said(app)
        app.step(21)
        await pilot.pause()
        assert "expired" in said(app)
