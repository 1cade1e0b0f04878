"""What an agent's own status line told of a session last: apart from the other books, for it is a word and no work."""

from msgspec.structs import replace

from aimon_core.events import Gauged
from aimon_core.session import Context, RateLimit


class Gauges:
    """The newest word."""

    __slots__ = ("_told", "arrived_ns")

    def __init__(self) -> None:
        self._told: Gauged | None = None
        self.arrived_ns = 0

    def take(self, event: Gauged, arrived_ns: int) -> bool:
        """Enter a status line; whether it says anything new. Limits that one of them leaves out stay as they were."""
        self.arrived_ns = max(self.arrived_ns, arrived_ns)
        before = self._told
        if before is None:
            self._told = event
            return True
        if event.at_ns < before.at_ns:
            return False
        self._told = event if event.limits else replace(event, limits=before.limits)
        return replace(before, at_ns=event.at_ns) != self._told

    def fact(self, name: str) -> str | None:
        """What it says of a session besides."""
        return getattr(self._told, name, None)

    @property
    def limits(self) -> tuple[RateLimit, ...]:
        """The allowances of the agent's account."""
        return self._told.limits if self._told else ()

    def context(self, last_call: tuple[int, int] | None, limit: int | None) -> Context | None:
        """How full the window is: by the agent, unless a call was made since; its limit is the agent's word first.

        `last_call` is when the last call was made and what it read, `limit` that of the price table.
        """
        told = self._told
        if told is not None:
            limit = told.context_limit or limit
            if told.context_used is not None and (last_call is None or last_call[0] <= told.at_ns):
                return Context(told.context_used, limit)
        return Context(last_call[1], limit) if last_call else None
