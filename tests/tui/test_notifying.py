"""The hand that notifies: by the first way that works, of what lasts, and nobody who looks already."""

import asyncio
import logging
import sys

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.config import Settings
from aimon_core.errors import Unavailable
from aimon_core.session import Transition
from aimon_desktop.notifications.rules import Rules
from aimon_desktop.terminals import Outcome, viewers
from aimon_tui.notifying import Notifying, hand
from aimon_tui.outlets import outlets
from aimon_tui.runtime import Runtime
from tests.fakes.notifications import needs_bus, notification_server, session_bus
from tests.fakes.told import NOW_NS, session

KEY = "claude-code:s1"


class Way:
    """A channel that keeps what it is given, fails, or hangs."""

    def __init__(self, *, fails: bool = False) -> None:
        self.fails, self.shown, self.withdrawn, self.closed = fails, [], [], False
        self.gate = asyncio.Event()
        self.gate.set()

    async def tell(self, notice):
        await self.gate.wait()
        if self.fails:
            raise Unavailable("It is broken.")
        self.shown.append((notice.key, notice.body))

    async def withdraw(self, key):
        self.withdrawn.append(key)

    async def close(self):
        self.closed = True


class Sessions:
    def __init__(self) -> None:
        self.known, self.gone_to, self.outcome = {}, [], Outcome(ok=True, line="Switched.")

    def get(self, key):
        return self.known.get(key)

    async def focus(self, key):
        self.gone_to.append(key)
        return self.outcome


@pytest.fixture
def clock():
    return SteppedClock(NOW_NS)


class Scene:
    """A hand with two ways, and sessions that change."""

    def __init__(self, clock: SteppedClock) -> None:
        self.clock, self.sessions = clock, Sessions()
        self.first, self.second = Way(), Way()
        rules = Rules(clock, states=("waiting", "failed", "completed"), quiet_hours=None)
        self.hand = Notifying(self.sessions, rules, clock, self._ways)

    def _ways(self, act):
        self.act = act
        return self.first, self.second

    def move(self, state, session_id="s1", **facts):
        moved = session(session_id, state, **facts)
        self.sessions.known[moved.key] = moved
        self.hand.moved([Transition(moved.key, None, state, NOW_NS)])

    async def wait(self, seconds=1.0):
        """Let time pass, and everything be told that can be."""
        self.clock.advance(seconds)
        self.hand.frame(set())
        if self.hand._work is not None and self.first.gate.is_set():
            await self.hand._work


@pytest.fixture
async def scene(clock):
    scene = Scene(clock)
    yield scene
    await scene.hand.close()


async def test_the_first_way_is_taken_and_no_other(scene):
    scene.move("waiting", waiting_for="permission")
    await scene.wait()
    assert (scene.first.shown, scene.second.shown) == ([(KEY, "Waits for your permission.")], [])


async def test_a_way_that_fails_gives_way_and_is_tried_again(scene):
    scene.first.fails = True
    scene.move("completed")
    await scene.wait()
    scene.first.fails = False
    scene.move("failed")
    await scene.wait()
    assert (scene.second.shown, scene.first.shown) == ([(KEY, "Done.")], [(KEY, "Failed.")])


async def test_that_nobody_can_be_told_is_logged_once(scene, caplog):
    scene.first.fails = scene.second.fails = True
    with caplog.at_level(logging.WARNING, "aimon"):
        for state in ("waiting", "completed"):
            scene.move(state)
            await scene.wait()
    assert [record.message for record in caplog.records] == ["nobody can be notified: It is broken. It is broken."]


async def test_what_was_answered_is_taken_back_everywhere(scene):
    scene.move("waiting")
    await scene.wait()
    scene.move("working")
    await scene.wait()
    assert (scene.first.withdrawn, scene.second.withdrawn) == ([KEY], [KEY])


async def test_s21_a_way_that_hangs_holds_up_no_frame_and_tells_nothing_stale(scene):
    scene.first.gate.clear()
    scene.move("waiting", "slow")
    await scene.wait()
    await asyncio.sleep(0)
    for number in range(10_000):
        scene.move("waiting" if number % 2 else "working")
        await scene.wait()
    scene.move("working")
    await scene.wait()
    scene.first.gate.set()
    await scene.wait()
    assert scene.first.shown == [("claude-code:slow", "Waits for you.")]
    assert scene.first.withdrawn == [KEY]


