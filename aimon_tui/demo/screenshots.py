"""Draws `screenshots/*.svg`: the demo's fleet through real doors, at the moment the curtain rises.

`python -m aimon_tui.demo.screenshots FOLDER`. The clock stands still at that moment, so the same code draws the same
pictures; what a picture shows is what the program shows.
"""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

from aiohttp import ClientSession
from msgspec import Struct

from aimon_core.config import Settings
from aimon_tui.app import AimonApp, ScreenSettings
from aimon_tui.demo import DemoClock, play_morning
from aimon_tui.demo.home import machine
from aimon_tui.demo.wire import Request
from aimon_tui.door import Door
from aimon_tui.machine import Machine
from aimon_tui.runtime import Runtime

CURTAIN_NS = 1_795_252_500_000_000_000
"""2026-11-21 09:15 UTC."""


class Shot(Struct, frozen=True):
    """One picture."""

    name: str
    size: tuple[int, int]
    theme: str = "aimon-dark"
    keys: tuple[str, ...] = ()
    empty: bool = False
    """Without sessions, but on a machine with agents."""


SHOTS = (
    Shot("dashboard-dark", (120, 40)),
    Shot("dashboard-light", (120, 40), "aimon-light"),
    Shot("medium-80x24", (80, 24)),
    Shot("medium-80x24-cost", (80, 24), keys=("tab", "tab", "j", "j")),
    Shot("session", (120, 40), keys=("enter", "e")),
    Shot("why", (120, 40), keys=("w",)),
    Shot("small-60x15", (60, 15)),
    Shot("filter", (120, 40), keys=("slash", *"cost>1")),
    Shot("help", (80, 24), "aimon-light", ("question_mark",)),
    Shot("empty", (80, 24), empty=True),
    Shot("setup", (120, 40), keys=("S",), empty=True),
    Shot("history", (120, 40), keys=("h",), empty=True),
)


class UsualDoor:
    """The demo's door with the port that everybody has: it really takes a free one, another in each run."""

    problem = None
    address, label, fault = "127.0.0.1:4318", ":4318", ":4318 taken"

    def __init__(self, door: Door) -> None:
        self.rate, self.forwards = door.rate, door.forwards


async def draw(folder: Path) -> None:
    """Draw every picture into a folder."""
    with tempfile.TemporaryDirectory(prefix="aimon-shots-") as mine:
        clock = DemoClock(CURTAIN_NS)
        runtime = Runtime(Settings(port=0, persist=False), clock, runtime_folder=f"{mine}/run")
        quiet = Runtime(Settings(port=0, persist=False), clock, runtime_folder=f"{mine}/quiet")
        agents = machine(Path(mine, "home"), clock)
        await runtime.start()
        await runtime.priced.wait()
        async with ClientSession(f"http://{runtime.door.address}") as client:

            async def send(request: Request) -> None:
                headers = {"Content-Type": request.content_type}
                async with client.post(request.path, data=request.body, headers=headers) as answer:
                    answer.raise_for_status()
                runtime.frame()

            await play_morning(clock, send)
        for shot in SHOTS:
            svg = await _drawn(shot, quiet if shot.empty else runtime, clock, agents if shot.empty else None)
            await asyncio.to_thread((folder / f"{shot.name}.svg").write_text, svg)
        await runtime.stop()


def _in_greenwich() -> None:
    """Tell times of the day as UTC, wherever the pictures are drawn."""
    os.environ["TZ"] = "UTC"
    time.tzset()


async def _drawn(shot: Shot, runtime: Runtime, clock: DemoClock, agents: Machine | None) -> str:
    app = AimonApp(
        runtime,
        door=UsualDoor(runtime.door),
        clock=clock,
        settings=ScreenSettings(theme=shot.theme),
        machine=agents,
        framed=False,
        environment={"TERM": "xterm-256color", "COLORTERM": "truecolor"},
    )
    async with app.run_test(size=shot.size) as pilot:
        for key in ("", *shot.keys):
            await pilot.press(*[key] if key else [])
            await app.workers.wait_for_complete()
            await pilot.pause()
        return app.export_screenshot(title="aimon", simplify=True)


if __name__ == "__main__":
    target = Path(sys.argv[1] if sys.argv[1:] else "screenshots")
    target.mkdir(exist_ok=True)
    _in_greenwich()
    asyncio.run(draw(target))
