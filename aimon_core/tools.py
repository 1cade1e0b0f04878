"""The tool calls of one session: each once, whichever channels tell of its decision, its start and its result."""

from collections import deque

from aimon_core.bag import Bag
from aimon_core.events import PermissionAnswered, ToolFinished, ToolStarted
from aimon_core.merged import Dated, Merged

RECENT = 512
"""Calls kept at hand, to count those of the current turn: a picture is drawn ten times a second."""

MCP = "mcp_tool"
"""The name of a tool of some MCP server whose own name is redacted."""

ToolReport = ToolStarted | ToolFinished | PermissionAnswered


class ToolCall(Dated, gc=False):
    """A tool call in the books."""

    name: str
    call_id: str | None = None
    agent_id: str | None = None
    subject: str = ""
    start_ns: int | None = None
    end_ns: int | None = None
    exact: bool = False
    """Whether a span told the times."""
    failed: bool = False
    error: str = ""
    refused: bool = False
    asked_by: str | None = None
    """Request id of the model call that asked for it."""


class Tools(Merged[ToolCall, ToolReport]):
    """Distinct tool calls and failed ones, denied and cancelled calls included."""

    def __init__(self) -> None:
        super().__init__(_began, _fill, self._counted, fits=_fits)
        self.calls = 0
        self._failures = Bag()
        self.recent: deque[ToolCall] = deque(maxlen=RECENT)

    def take(self, event: ToolReport) -> bool:
        """Take one report in.

        A decision and a result are two reports of one channel about one call, so the signal is the witness, not the
        channel. A redacted log calls an MCP tool `mcp_tool`, a hook calls it by its name: with an id that is one call,
        without one the dash between server and tool, which no other tool has in its name, tells that it is such a tool.
        """
        witness = f"{event.channel}:{event.signal}"
        if isinstance(event, ToolFinished) and _failed(event):
            self._failures.add(witness, event.call_id, event.unit)
        mark = MCP if "-" in event.name else event.name
        return self.add(event, key=event.call_id, mark=mark, witness=witness, unit=event.unit)

    @property
    def errors(self) -> int:
        """Failed calls: without ids nobody knows which of two calls of one tool it was, only how many each told."""
        return self._failures.size

    def forget(self, before_ns: int | None = None) -> None:
        """Forget the older half, or all from before a moment, also of what is at hand."""
        super().forget(before_ns)
        if before_ns is not None:
            self.recent = deque((call for call in self.recent if call.at_ns >= before_ns), maxlen=RECENT)
            self._failures.forget()

    def since(self, start_ns: int) -> int:
        """Calls first told of after a moment, of the last `RECENT`."""
        return sum(call.at_ns >= start_ns for call in self.recent)

    def _counted(self, before: ToolCall | None, after: ToolCall | None) -> None:
        if before is None and after is not None:
            self.recent.append(after)
        elif after is None and before is not None and before in self.recent:
            self.recent.remove(before)
        self.calls += (after is not None) - (before is not None)


def _began(event: ToolReport) -> ToolCall:
    call = ToolCall(event.at_ns, event.name, event.call_id)
    _fill(call, event)
    return call


def _fits(call: ToolCall, event: ToolReport) -> bool:
    """Whether both worked on the same: calls side by side end in another order than they began."""
    return not isinstance(event, PermissionAnswered) and bool(event.subject) and event.subject == call.subject


def _fill(call: ToolCall, event: ToolReport) -> None:
    call.at_ns = min(call.at_ns, event.at_ns)
    call.agent_id = call.agent_id or event.agent_id
    if isinstance(event, ToolStarted):
        call.subject = event.subject or call.subject
        _widen(call, event.at_ns, None)
    elif isinstance(event, ToolFinished):
        call.subject = call.subject or event.subject
        call.asked_by = call.asked_by or event.asked_by
        call.failed = call.failed or _failed(event)
        call.error = call.error or event.error
        _finish(call, event)
    else:
        call.asked_by = call.asked_by or event.asked_by
        call.refused = call.refused or not event.accepted
        _widen(call, event.at_ns, None if event.accepted else event.at_ns)


def _failed(event: ToolFinished) -> bool:
    return not event.ok and not event.interrupted


def _finish(call: ToolCall, event: ToolFinished) -> None:
    began_ns = event.at_ns - round((event.duration_ms or 0) * 1e6)
    if event.channel == "span" and not call.exact:
        call.exact, call.start_ns, call.end_ns = True, began_ns, event.at_ns
    _widen(call, began_ns, event.at_ns)


def _widen(call: ToolCall, start_ns: int, end_ns: int | None) -> None:
    """Take the earliest start and the latest end that any channel tells, unless a span has told them exactly."""
    if call.exact:
        return
    call.start_ns = start_ns if call.start_ns is None else min(call.start_ns, start_ns)
    if end_ns is not None:
        call.end_ns = end_ns if call.end_ns is None else max(call.end_ns, end_ns)
