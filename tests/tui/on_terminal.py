"""The dashboard on a real terminal, for `test_pty`: `python -m tests.tui.on_terminal morning|hostile|wait|attach`."""

import os
import sys

from aimon_core.clock import SteppedClock
from aimon_desktop.terminals import Outcome
from aimon_tui.app import AimonApp, ScreenSettings
from tests.fakes.fleet import StillDoor, StillLedger, morning, session
from tests.hostile import CORPUS, everywhere


class Waits(StillLedger):
    """A ledger in which a session begins to wait at the third frame."""

    def tick(self) -> None:
        super().tick()
        if self.ticks == 3:
            self.put(session("codex", "web-app", "waiting", 0))


class Detached(StillLedger):
    """A ledger whose sessions are all in a tmux that no terminal shows."""

    async def focus(self, key: str) -> Outcome:
        return Outcome(ok=False, line="No terminal shows it.", command=os.environ["SHOWS"], attaches=True)


LEDGERS = {"wait": Waits, "attach": Detached}


def dashboard(name: str) -> AimonApp:
    """What is shown: calm, so that only what telemetry brings could ring or name the window, or with a new wait."""
    sessions = [one for text in CORPUS.values() for one in everywhere(text)] if name == "hostile" else morning()
    calm = name != "wait"
    return AimonApp(
        LEDGERS.get(name, StillLedger)(sessions),
        door=StillDoor(),
        clock=SteppedClock(),
        settings=ScreenSettings(bell=not calm, title=not calm),
    )


if __name__ == "__main__":
    dashboard(sys.argv[1]).run()
