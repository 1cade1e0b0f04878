"""A person's own keys: they work, footer and help show them, and what cannot be is said before the screen opens."""

import pytest

from aimon_core.errors import UsageError
from aimon_tui.keys import KEYS, remapped
from tests.tui.screen import MEDIUM, SHOP, WIDE, Played, said, text


def test_nothing_asked_for_changes_nothing():
    assert remapped({}) == KEYS


@pytest.mark.parametrize(("own", "words"), [
    ({"acknowlege": "z"}, "Did you mean 'acknowledge'?"),
    ({"sort": "x"}, "x is both 'acknowledge' and 'sort'"),
    ({"next_error": "m"}, "m is both"),
])  # fmt: skip
def test_what_cannot_be_is_told(own, words):
    with pytest.raises(UsageError) as raised:
        remapped(own)
    assert words in str(raised.value)


def test_two_pages_may_use_one_key_in_their_own_way():
    assert {key.keys for key in remapped({"sort": "e"}) if key.id in {"sort", "next_error"}} == {"e"}


@pytest.mark.usefixtures("at_once")
async def test_an_own_key_works_and_is_shown():
    app = Played(keys={"why": "ctrl+w,v", "sort": "z"})
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        assert "ctrl+w v why" in text(app)[-1]
        await pilot.press("w")
        assert "why waiting?" not in said(app)
        await pilot.press("v")
        await pilot.pause()
        assert "why waiting?" in said(app)
        await pilot.press("escape", "z")
        assert app.board.sort == "cost"


@pytest.mark.usefixtures("at_once")
async def test_an_own_key_works_on_the_page_of_a_session_too():
    app = Played(keys={"next_error": "E", "back": "b"})
    async with app.run_test(size=MEDIUM) as pilot:
        await pilot.pause()
        await pilot.press("enter", "E")
        await pilot.pause()
        assert "npm test" in said(app)
        assert "b back" in text(app)[-1]
        await pilot.press("b")
        assert app.selected == SHOP
        assert len(app.screen_stack) == 1
