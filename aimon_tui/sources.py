"""What aimon sees for itself, without any setting: transcripts as they are written, and the processes of agents.

It stands apart from the doors because nobody sends anything here: where `Runtime` has no sources, as in the demo, no
file and no process of the person's is looked at. Nothing is journalled either: transcripts are on disk already, and a
restart reads them again beside the journal; what both tell of counts once.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from aimon_core.clock import Clock
from aimon_core.config import Settings
from aimon_core.events import Event
from aimon_core.session import Transition
from aimon_core.store import SessionStore

if TYPE_CHECKING:  # what `run` imports
    from receiver.follow import Follower
    from receiver.recorder import Recorder
    from receiver.registry import Registry

LOOK_S = 2.0
"""Between two looks at processes and session files: a killed agent's row ends within it."""

Pids = Callable[[], Iterable[int]]


class Sources:
    """The sources that are asked for."""

    def __init__(self, settings: Settings, clock: Clock, *, pids: Pids | None = None) -> None:
        """`pids` names the processes to look at; None looks at all of this user's."""
        self._names, self._clock, self._pids = frozenset(settings.sources), clock, pids
        self._started_ns = clock.now_ns()
        self.caught_up = asyncio.Event()
        """Set when what was there at the start is in the ledger."""

    async def run(
        self, store: SessionStore, tell: Callable[[list[Transition]], None], recorder: "Recorder | None" = None
    ) -> None:
        """Look and follow until cancelled. `tell` hears of states that changed, not of those that passed long ago.

        `recorder` hears of all that is entered.
        """

        def take(events: list[Event], at_ns: int) -> None:
            moved = store.apply(events, min(at_ns, self._clock.now_ns()))
            if at_ns >= self._started_ns:
                tell(moved)

        def seen(events: list[Event], at_ns: int) -> None:
            take(events, at_ns)
            if recorder is not None:
                recorder.learned(events, min(at_ns, self._clock.now_ns()))

        follower, registry = await asyncio.to_thread(self._made, take, recorder)
        async with asyncio.TaskGroup() as tasks:
            if follower is not None:
                tasks.create_task(follower.run())
            if registry is not None:
                tasks.create_task(self._look(registry, follower, store, seen))
            if follower is not None:
                await follower.caught_up.wait()
            self.caught_up.set()

    def _made(
        self, take: Callable[[list[Event], int], None], recorder: "Recorder | None"
    ) -> tuple["Follower | None", "Registry | None"]:
        """What is asked for; importing it takes longer than a frame."""
        from receiver.follow import Follower

        hears = recorder.read if recorder is not None else None
        follower = Follower(take, self._clock, hears=hears) if "transcripts" in self._names else None
        if "processes" not in self._names:
            return follower, None
        from aimon_core.scan import Scan
        from receiver.registry import Registry

        return follower, Registry(self._clock, Scan(self._pids) if self._pids else Scan())

    async def _look(
        self,
        registry: "Registry",
        follower: "Follower | None",
        store: SessionStore,
        take: Callable[[list[Event], int], None],
    ) -> None:
        while True:
            sight = await asyncio.to_thread(registry.look)
            for events, at_ns in registry.deliveries(sight, store.sessions()):
                take(events, at_ns)
            if follower is not None:
                await follower.want(registry.living)
            await asyncio.sleep(LOOK_S)