async def test_what_was_over_long_before_is_no_news(scene):
    """A chat of this morning, read at the start: only silence says how it ended."""
    scene.move("completed", since_ns=NOW_NS - 3600 * 10**9)
    await scene.wait()
    assert scene.first.shown == []


async def test_a_session_that_is_gone_is_not_told_of(scene):
    scene.move("waiting")
    scene.sessions.known.clear()
    await scene.wait()
    assert scene.first.shown == []


@pytest.mark.parametrize(("looked", "told"), [(True, 0), (False, 1), (Unavailable("Who knows."), 1)])
async def test_who_looks_at_the_pane_already_is_not_told(scene, monkeypatch, looked, told):
    def watched(target, now_s):
        assert (target.pid, now_s) == (7, (NOW_NS + 10**9) / 1e9)
        if isinstance(looked, Exception):
            raise looked
        return looked

    monkeypatch.setattr(viewers, "watched", watched)
    scene.move("waiting", pid=7, pid_started_at=1.0)
    await scene.wait()
    assert len(scene.first.shown) == told


async def test_a_click_goes_to_the_session_or_says_why_it_cannot(scene):
    scene.act(KEY)
    await asyncio.gather(*scene.hand._visits)
    scene.sessions.outcome = Outcome(ok=False, line="tmux %1 is gone.")
    scene.act(KEY)
    await asyncio.gather(*scene.hand._visits)
    assert scene.sessions.gone_to == [KEY, KEY]
    assert scene.first.shown == [(KEY, "tmux %1 is gone.")]


async def test_at_the_end_nothing_goes_on(scene):
    scene.first.gate.clear()
    scene.move("waiting")
    scene.move("waiting", "s2")
    await scene.wait()
    ended = asyncio.create_task(scene.hand.close())
    await asyncio.sleep(0)
    assert not scene.first.closed  # what is being told just now would stay for ever
    scene.first.gate.set()
    await ended
    assert (len(scene.first.shown), scene.first.closed, scene.second.closed) == (1, True, True)


async def test_the_ways_are_the_desktop_then_tmux_then_the_screens_own_terminal(clock, monkeypatch):
    def names(write):
        made = hand(Sessions(), Settings(), clock, write)
        return [type(channel).__name__ for channel in made._channels]

    assert names(None) == ["Desktop", "NotifySend", "StatusLine"]
    assert names(print) == ["Desktop", "NotifySend", "StatusLine", "Terminal"]
    monkeypatch.setattr(sys, "platform", "darwin")
    assert names(None) == ["Desktop", "NotifySend", "Centre", "StatusLine"]


@needs_bus
async def test_a_runtime_notifies_and_a_click_has_seen_it(tmp_path, monkeypatch):
    from tests.fakes.events import prompted, turn_ended

    with session_bus(tmp_path) as address:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
        monkeypatch.setenv("AIMON_RUNTIME_DIR", str(tmp_path / "run"))
        clock = SteppedClock()
        runtime = Runtime(Settings(port=0, state_dir=str(tmp_path)), clock, runtime_folder=str(tmp_path / "run"))
        runtime.outlets = lambda: outlets(runtime, clock)
        await runtime.start(frame_s=3600)
        async with notification_server(address) as server:
            runtime.tell(runtime.store.apply([prompted(1), turn_ended(2)]))
            clock.advance(1)
            runtime.frame()
            await server.until(lambda: server.shown)
            server.signal("ActionInvoked", 1, "focus")
            runtime.acknowledge(KEY)
            runtime.frame()
            await server.until(lambda: server.closed)
        await runtime.stop()


async def test_who_wants_no_notifications_gets_no_hand(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("AIMON_RUNTIME_DIR", raising=False)
    (tmp_path / "aimon").mkdir()
    for notify in (True, False):
        settings, clock = Settings(notify=notify, state_dir=str(tmp_path)), SteppedClock()
        made = list(outlets(Runtime(settings, clock, runtime_folder=str(tmp_path / "aimon")), clock))
        assert any(isinstance(one, Notifying) for one in made) == notify
        for one in made:
            await one.close()
