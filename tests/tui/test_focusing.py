"""`f`, `n` and the digits: whose terminal they go to, what is selected then, and what is said."""

import asyncio

import pytest
from msgspec.structs import replace

from aimon_core.errors import UsageError
from aimon_desktop.terminals import Outcome
from aimon_tui.keys import remapped
from tests.fakes.fleet import fleet, session, waiting
from tests.tui.screen import DOCS, INFRA, MEDIUM, SHOP, WIDE, Played, cells, narrow, said

pytestmark = pytest.mark.usefixtures("at_once")

GONE = Outcome(ok=False, line="tmux %3 is gone.")


async def settled(app, pilot):
    """What a key set off, done and painted."""
    await asyncio.gather(*(worker.wait() for worker in app.workers if worker.group == "focus"))
    await pilot.pause()


async def press(app, pilot, *keys):
    await pilot.press(*keys)
    await settled(app, pilot)


async def test_f_goes_to_the_terminal_of_the_selected_session_and_says_where():
    app = Played()
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await press(app, pilot, "f")
        assert app.still.focused == [SHOP]
        assert f"Switched to {SHOP}." in said(app).replace("\n", "")
        await press(app, pilot, "j", "f")
        assert app.still.focused == [SHOP, INFRA]


async def test_f_on_a_page_goes_to_its_own_session():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await pilot.press("j", "enter")
        app.select(0)
        await press(app, pilot, "f")
        assert app.still.focused == [INFRA]


async def test_a_failure_is_said_in_the_agreed_words_and_y_copies_the_resume_command():
    app = Played()
    app.still.missing[SHOP] = GONE
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await press(app, pilot, "f")
        (toast,) = app._notifications
        assert toast.message == "Cannot reach the terminal: tmux %3 is gone. y copies the resume command."
        assert (toast.severity, toast.timeout) == ("error", 8)
        await press(app, pilot, "y")
        assert app.clipboard.startswith("claude --resume")


async def test_a_command_that_shows_it_is_what_y_copies_until_it_is_of_no_use():
    app = Played()
    app.still.missing[SHOP] = Outcome(ok=False, line="Its session is shown nowhere.", command="tmux attach -t '$1'")
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await press(app, pilot, "f")
        (toast,) = app._notifications
        assert toast.message.endswith(": its session is shown nowhere. y copies a command that shows it.")
        await press(app, pilot, "y")
        assert app.clipboard == "tmux attach -t '$1'"
        await press(app, pilot, "y")
        assert app.clipboard.startswith("claude --resume")
        app.still.missing[SHOP] = GONE
        app.step(9)
        await press(app, pilot, "f", "y")
        assert app.clipboard.startswith("claude --resume")


async def test_y_is_not_promised_where_it_has_nothing_to_resume_with():
    app = Played([session("goose", "green", "working")])
    app.still.missing["goose:green-1"] = GONE
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await press(app, pilot, "f")
        assert [toast.message for toast in app._notifications] == ["Cannot reach the terminal: tmux %3 is gone."]


async def test_n_goes_from_who_waits_longest_over_failures_to_what_is_done_and_round_again():
    other = replace(waiting(), key="codex:w", session_id="w", since_ns=waiting().since_ns - 10**9)
    app = Played()
    app.still.put(other)
    app.still.missing |= {INFRA: GONE, DOCS: GONE}  # else they have been seen, and want nothing any more
    async with app.run_test(size=WIDE) as pilot:
        for _ in range(5):
            await press(app, pilot, "n")
            assert app.selected == app.still.focused[-1]
        assert app.still.focused == ["codex:w", SHOP, INFRA, DOCS, "codex:w"]
        await press(app, pilot, "j", "j", "n")
        assert app.still.focused[-1] == "codex:w", "whoever went elsewhere begins anew"


async def test_what_is_done_has_been_seen_once_its_terminal_is():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await press(app, pilot, *"jjjjj")
        assert app.selected == DOCS
        await press(app, pilot, "f")
        assert app.still.get(DOCS).state == "idle"
        assert "✓ 0 done" in said(app)


async def test_n_says_when_nobody_waits():
    app = Played([session("codex", "web", "working")])
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        await press(app, pilot, "n")
        assert "Nobody waits." in said(app)
        assert app.still.focused == []


async def test_n_finds_who_is_filtered_out_and_selects_him_when_he_is_back():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await narrow(pilot, "agent:codex", "enter")
        await press(app, pilot, "n")
        assert app.still.focused == [SHOP]
        await press(app, pilot, "escape")
        assert app.selected == SHOP


async def test_digits_select_a_row_and_go_there():
    app = Played(fleet(12))
    async with app.run_test(size=WIDE) as pilot:
        keys = list(app.board.keys)
        for digit in "391":
            await press(app, pilot, digit)
            assert app.selected == app.still.focused[-1] == keys[int(digit) - 1]
        await pilot.press("0")
        assert len(app.still.focused) == 3


async def test_a_digit_without_a_row_does_nothing_and_in_the_filter_it_is_a_digit():
    app = Played()
    async with app.run_test(size=WIDE) as pilot:
        await press(app, pilot, "9")
        assert (app.still.focused, app.selected) == ([], SHOP)
        await pilot.press("slash", "1", "f", "n")
        assert (app.still.focused, app.board.filter.text) == ([], "1fn")


def test_digits_are_what_they_are_and_f_and_n_can_be_other_keys():
    with pytest.raises(UsageError, match="rows"):
        remapped({"rows": "a"})
    assert {key.id: key.keys for key in remapped({"focus": "F", "next_waiting": "N"})}["focus"] == "F"


async def test_without_a_session_f_does_nothing():
    app = Played([])
    async with app.run_test(size=WIDE) as pilot:
        await press(app, pilot, "f", "1")
        assert app.still.focused == []


async def test_the_demo_touches_no_terminal_and_says_so():
    app = Played(demo=True)
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        for key in "fn2":
            await press(app, pilot, key)
            assert "The demo's sessions have no terminals." in said(app)
        assert app.still.focused == []


@pytest.mark.parametrize("key", ["f", "n", "1"])
async def test_a_popup_is_left_by_going_to_a_terminal_and_only_then(key):
    app = Played(popup=True)
    app.still.missing[SHOP] = GONE
    async with app.run_test(size=MEDIUM, notifications=True) as pilot:
        await press(app, pilot, key)
        assert app.is_running
        assert "Cannot reach the terminal" in said(app)
        app.still.missing.clear()
        await pilot.press("j", "g", key)
        await asyncio.gather(*(worker.wait() for worker in app.workers if worker.group == "focus"))
        await pilot.pause()
        assert not app.is_running
    assert app.return_code == 0


async def test_n_has_the_colour_of_waiting_while_somebody_waits():
    app = Played([session("codex", "web", "working")])
    async with app.run_test(size=WIDE) as pilot:

        def colour() -> str:
            region = app.screen.query_one("#footer").region
            line = list(cells(app, region))
            at = "".join(letter for letter, _ in line).index("next waiting")
            return line[at][1].color.name

        assert colour() == app.theme_variables["muted"].lower()
        app.tell(waiting())
        await pilot.pause()
        assert colour() == app.theme_variables["wait"].lower()
