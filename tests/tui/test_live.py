"""The dashboard with its own runtime: painted first, opened then, and closed at the end."""

import asyncio
import socket

import pytest

from aimon_core.clock import SystemClock
from aimon_core.config import Settings
from aimon_core.events import Drifted
from aimon_tui.demo import DemoClock
from aimon_tui.fleet import FleetApp
from aimon_tui.live import LiveApp, screen_settings, shown
from aimon_tui.replay import TapeClock, merged, played
from aimon_tui.replay import shown as shown_again
from aimon_tui.runtime import Runtime
from tests.fakes.captures import ROOT
from tests.fakes.machine import machine
from tests.tui.screen import said

WAIT_S = 20.0


@pytest.fixture(autouse=True)
def _terminal(monkeypatch):
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture
def settings(tmp_path) -> Settings:
    return Settings(port=0, state_dir=str(tmp_path / "state"), theme="aimon-dark")


@pytest.fixture
async def live(tmp_path):
    """Makes dashboards, and closes what they opened however the test ends."""
    runtimes = []

    def made(settings: Settings, cls=LiveApp, clock=None, **given) -> LiveApp:
        clock = clock or SystemClock()
        runtimes.append(Runtime(settings, clock, runtime_folder=str(tmp_path / "run")))
        return cls(runtimes[-1], clock=clock, settings=screen_settings(settings), **given)

    yield made
    for runtime in runtimes:
        await runtime.stop()


async def until(pilot, true) -> None:
    """Let the app work until something holds."""
    async with asyncio.timeout(WAIT_S):
        while not true():
            await pilot.pause(0.01)


async def test_the_doors_open_once_the_screen_is_painted(settings, tmp_path, live):
    app = live(settings)
    assert app.runtime.door.receiver is None
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.runtime.door.port)
        assert app.runtime.door.problem is None
    await app.runtime.stop()
    assert not (tmp_path / "run" / "status.json").exists()


async def test_what_goes_wrong_later_is_said_once(settings, live):
    app = live(settings)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app._settled)
        writer, said_of = app.runtime._desk.journal, []
        app.toast = lambda text, severity="information": said_of.append((severity, text))
        writer.problem = "The journal cannot be written: the disk is full."
        app.frame()
        app.frame()
        assert said_of == [("error", writer.problem)]
        assert app.runtime.notices == [writer.problem]


async def test_s11_a_full_ledger_is_said_once_on_the_screen(settings, live):
    app = live(settings)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.runtime.door.port)
        app.runtime.store.counters.sessions_evicted = 251
        for _ in range(3):
            app.frame()
        await until(pilot, lambda: app._notifications)
        (toast,) = app._notifications
        assert "251 sessions and 0 calls are only in the totals" in toast.message


async def test_a_taken_port_is_shown_and_said_with_its_owner(live):
    with socket.create_server(("127.0.0.1", 0)) as owner:
        port = owner.getsockname()[1]
        app = live(Settings(port=port, persist=False))
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: app._notifications)
            (toast,) = app._notifications
            assert f"Port {port} is taken by" in toast.message
            assert "pid" in toast.message
            assert app.door.problem in toast.message


async def test_a_version_that_cannot_be_read_is_said_once(settings, live):
    app = live(settings)
    told = {"agent": "claude-code", "session_id": "s1", "at_ns": 1, "channel": "log", "signal": "new"}
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, app.runtime.restored.is_set)
        app.runtime.store.apply([Drifted(**told, version="2.2.0", sample=dict)])
        await until(pilot, lambda: app._notifications)
        (toast,) = app._notifications
        assert toast.message == "Claude Code 2.2.0 says what aimon cannot read. aimon doctor shows it."
        app.clear_notifications()
        app.runtime.store.apply([Drifted(**told, version="2.2.0", sample=dict)])
        app.frame()
        assert not app._notifications


async def test_agents_are_looked_for_once_the_doors_are_open_and_would_send_there(
    settings, tmp_path, monkeypatch, live
):
    app = live(settings, machine=machine(tmp_path, monkeypatch, ready=False))
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.machine.agents)
        port = app.runtime.door.receiver.port
        assert app.machine.agents[0].plan.place.endpoint == f"http://127.0.0.1:{port}"
        await until(pilot, lambda: "○ not connected" in said(app))


async def test_agents_are_looked_for_where_the_doors_stay_shut_too(tmp_path, monkeypatch, live):
    with socket.create_server(("127.0.0.1", 0)) as owner:
        settings = Settings(port=owner.getsockname()[1], persist=False)
        app = live(settings, machine=machine(tmp_path, monkeypatch, ready=False))
        async with app.run_test(size=(120, 40)) as pilot:
            await until(pilot, lambda: "○ not connected" in said(app))
            assert app.door.problem


async def test_a_word_of_the_runtime_reaches_the_screen(tmp_path, live):
    (tmp_path / "state").touch()
    app = live(Settings(port=0, state_dir=str(tmp_path / "state")))
    async with app.run_test() as pilot:
        await until(pilot, lambda: app._notifications)
        assert "--state-dir" in next(iter(app._notifications)).message


async def test_leaving_closes_everything(settings, live, monkeypatch):
    app = live(settings)
    monkeypatch.setattr(LiveApp, "run_async", lambda self: asyncio.sleep(0))
    stopped = []
    monkeypatch.setattr(Runtime, "stop", lambda self: stopped.append(self) or asyncio.sleep(0))
    await shown(app)
    monkeypatch.undo()
    assert stopped == [app.runtime]


async def test_the_fleet_comes_in_through_the_real_doors(settings, live):
    app = live(settings, FleetApp, DemoClock())
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: len(app.runtime.sessions()) >= 6)
        assert app.runtime.door.receiver.counters.requests > 100
        assert app.demo
        assert app.machine is None
        await until(pilot, lambda: {one.state for one in app.runtime.sessions()} >= {"waiting", "working", "failed"})


async def test_a_recording_ends_as_it_did(settings):
    store = await played(merged([ROOT / "claude-code" / "tui_permission"]), settings)
    (session,) = store.sessions(every=True)
    assert (session.name, session.state, session.turns) == ("shop-api", "ended", 4)
    assert session.waits > 0


async def test_a_recording_plays_on_the_screen(settings, monkeypatch):
    from aimon_tui.app import AimonApp

    seen = []

    async def watched(self):
        async with self.run_test(size=(120, 40)) as pilot:
            await until(pilot, self.ledger.sessions)
            seen.append((self.ledger.sessions()[0].name, self.door.address, self.door.rate() > 0))

    monkeypatch.setattr(AimonApp, "run_async", watched)
    await shown_again(merged([ROOT / "claude-code" / "tui_permission"]), settings, 1000.0)
    assert seen == [("shop-api", "replay:", True)]


def test_the_time_of_a_recording_passes_faster(monkeypatch):
    clock = TapeClock(5 * 10**9, 4.0)
    monkeypatch.setattr(clock._system, "monotonic", lambda: clock._began + 2.0)
    assert clock.now_ns() == 13 * 10**9
    assert clock.until(21 * 10**9) == 2.0
    assert clock.until(1) == 0.0
