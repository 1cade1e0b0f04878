"""S12 and S13 on every page there is, with the corpus in whatever an agent may say on it."""

import inspect
import pkgutil
from importlib import import_module

import pytest
from msgspec.structs import replace
from textual.screen import Screen

from aimon_core.session import Session
from aimon_core.spans import TurnTree
from aimon_tui import screens
from receiver.told import Telling, Told
from tests.fakes.fleet import NOW_NS, turns, waiting
from tests.hostile import CORPUS, FORBIDDEN, saturated
from tests.tui.absence import come_back, leave
from tests.tui.screen import MEDIUM, WIDE, Played, strips
from tests.tui.test_hostile import check

pytestmark = pytest.mark.usefixtures("at_once")

TEXTS = ("name", "subject", "error", "agent_id")
PAGES = {"SessionPage": ("enter",), "Attributes": ("enter", "d"), "Why": ("w",), "Help": ("question_mark",)}
"""How each page is opened; the dashboard is where one starts, those below have tests of their own."""
ELSEWHERE = {"SetupPage", "HistoryPage"}


def page_names() -> set[str]:
    modules = [import_module(f"{screens.__name__}.{one.name}") for one in pkgutil.iter_modules(screens.__path__)]
    return {
        name
        for module in modules
        for name, one in inspect.getmembers(module, inspect.isclass)
        if issubclass(one, Screen) and one.__module__ == module.__name__ and not one.__subclasses__()
    }


def hostile_turns(text: str) -> list[TurnTree]:
    """The usual tree, with a text wherever an agent's own words stand."""
    return [
        replace(
            turn,
            title=text,
            spans=tuple(
                replace(span, **{name: text for name in TEXTS if getattr(span, name)}) for span in turn.spans
            ),
        )
        for turn in turns()
    ]  # fmt: skip


def hostile_session(text: str) -> Session:
    """A session that waits, with a text in every field."""
    return replace(saturated(text), key=waiting().key, state="waiting", since_ns=NOW_NS, started_at_ns=NOW_NS)


async def tells(text: str) -> Told:
    pairs = ((text, text), ("tool_name", text))
    return Told(tuple(Telling(channel, text, NOW_NS, pairs) for channel in ("hook", "log")), notice=text)


def test_every_page_is_looked_at():
    assert page_names() == PAGES.keys() | ELSEWHERE | {"Dashboard"}


@pytest.mark.parametrize("page", PAGES)
async def test_s12_every_page_shows_words_and_nothing_else(page):
    told = {"text": ""}

    async def said(_key, _span):
        return await tells(told["text"])

    app = Played([waiting()], tells=said)
    async with app.run_test(size=MEDIUM) as pilot:
        await pilot.pause()
        for told["text"] in CORPUS.values():
            app.still.spend(waiting().key, hostile_turns(told["text"]))
            app.tell(hostile_session(told["text"]))
            await pilot.press(*PAGES[page])
            await pilot.pause()
            assert type(app.screen).__name__ == page
            check(app)
            for key in ("down", "down", "tab", "right"):
                await pilot.press(key)
                check(app)
            for _ in PAGES[page]:
                await pilot.press("escape")
            await pilot.pause()
            assert type(app.screen).__name__ == "Dashboard"


async def test_s13_nothing_on_a_page_can_be_clicked_that_an_agent_wrote():
    app = Played([waiting()], tells=lambda _key, _span: tells(CORPUS["markup"]))
    async with app.run_test(size=WIDE) as pilot:
        app.still.spend(waiting().key, hostile_turns(CORPUS["markup"]))
        app.tell(hostile_session(CORPUS["markup"]))
        await pilot.press("enter")
        await pilot.pause()
        for row in range(4, 36, 4):
            for column in range(5, 115, 20):
                await pilot.click(offset=(column, row))
                assert app.is_running
                check(app)


async def test_s12_who_comes_back_is_told_in_words():
    app = Played([waiting()])
    async with app.run_test(size=WIDE, notifications=True) as pilot:
        for text in CORPUS.values():
            await leave(app, pilot)
            app.stepped.advance(600)
            now_ns = app.stepped.now_ns()
            app.tell(replace(hostile_session(text), state="failed", since_ns=now_ns, last_activity_at_ns=now_ns))
            await come_back(app, pilot)
            check(app)
            await pilot.press("k")


async def test_s12_the_titles_and_what_goes_to_the_terminal_are_words():
    app = Played([waiting()], title=True, bell=True)
    async with app.run_test(size=MEDIUM) as pilot:
        for number, text in enumerate(CORPUS.values()):
            app.tell(replace(hostile_session(text), key=f"codex:{number}", session_id=str(number)))
            app.step(1)
            await pilot.pause()
        assert app.told
        for sequence in app.told:
            body = sequence.removeprefix("\x1b]2;").removesuffix("\x07").removesuffix("\x1b\\").replace("\x07", "")
            if not body.startswith("\x1b["):
                assert not FORBIDDEN.search(body), ascii(sequence)


async def test_s12_a_page_that_forgets_to_clean_is_found(monkeypatch):
    monkeypatch.setattr("aimon_tui.screens.why.clean", lambda text, limit=0: text)
    app = Played([waiting()])
    async with app.run_test(size=WIDE) as pilot:
        app.tell(hostile_session(CORPUS["escape"]))
        await pilot.press("w")
        await pilot.pause()
        with pytest.raises(AssertionError):
            check(app)
        assert strips(app)
