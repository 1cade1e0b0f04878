"""Sessions judged while they run: by whose rules, when again, what is open and what is told, once."""

import asyncio

import pytest
from msgspec.structs import replace

from aimon_core.clock import SteppedClock
from aimon_core.config import Settings
from aimon_core.events import SessionSeen
from aimon_core.store import SessionStore
from aimon_core.verdict import Judged, verdict
from aimon_tui import judging as module
from aimon_tui.judging import SOON_S, Judging, read
from aimon_tui.notifying import Notifying, hand
from aimon_tui.outlets import outlets
from aimon_tui.runtime import Runtime
from tests.fakes.events import (
    answered,
    asked,
    decided,
    ended,
    event,
    prompted,
    started,
    tool_began,
    tool_ended,
    turn_ended,
)
from tests.fakes.fleet import waiting
from tests.fakes.told import session as made
from tests.tui.screen import MEDIUM, WIDE, Played, text

KEY = "claude-code:s1"
FILE = "/home/dev/.config/aimon/config.toml"
LIMITS = {"tool_limits": {"Bash": 1}, "required_tools": ["WebFetch"], "cost_budget": 1}
BEGUN = [
    started(0),
    event(SessionSeen, 0, cwd="/home/dev/shop"),
    prompted(0),
    answered(1, "req_1", cost_picodollars=10**9),
]
TOOL = [tool_began(2, "t1"), tool_ended(3, "t1")]
MORE = [tool_began(4, "t2"), tool_ended(5, "t2")]


class Watched:
    """A ledger and its judge, looked at as often as a test wants."""

    def __init__(self, **tables) -> None:
        self.clock = SteppedClock()
        self.store = SessionStore(self.clock)
        self.alerts, self.complaints = [], []
        self.judge = Judging(
            self.store,
            tables,
            self.clock,
            where=FILE,
            alert=lambda session, verdict: self.alerts.append((session.key, verdict.broken)),
            complain=self.complaints.append,
        )

    async def tell(self, *events) -> dict[str, str]:
        """The standing of each scorer after some events and the time it takes to look."""
        self.store.apply(events)
        for _ in range(4):  # begun, the events, what a verdict changes, and rest
            self.judge.frame(self.store.drain())
            await self.judge._work
            self.clock.advance(SOON_S)
        found = self.store.get(KEY)
        return {one.name: one.standing for one in found.verdict.scores} if found and found.verdict else {}

    def standing(self) -> str | None:
        verdict = self.store.get(KEY).verdict
        return verdict and verdict.standing

    async def close(self) -> None:
        await self.judge.close()


@pytest.fixture
async def watched():
    made = []

    def make(**tables) -> Watched:
        made.append(Watched(**tables))
        return made[-1]

    yield make
    for one in made:
        await one.close()


@pytest.fixture
def judged(monkeypatch):
    """How often a session was judged."""
    times = []

    def counted(*given):
        times.append(given[0].key)
        return original(*given)

    original = module.judged
    monkeypatch.setattr(module, "judged", counted)
    return times


async def test_a_limit_that_is_passed_is_broken_and_what_is_missing_stays_open(watched):
    one = watched(shop=LIMITS)
    assert await one.tell(*BEGUN, *TOOL) == {"tool_count": "kept", "required_tools": "open", "cost_budget": "kept"}
    assert one.standing() == "open"
    assert one.store.get(KEY).verdict.budget_usd == LIMITS["cost_budget"]
    assert (await one.tell(*MORE))["tool_count"] == "broken"
    assert one.standing() == "broken"
    fetched = [tool_began(6, "t3", "WebFetch"), tool_ended(7, "t3", "WebFetch")]
    assert (await one.tell(*fetched))["required_tools"] == "kept"


async def test_at_its_end_nothing_is_open(watched):
    one = watched(shop=LIMITS)
    await one.tell(*BEGUN, *TOOL)
    assert (await one.tell(turn_ended(8), ended(9)))["required_tools"] == "broken"


