"""The dashboard of the demo: once its doors are open, it sends itself what a fleet of agents would."""

from aimon_core.errors import Unavailable
from aimon_tui.app import ScreenSettings
from aimon_tui.demo import DemoClock, play_morning, play_on
from aimon_tui.demo.wire import Request
from aimon_tui.live import LiveApp
from aimon_tui.runtime import Runtime


class FleetApp(LiveApp):
    """A dashboard with a scripted fleet behind its doors."""

    def __init__(self, runtime: Runtime, *, clock: DemoClock, settings: ScreenSettings) -> None:
        super().__init__(runtime, clock=clock, settings=settings, demo=True)
        self._story = clock

    async def open(self) -> None:
        """Open the doors, then play for as long as the screen is there."""
        await super().open()
        from aiohttp import ClientSession  # noqa: PLC0415 - after the first paint, like the doors

        async with ClientSession(f"http://{self.runtime.door.address}") as client:

            async def send(request: Request) -> None:
                headers = {"Content-Type": request.content_type}
                async with client.post(request.path, data=request.body, headers=headers) as answer:
                    if answer.status != 200:
                        raise Unavailable(f"The demo's own door answered {answer.status}.")

            rest = await play_morning(self._story, send)
            await play_on(rest, self._story, send)
