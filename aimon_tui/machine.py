"""The agents of this machine as the screen knows them: found or not, connected or not, and how much they wrote lately.

It looks when it is asked, beside the loop, and never before the first paint. A screen without one, such as the demo's,
knows nothing of the machine it runs on.
"""

import asyncio
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from aimon_core import paths
from aimon_core.clock import Clock
from aimon_core.config import Settings

if TYPE_CHECKING:  # what a look imports
    from aimon_desktop.setup import Place, Plan

DAYS = 14
"""Transcripts of so many days are counted."""


class Agent(Struct, frozen=True):
    """One agent, as it was when somebody looked."""

    plan: "Plan"
    """What connecting it takes."""
    is_found: bool
    """Whether it is used on this machine."""
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


class Machine:
    """This machine."""

    def __init__(self, settings: Settings, clock: Clock, place: "Place | None" = None) -> None:
        """`place` is where agents are looked for; None takes whoever runs this process."""
        self._settings, self._clock, self._place = settings, clock, place
        self.agents: tuple[Agent, ...] | None = None
        """All that can be connected, in a fixed order; None before anybody looked."""

    async def look(self, address: str) -> tuple[Agent, ...]:
        """Look at all agents, as they would be connected to an address. Raises AimonError or OSError."""
        self.agents = await asyncio.to_thread(self._look, address)
        return self.agents

    def _look(self, address: str) -> tuple[Agent, ...]:
        from aimon_desktop import setup
        from aimon_desktop.setup import executables

        place = self._place_for(f"http://{address}")
        written = self._written()
        return tuple(
            Agent(
                plan,
                setup.is_found(plan.agent, place),
                executables.version(plan.agent, place),
                written.get(plan.agent),
            )
            for plan in setup.plans(place, setup.TABLES)
        )

    def _place_for(self, endpoint: str) -> "Place":
        from aimon_desktop.setup import Place

        if self._place is not None:
            return replace(self._place, endpoint=endpoint)
        return Place.here(endpoint, state_dir=paths.state_dir(self._settings.state_dir))

    def _written(self) -> dict[str, int]:
        if "transcripts" not in self._settings.sources:
            return {}
        from receiver import lately

        return lately.transcripts(self._clock.now_ns() - DAYS * 86_400 * 10**9)
