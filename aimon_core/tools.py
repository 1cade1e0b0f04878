"""The tool calls of one session, counted once whichever channels tell of them."""

from collections import deque

from aimon_core.bag import Bag
from aimon_core.events import Event, PermissionAnswered, ToolFinished, ToolStarted

RECENT = 512
"""Calls whose time is kept, to count those of the current turn."""


class Tools:
    """Distinct tool calls and failed ones, denied and cancelled calls included."""

    def __init__(self) -> None:
        self.calls = 0
        self.errors = 0
        self.recent: deque[int] = deque(maxlen=RECENT)
        """When the latest calls were first told of, by the events' own clock."""
        self._homes: dict[str, str] = {}
        self._calls: dict[str, Bag] = {}
        self._errors: dict[str, Bag] = {}

    def add(self, event: ToolStarted | ToolFinished | PermissionAnswered) -> None:
        """Count one report."""
        name = event.name
        if event.call_id is not None:
            # A redacted log calls an MCP tool `mcp_tool`, a hook calls it by its name: the id decides whose call it is.
            name = self._homes.setdefault(event.call_id, name)
        before = self.calls
        self.calls += _grown(self._calls, name, event)
        if self.calls > before:
            self.recent.append(event.at_ns)
        if isinstance(event, ToolFinished) and not event.ok and not event.interrupted:
            self.errors += _grown(self._errors, name, event)


def _grown(bags: dict[str, Bag], name: str, event: ToolStarted | ToolFinished | PermissionAnswered) -> int:
    bag = bags.get(name)
    if bag is None:
        bag = bags[name] = Bag()
    before = bag.size
    # A decision and a result are two reports of one channel about one call: without an id they must not add up.
    bag.add(_witness(event), event.call_id, event.unit)
    return bag.size - before


def _witness(event: Event) -> str:
    return f"{event.channel}:{type(event).__name__}"
