"""Pilots that do not sleep: Textual's waits until the process is idle, 20 ms at a time; ours lets the messages pass."""

import time

import pytest

from tests.tui.screen import Played, settle


@pytest.fixture
def at_once(monkeypatch):
    """A key is pressed when everything that it sets off has happened, painting included."""

    async def idle(*_limits: float) -> None:
        await settle(Played.last)

    monkeypatch.setattr("textual.app.wait_for_idle", idle)
    monkeypatch.setattr("textual.pilot.wait_for_idle", idle)


@pytest.fixture(autouse=True)
def universal_time(monkeypatch):
    """Times of the day are told as in Greenwich, wherever the tests run."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()
