"""The dashboard of a running aimon: a screen that starts its runtime once it is painted, and stops it at the end."""

import asyncio
import gc
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from aimon_core.clock import Clock
from aimon_core.config import Settings
from aimon_core.errors import AimonError, PortTaken
from aimon_tui.app import AimonApp, ScreenSettings
from aimon_tui.machine import Machine
from aimon_tui.remote import RemoteLedger
from aimon_tui.runtime import Runtime

if TYPE_CHECKING:
    from aimon_tui.attached import Source

BEAT_S = 0.5
"""How often the hands are told while the screen is paused and asks for nothing."""
SWITCH_S = 0.001
"""How long a thread that reads the past or judges holds up the loop each time: at Python's 5 ms it was 5.5 ms late in
the middle and 44 ms at p99, at this 1.2 and 28."""


class LiveApp(AimonApp):
    """The dashboard on a runtime of its own."""

    def __init__(
        self,
        runtime: Runtime,
        *,
        clock: Clock,
        settings: ScreenSettings,
        machine: Machine | None = None,
        demo: bool = False,
        heir: Callable[[], Runtime] | None = None,
    ) -> None:
        """`heir` makes the runtime that takes over from an aimon that was shown and is gone; without it, none does."""
        super().__init__(
            runtime,
            door=runtime.door,
            clock=clock,
            settings=settings,
            tells=runtime.told,
            machine=machine,
            demo=demo,
        )
        self.runtime = runtime
        runtime.remembers = True
        self._heir, self._own_clock = heir, clock
        self._settled, self._full, self._noticed = False, False, 0

    async def on_ready(self) -> None:
        """The first paint is done: now load what is heavy and open the doors."""
        self.run_worker(self.open(), exit_on_error=True)

    async def open(self) -> None:
        """Start the runtime; doors that stay shut are told and shown, everything else goes on."""
        try:
            await self.runtime.start(frame_s=BEAT_S)
        except PortTaken as error:
            if error.by_aimon:
                await self.attach()
                return
            self.tell_problem(error)
        except AimonError as error:
            self.tell_problem(error)
        finally:
            if self.machine is not None:
                self.machine.ready.set()
        await self.runtime.restored.wait()
        self.settle()

    def settle(self) -> None:
        """Everything stands: say what went wrong on the way, and from now on at once."""
        self._settled = True
        self._tell_notices()
        gc.freeze()  # what was imported and restored lives as long as we do: the collector need not look at it again
        gc.enable()

    async def attach(self) -> None:
        """Another aimon has the port: show what it shows."""
        from aimon_tui.attached import Attachment, HttpSource  # noqa: PLC0415 - after the first paint

        address = self.runtime.door.address.rpartition(":")
        await self.runtime.stop()
        source = HttpSource(address[0], int(address[2]), beacon=self.runtime.settings.title_beacon)
        attachment = Attachment(source, self._own_clock, self.say, self.take_over)
        self.show(attachment.ledger, door=attachment.door, clock=attachment.clock, tells=attachment.told)
        self.run_worker(attachment.run())
        gc.enable()

    async def take_over(self) -> bool:
        """Become the aimon that was shown and is gone; whether that went well: of several screens one gets the port.

        What the other one kept must be ours to read, or its sessions would vanish from the screen.
        """
        kept = (self.runtime.state_dir / "journal.db").resolve()
        if self._heir is None or not isinstance(self.ledger, RemoteLedger) or self.ledger.journal != str(kept):
            return False
        self.runtime = runtime = self._heir()
        self._settled, self._noticed = False, 0
        runtime.remembers = True
        try:
            await runtime.start(frame_s=BEAT_S)
        except AimonError:
            await runtime.stop()
            return False
        await runtime.caught_up()
        self.show(runtime, door=runtime.door, clock=self._own_clock, tells=runtime.told)
        self.say(f"took over {runtime.door.address}", "information")
        self.settle()
        return True

    def frame(self) -> None:
        """Show what changed; say what went wrong, and once that the books are full and whose words are not read."""
        super().frame()
        if self._settled:
            self._tell_notices()
        if not self._full and (let_go := self.runtime.store.counters.let_go):
            self._full = True
            self.toast(f"There are more sessions than aimon remembers: {let_go}. aimon doctor counts them.")
        for drift in self.runtime.store.drifts.news():
            self.toast(f"{drift.speaker} says what aimon cannot read. aimon doctor shows it.")

    def _tell_notices(self) -> None:
        """What is new of what a person should know."""
        notices = self.runtime.notices
        for notice in notices[self._noticed :]:
            self.toast(notice, "error")
        self._noticed = len(notices)

    def tell_problem(self, error: AimonError) -> None:
        """The doors stay shut: everything else goes on."""
        self.repaint()
        self.toast(str(error), "error")


class ConnectedApp(AimonApp):
    """The dashboard of another machine's aimon."""

    def __init__(self, source: "Source", *, clock: Clock, settings: ScreenSettings) -> None:
        from aimon_tui.attached import Attachment  # noqa: PLC0415 - not for the usual start

        self.attachment = Attachment(source, clock, self.say)
        super().__init__(
            self.attachment.ledger,
            door=self.attachment.door,
            clock=self.attachment.clock,
            settings=settings,
            tells=self.attachment.told,
        )

    async def on_ready(self) -> None:
        """The first paint is done: now listen."""
        self.run_worker(self.attachment.run())
        gc.enable()


async def shown(app: LiveApp | ConnectedApp) -> None:
    """Run the screen until it is left or told to end, then close everything it opened."""
    sys.setswitchinterval(SWITCH_S)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):  # else the terminal would be left as the screen had it
        with suppress(NotImplementedError, RuntimeError):
            loop.add_signal_handler(number, app.exit)
    try:
        await app.run_async()
    finally:
        if isinstance(app, LiveApp):
            await app.runtime.stop()


def screen_settings(settings: Settings, *, popup: bool = False) -> ScreenSettings:
    """What the settings say about the screen."""
    return ScreenSettings(
        theme=settings.theme,
        ascii=settings.ascii,
        bell=settings.bell,
        title=settings.title,
        keys=settings.keys,
        popup=popup,
    )
