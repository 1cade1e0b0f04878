"""`aimon` itself: the dashboard, painted as soon as can be.

Until then nothing is imported that the first picture does not need, and the garbage collector stands still: it would
walk through Textual's modules a dozen times, an eighth of the whole start, and find nothing.
"""

import gc
import os
import sys
from pathlib import Path

from aimon_core import config, paths
from aimon_core.config import Settings
from aimon_core.errors import AimonError

_OURS = {"localhost", "127.0.0.1", "::1"}


def main() -> int:
    """`aimon` without a word more: no command line to read, so click (17 ms) is not loaded. The exit code."""
    try:
        run(config.load(paths.config_file(), os.environ, {}).settings)
    except AimonError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def connect(settings: Settings, url: str) -> None:
    """Show another machine's aimon until the screen is left. Raises UsageError for what is no `ssh://HOST`."""
    import asyncio

    from aimon_core.clock import SystemClock
    from aimon_tui import logs
    from aimon_tui.attached import SshSource
    from aimon_tui.live import ConnectedApp, screen_settings, shown

    source = SshSource(url)
    with logs.to_file(Path(settings.state_dir).expanduser() if settings.state_dir else paths.state_dir()):
        asyncio.run(shown(ConnectedApp(source, clock=SystemClock(), settings=screen_settings(settings))))


def run(settings: Settings, *, popup: bool = False) -> None:
    """Show the dashboard until it is left; a popup is left by going to a terminal, too.

    Raises Unsafe for an address that is not this machine's own.
    """
    if settings.host not in _OURS:
        from receiver.guard import addresses

        addresses(settings.host, settings.token or "")
    gc.disable()  # `LiveApp.open` lets it go on
    import asyncio

    from aimon_core.clock import SystemClock
    from aimon_tui import logs
    from aimon_tui.live import LiveApp, screen_settings, shown
    from aimon_tui.machine import Machine
    from aimon_tui.outlets import outlets
    from aimon_tui.runtime import Runtime
    from aimon_tui.sources import Sources

    clock = SystemClock()
    screen = screen_settings(settings, popup=popup)

    def made() -> Runtime:
        runtime = Runtime(settings, clock, sources=Sources(settings, clock))
        runtime.outlets = lambda: outlets(runtime, clock, app.tell_terminal)
        return runtime

    runtime = made()
    app = LiveApp(runtime, clock=clock, settings=screen, machine=Machine(settings, clock), heir=made)
    with logs.to_file(runtime.state_dir):
        asyncio.run(shown(app))
