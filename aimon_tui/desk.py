"""Where what the doors bring is entered, told and kept: between the receiver, the ledger, the hands and the journal."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from aimon_core.clock import Clock
from aimon_core.events import Event
from aimon_core.probe import is_probe
from aimon_core.session import Transition
from aimon_core.store import SessionStore

if TYPE_CHECKING:  # what the start of the runtime imports
    from concurrent.futures import Future

    from aimon_core.journal import Delivery
    from aimon_core.writer import Writer
    from receiver.recorder import Recorder
    from receiver.told import Kept

FRESH_S = 30.0
"""How old something may be when it comes in and still be told as news: hooks may have been spooled for a day."""


class Desk:
    """Takes what the doors bring: into the ledger, then into the journal, and only then is it acknowledged."""

    def __init__(self, store: SessionStore, tell: Callable[[list[Transition]], None], clock: Clock) -> None:
        self._store, self._tell, self._clock = store, tell, clock
        self.journal: Writer | None = None
        self.kept: Kept | None = None
        """The journal, else memory, else nothing."""
        self.recorder: Recorder | None = None
        """Who tells whoever records; None until the doors open."""

    @property
    def wants_deliveries(self) -> bool:
        """Whether there is a place for them."""
        return self.kept is not None or (self.recorder is not None and self.recorder.wants_deliveries)

    def acknowledge(self, key: str) -> list[Transition]:
        """A person has seen that a session is done: a restart will know it too."""
        moved = self._store.acknowledge(key)
        self._tell(moved)
        if moved and (session := self._store.get(key)) is not None:
            from aimon_core.journal import SEEN, Delivery  # noqa: PLC0415 - loaded by now, but not for the first paint

            delivery = Delivery(SEEN, key.encode(), session.since_ns)
            if self.recorder is not None:
                self.recorder.seen(delivery)
            if self.journal is not None:
                self.journal.append(delivery)  # nobody waits for it
        return moved

    def accept(self, delivery: "Delivery | None", events: list[Event]) -> "Future[None] | None":
        """Apply, tell what is news, have it committed; should that fail, the sender's retry adds nothing."""
        arrived_ns = delivery.arrived_ns if delivery is not None else self._clock.now_ns()
        moved = self._store.apply(events, arrived_ns)
        if self._clock.now_ns() - arrived_ns < FRESH_S * 1e9:
            self._tell(moved)
        if self.kept is not None and delivery is not None and not any(map(is_probe, events)):
            return self.kept.append(delivery)
        return None