async def test_a_broken_limit_is_told_once_and_another_one_again(watched):
    one = watched(shop=LIMITS | {"max_wait": 1})
    await one.tell(*BEGUN, *TOOL, *MORE)
    await one.tell(tool_began(6, "t3"))
    assert one.alerts == [(KEY, ("tool_count",))]
    await one.tell(asked(10, "t4"), decided(20, "t4"), tool_ended(21, "t4"))
    assert one.alerts == [(KEY, ("tool_count",)), (KEY, ("tool_count", "max_wait"))]


async def test_what_was_broken_before_is_shown_and_not_told_again(watched):
    one = watched(shop=LIMITS)
    one.clock.advance(3600)
    one.judge._began_ns = one.clock.now_ns()
    await one.tell(*BEGUN, *TOOL, *MORE)
    assert (one.standing(), one.alerts) == ("broken", [])


async def test_only_what_changed_is_judged_again(watched, judged):
    one = watched(shop=LIMITS)
    await one.tell(*BEGUN)
    assert judged == [KEY]
    await one.tell()
    one.store.place(KEY, (1, 1.0), (), focusable=False)
    await one.tell()
    assert judged == [KEY], "its own verdict is no news, and neither is a terminal"
    await one.tell(*TOOL)
    assert judged == [KEY, KEY]


async def test_sessions_of_other_projects_are_let_alone(watched, judged):
    one = watched(other=LIMITS)
    assert await one.tell(*BEGUN, *TOOL, *MORE) == {}
    assert (judged, one.standing()) == ([], None)


async def test_one_that_takes_long_is_judged_ever_more_seldom(watched, judged, monkeypatch):
    one = watched(shop=LIMITS)
    seen = module.judged

    def slow(*given):
        one.clock.advance(2.0)
        return seen(*given)

    monkeypatch.setattr(module, "judged", slow)
    await one.tell(*BEGUN)
    await one.tell(*TOOL)
    assert judged == [KEY], "two seconds of work are forty of rest"
    one.clock.advance(40)
    await one.tell()
    assert judged == [KEY, KEY]


async def test_the_frame_itself_judges_nothing(watched, judged):
    one = watched(shop=LIMITS)
    one.store.apply([*BEGUN, *TOOL])
    changed = one.store.drain()
    one.judge.frame(changed)
    assert (judged, one.standing()) == ([], None)
    one.clock.advance(SOON_S)
    one.judge.frame(())
    async with asyncio.timeout(10):
        while one.standing() is None:
            one.clock.advance(SOON_S)
            one.judge.frame(())
            await one.judge._work


async def test_a_table_that_cannot_be_followed_is_told_with_file_and_nearest_key_and_the_others_hold(watched):
    one = watched(shop=LIMITS, docs={"tool_limit": {"Bash": 1}}, web={"cost_budget": "much"})
    assert await one.tell(*BEGUN)
    first, second = one.complaints
    assert first == f"{FILE}: [expectations.\"docs\"] has an unknown key 'tool_limit'. Did you mean 'tool_limits'?"
    assert second.startswith(f'{FILE}: [expectations."web"]: cost_budget')


async def test_a_judge_that_fails_is_let_go_at_the_next_frame(watched, monkeypatch):
    one = watched(shop=LIMITS)

    def broken(*_given):
        raise ZeroDivisionError

    monkeypatch.setattr(module, "judged", broken)
    with pytest.raises(ZeroDivisionError):
        await one.tell(*BEGUN)
    with pytest.raises(ZeroDivisionError):
        one.judge.frame(())


@pytest.mark.parametrize(
    ("name", "cwd", "found"),
    [
        ("shop-api", "/home/dev/shop-api", "exact"),
        ("shop-web", "/home/dev/shop-web", "shop"),
        ("docs", "/srv/docs", "folder"),
        ("docs", "/srv/other", "any"),
        ("notes", "/home/dev/private/notes", "home"),
        ("shop[1]", None, "any"),
    ],
)
def test_the_very_name_wins_over_globs_and_the_longest_glob_over_others(monkeypatch, name, cwd, found):
    monkeypatch.setenv("HOME", "/home/dev")
    keys = {"any": "*", "shop": "shop-*", "exact": "shop-api", "folder": "/srv/docs", "home": "~/private/*"}
    rules, problems = read({key: {"cost_budget": place} for place, key in enumerate(keys.values())}, FILE)
    expected = rules.of(made(name=name, cwd=cwd))
    assert problems == []
    assert expected.cost_budget.max_usd == list(keys).index(found)


