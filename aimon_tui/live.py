"""The dashboard of a running aimon: a screen that starts its runtime once it is painted, and stops it at the end."""

import asyncio
import gc
import signal
from contextlib import suppress

from aimon_core.clock import Clock
from aimon_core.config import Settings
from aimon_core.errors import AimonError
from aimon_tui.app import AimonApp, ScreenSettings
from aimon_tui.runtime import Runtime

BEAT_S = 0.5
"""How often the hands are told while the screen is paused and asks for nothing."""


class LiveApp(AimonApp):
    """The dashboard on a runtime of its own."""

    def __init__(self, runtime: Runtime, *, clock: Clock, settings: ScreenSettings, demo: bool = False) -> None:
        super().__init__(runtime, door=runtime.door, clock=clock, settings=settings, demo=demo)
        self.runtime = runtime

    async def on_ready(self) -> None:
        """The first paint is done: now load what is heavy and open the doors."""
        self.run_worker(self.open(), exit_on_error=True)

    async def open(self) -> None:
        """Start the runtime; doors that stay shut are told and shown, everything else goes on."""
        try:
            await self.runtime.start(frame_s=BEAT_S)
        except AimonError as error:
            self.repaint()
            self.toast(str(error), "error")
        await self.runtime.restored.wait()
        for notice in self.runtime.notices:
            self.toast(notice, "error")
        gc.freeze()  # what was imported and restored lives as long as we do: the collector need not look at it again
        gc.enable()


async def shown(app: LiveApp) -> None:
    """Run the screen until it is left or told to end, then close everything it opened."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):  # else the terminal would be left as the screen had it
        with suppress(NotImplementedError, RuntimeError):
            loop.add_signal_handler(number, app.exit)
    try:
        await app.run_async()
    finally:
        await app.runtime.stop()


def screen_settings(settings: Settings, *, popup: bool = False) -> ScreenSettings:
    """What the settings say about the screen."""
    return ScreenSettings(theme=settings.theme, ascii=settings.ascii, keys=settings.keys, popup=popup)
