"""The tool calls of one session: each once, whichever channels tell of its decision, its start and its result."""

from msgspec import Struct

from aimon_core.events import PermissionAnswered, ToolFinished, ToolStarted
from aimon_core.merged import Merged

ToolReport = ToolStarted | ToolFinished | PermissionAnswered


class ToolCall(Struct, gc=False):
    """A tool call in the books."""

    name: str
    at_ns: int
    """When it was first told of, by the events' own clock."""
    agent_id: str | None = None
    failed: bool = False


class Tools(Merged[ToolCall, ToolReport]):
    """Distinct tool calls and failed ones, denied and cancelled calls included."""

    def __init__(self) -> None:
        super().__init__(_began, _fill, self._counted)
        self.calls = 0
        self.errors = 0

    def take(self, event: ToolReport) -> bool:
        """Take one report in.

        A decision and a result are two reports of one channel about one call, so the signal is the witness, not the
        channel. A redacted log calls an MCP tool `mcp_tool`, a hook calls it by its name: with an id that is one call.
        """
        witness = f"{event.channel}:{event.signal}"
        return self.add(event, key=event.call_id, mark=event.name, witness=witness, unit=event.unit)

    def since(self, start_ns: int) -> int:
        """Calls first told of after a moment."""
        return sum(call.at_ns >= start_ns for call in self)

    def _counted(self, before: ToolCall | None, after: ToolCall | None) -> None:
        for call, sign in ((before, -1), (after, 1)):
            if call is not None:
                self.calls += sign
                self.errors += sign * call.failed


def _began(event: ToolReport) -> ToolCall:
    return ToolCall(event.name, event.at_ns, event.agent_id, _failed(event))


def _fill(call: ToolCall, event: ToolReport) -> None:
    call.at_ns = min(call.at_ns, event.at_ns)
    call.agent_id = call.agent_id or event.agent_id
    call.failed = call.failed or _failed(event)


def _failed(event: ToolReport) -> bool:
    return isinstance(event, ToolFinished) and not event.ok and not event.interrupted
