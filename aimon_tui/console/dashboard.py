"""`aimon`: the dashboard with the receiver in it."""

import asyncio

from aimon_core.clock import SystemClock
from aimon_core.config import Settings
from aimon_tui import logs
from aimon_tui.live import LiveApp, screen_settings, shown
from aimon_tui.loopback import check
from aimon_tui.runtime import Runtime


def run(settings: Settings) -> None:
    """Show the dashboard until it is left. Raises Unsafe for an address that is not this machine's own."""
    check(settings.host)
    clock = SystemClock()
    runtime = Runtime(settings, clock)
    with logs.to_file(runtime.state_dir):
        asyncio.run(shown(LiveApp(runtime, clock=clock, settings=screen_settings(settings))))