# ------------------------------------------------------------------ who is told


@pytest.mark.usefixtures("at_once")
async def test_a_limit_that_breaks_is_a_toast_and_is_said_once():
    whole = verdict([Judged("loop", "kept", "fine")])
    first = verdict([Judged("cost_budget", "broken", "Cost budget exceeded")])
    second = verdict([*first.scores, Judged("max_wait", "broken", "Longest wait exceeded")])
    app = Played([waiting()])
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        for found, said in (
            (whole, None), (first, "shop-api: Cost budget exceeded."), (first, None),
            (second, "shop-api: Longest wait exceeded."), (whole, None), (second, None),
        ):  # fmt: skip
            app.clear_notifications()
            app.tell(replace(waiting(), verdict=found))
            app.step(1)
            await pilot.pause()
            assert [one.message for one in app._notifications] == ([said] if said else [])


@pytest.mark.usefixtures("at_once")
async def test_what_is_broken_at_the_start_and_what_has_ended_is_no_toast():
    broken = verdict([Judged("cost_budget", "broken", "Cost budget exceeded")])
    app = Played([replace(waiting(), verdict=broken)])
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        app.tell(replace(waiting(), key="other", ended_at_ns=1, state="ended", verdict=broken))
        app.step(1)
        await pilot.pause()
        assert list(app._notifications) == []


@pytest.mark.usefixtures("at_once")
async def test_the_column_comes_with_the_first_verdict_and_goes_where_there_is_no_room():
    app = Played([waiting()])
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        assert not any("verdict" in line for line in text(app))
        app.tell(replace(waiting(), verdict=verdict([Judged("loop", "open", "No calls yet")])))
        app.step(1)
        await pilot.pause()
        assert any("verdict" in line for line in text(app))
        assert any("○ open" in line for line in text(app))
        await pilot.resize_terminal(*MEDIUM)
        await pilot.pause()
        assert not any("○ open" in line for line in text(app))


@pytest.mark.usefixtures("at_once")
async def test_the_page_changes_with_its_verdict():
    app = Played([waiting()])
    async with app.run_test(size=WIDE) as pilot:
        await pilot.pause()
        await pilot.press("enter")
        await pilot.pause()
        assert not any(line.startswith(" verdict") for line in text(app))
        app.tell(replace(waiting(), verdict=verdict([Judged("loop", "broken", "Bash 4 times in a row")])))
        app.step(1)
        await pilot.pause()
        (title,) = [line for line in text(app) if line.startswith(" verdict")]
        assert "1 broken" in title
        assert any("× broken  loop             Bash 4 times in a row" in line for line in text(app))
        app.tell(waiting())
        app.step(1)
        await pilot.pause()
        assert not any(line.startswith(" verdict") for line in text(app))


async def test_the_settings_make_a_judge_that_notifies_unless_they_say_otherwise(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("AIMON_RUNTIME_DIR", str(tmp_path / "aimon"))
    (tmp_path / "aimon").mkdir()
    for notify_on, queued in ((("waiting", "broken"), 1), (("waiting",), 0)):
        clock = SteppedClock()
        settings = Settings(expectations={"shop": LIMITS}, notify_on=notify_on, state_dir=str(tmp_path))
        runtime = Runtime(settings, clock, runtime_folder=str(tmp_path / "aimon"))
        hands = list(outlets(runtime, clock))
        (judge,) = [one for one in hands if isinstance(one, Judging)]
        (notifying,) = [one for one in hands if isinstance(one, Notifying)]
        judge._alert(made(name="shop"), verdict([Judged("cost_budget", "broken", "")]))
        assert [one.body for one in notifying._queue.values()] == ["Not as expected: cost budget."] * queued
        for one in hands:
            await one.close()


async def test_nobody_is_notified_of_a_broken_limit_at_night():
    clock = SteppedClock()
    night = hand(SessionStore(clock), Settings(quiet_hours="00:00-23:59"), clock)
    night.alert(made(name="shop"), verdict([Judged("cost_budget", "broken", "")]))
    assert night._queue == {}
    await night.close()
