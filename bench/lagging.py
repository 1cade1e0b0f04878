"""The dashboard as `aimon` runs it, with a watch on its loop: `python -m bench.lagging FILE` writes what it saw there.

A line for each time the loop was asked to come back after 5 ms: when it did, and how late. The watch costs about 1 %
of a core.
"""

import asyncio
import sys
import time
from pathlib import Path

from aimon_core.clock import SystemClock
from aimon_core.config import Settings
from aimon_tui import live
from aimon_tui.live import LiveApp, screen_settings, shown
from aimon_tui.runtime import Runtime

STEP_S = 0.005


class Watched(LiveApp):
    """A dashboard that notes how late its loop is."""

    CSS_PATH = str(Path(live.__file__).with_name("aimon.tcss"))

    def __init__(self, settings: Settings) -> None:
        clock = SystemClock()
        super().__init__(Runtime(settings, clock), clock=clock, settings=screen_settings(settings))
        self.late: list[tuple[float, float]] = []
        """Monotonic seconds, and seconds too late."""

    async def on_ready(self) -> None:
        """Start as `aimon` does, and the watch beside it."""
        await super().on_ready()
        self.run_worker(self._watch())

    async def _watch(self) -> None:
        while True:
            asked = time.monotonic()
            await asyncio.sleep(STEP_S)
            now = time.monotonic()
            self.late.append((now, now - asked - STEP_S))


def main() -> None:
    """Show the dashboard until it is told to end, then write what was seen."""
    app = Watched(Settings(port=0))
    try:
        asyncio.run(shown(app))
    finally:
        Path(sys.argv[1]).write_text("".join(f"{at} {late}\n" for at, late in app.late))


if __name__ == "__main__":
    main()
