"""The agents of this machine as the screen knows them: found or not, connected or not, and how much they wrote lately.

It looks when it is asked, beside the loop, and never before the first paint. A screen without one, such as the demo's,
knows nothing of the machine it runs on.
"""

import asyncio
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from aimon_core import paths
from aimon_core.agents import CONNECTABLE
from aimon_core.clean import clean
from aimon_core.clock import Clock
from aimon_core.config import Settings
from aimon_core.session import Session
from aimon_tui.keys import shown
from aimon_tui.views import DoorView

if TYPE_CHECKING:  # what a look imports, and the app that holds a machine
    from aimon_core.history import Cell
    from aimon_desktop.setup import Place, Plan
    from aimon_tui.app import AimonApp
    from receiver.usage.base import Say

DAYS = 14
"""Transcripts of so many days are counted."""
_SPECS = {"✓": "done", "○": "muted", "!": "wait", "×": "fail", "·": "faint"}


class Agent(Struct, frozen=True):
    """One agent, as it was when somebody looked."""

    plan: "Plan"
    """What connecting it takes."""
    files: str
    """What that changes: `~/.codex/config.toml, hooks.json`."""
    standing: tuple[str, str]
    """Glyph and word: `✓ connected`, `· not found`."""
    is_absent: bool
    """Whether it is not used on this machine, and nothing of aimon's was left in its settings."""
    version: str | None
    transcripts: int | None
    """How many it wrote to in the last days; None where they are not looked at, or not understood."""

    @property
    def id(self) -> str:
        """What rows call it."""
        return self.plan.agent

    @property
    def label(self) -> str:
        """What sentences call it."""
        return self.plan.connection.label

    @property
    def spec(self) -> str:
        """In which colour its standing is told."""
        return _SPECS[self.standing[0]]

    @property
    def is_connected(self) -> bool:
        """Whether there is nothing left to connect."""
        return self.plan.state == "connected"


class Machine:
    """This machine."""

    def __init__(self, settings: Settings, clock: Clock, place: "Place | None" = None) -> None:
        """`place` is where agents are looked for; None takes whoever runs this process."""
        self._settings, self._clock, self._place = settings, clock, place
        self.agents: tuple[Agent, ...] | None = None
        """All that can be connected, in a fixed order; None before anybody looked."""
        self.ready = asyncio.Event()
        """Set by the screen once it is painted and its doors are open, or stay shut."""
        self._looking = asyncio.Lock()  # what was seen first must not be told last

    async def look(self, door: DoorView) -> None:
        """Look at all agents, as they would be connected to a door; not before the screen is ready."""
        await self.ready.wait()
        async with self._looking:
            self.agents = await asyncio.to_thread(self._look, door.address)

    async def used(self, say: "Say") -> "list[Cell]":
        """All that was used on this machine; `say` hears how much of the journal is read, in a thread of its own.

        Raises AimonError.
        """
        from aimon_tui import past

        sources = [one for one in past.SOURCES if one == "journal" or one in self._settings.sources]
        return await asyncio.to_thread(past.cells, self._settings, sources, say)

    def _look(self, address: str) -> tuple[Agent, ...]:
        from aimon_desktop import setup

        place, written = self.place(address), self._written()
        return tuple(_agent(plan, written.get(plan.agent)) for plan in setup.plans(place, setup.TABLES))

    def place(self, address: str) -> "Place":
        """Whose agents they are, and where they would send to."""
        from aimon_desktop.setup.place import Place, endpoint

        host, _, port = address.rpartition(":")
        url = endpoint(host, int(port))
        if self._place is not None:
            return replace(self._place, endpoint=url)
        return Place.here(url, state_dir=paths.state_dir(self._settings.state_dir))

    def _written(self) -> dict[str, int]:
        if "transcripts" not in self._settings.sources:
            return {}
        from receiver import lately

        return lately.transcripts(self._clock.now_ns() - DAYS * 86_400 * 10**9)


def _agent(plan: "Plan", transcripts: int | None) -> Agent:
    """An agent, of what it takes to connect it. Blocks."""
    from aimon_desktop import setup
    from aimon_desktop.setup import executables, words
    from aimon_desktop.setup.plan import shortened

    first, *others = (document.path for document in plan.connection.documents)
    files = clean(", ".join([shortened(first, plan.place), *(path.name for path in others)]))
    is_absent = plan.state is setup.State.NOT_CONNECTED and not setup.is_found(plan.agent, plan.place)
    standing = ("·", "not found") if is_absent else words.standing(plan)
    return Agent(plan, files, standing, is_absent, executables.version(plan.agent, plan.place), transcripts)


def mending(app: "AimonApp", session: Session) -> str:
    """The key that leads to what mends a session's blind spots; empty where they cannot be mended from here."""
    mends = app.machine is not None and session.agent in CONNECTABLE
    return shown("setup", app.keys) if mends else ""
