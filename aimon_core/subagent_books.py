"""The books of the subagents of one session: their work stands in its books too, these only say which part was whose.

A subagent may have two ids, its own and that of the span by which telemetry calls it. They meet where somebody tells
both, or where two channels tell of one call, of a model or a tool. Books stay under the id that they were told under;
whoever reads them sees one subagent, in whatever order that came out.
"""

from collections.abc import Iterator

from aimon_core.events import Event, SubagentEnded, SubagentStarted
from aimon_core.tally import Tally
from aimon_core.tools import Tools

SUBAGENTS = 256
"""Subagents of one session with books of their own; the work of further ones stands in the session's."""


class Helper:
    """The books of one subagent."""

    __slots__ = ("last_began_ns", "last_ended_ns", "ok", "started_ns", "tally", "tools", "type")

    def __init__(self) -> None:
        self.type: str | None = None
        self.tally = Tally()
        self.tools = Tools()
        self.started_ns: int | None = None
        self.last_began_ns = self.last_ended_ns = 0
        """When it last began, for it may be asked again, and when it last ended."""
        self.ok = True

    @property
    def ended_ns(self) -> int | None:
        """When it was done; None while it works."""
        return self.last_ended_ns if self.last_ended_ns and self.last_ended_ns >= self.last_began_ns else None

    def began(self, at_ns: int) -> None:
        """It was asked for something."""
        self.started_ns = min(self.started_ns or at_ns, at_ns)
        self.last_began_ns = max(self.last_began_ns, at_ns)

    def ended(self, at_ns: int, *, ok: bool) -> None:
        """It is done."""
        self.last_ended_ns, self.ok = max(self.last_ended_ns, at_ns), ok

    def joined(self, other: "Helper") -> "Helper":
        """Both as one: a call stands in one of them, a tool's in each that was told of it."""
        whole = Helper()
        whole.type = self.type or other.type
        whole.tally = self.tally.plus([other.tally])
        whole.tools = max(self.tools, other.tools, key=lambda tools: tools.calls)
        whole.started_ns = min(filter(None, (self.started_ns, other.started_ns)), default=None)
        whole.last_began_ns = max(self.last_began_ns, other.last_began_ns)
        whole.last_ended_ns = max(self.last_ended_ns, other.last_ended_ns)
        whole.ok = self.ok and other.ok
        return whole


class Helpers:
    """The subagents of one session."""

    def __init__(self, *, two_ids: bool) -> None:
        """`two_ids` says whether telemetry calls them by their spans."""
        self._books: dict[str, Helper] = {}
        self._own: dict[str, str] = {}
        """By the id of a span, the subagent's own."""
        self._two_ids = two_ids

    def __iter__(self) -> Iterator[Helper]:
        yield from self._books.values()

    def of(self, agent_id: str) -> Helper | None:
        """The books told under an id; None where there are too many."""
        helper = self._books.get(agent_id)
        if helper is None and len(self._books) < SUBAGENTS:
            helper = self._books[agent_id] = Helper()
        return helper

    def whose(self, agent_id: str | None) -> str | None:
        """The id under which a subagent is known; None is the session's own thread."""
        return self._own.get(agent_id, agent_id) if agent_id is not None else None

    def joined(self) -> dict[str, Helper]:
        """Each subagent's books under its id."""
        whole = dict[str, Helper]()
        for agent_id, helper in self._books.items():
            own = self._own.get(agent_id, agent_id)
            whole[own] = whole[own].joined(helper) if own in whole else helper
        return whole

    def told(self, event: SubagentStarted | SubagentEnded) -> None:
        """One began, or is done."""
        if event.agent_id is not None and isinstance(event, SubagentStarted) and event.span is not None:
            self._meet(event.agent_id, event.span)
        helper = self.of(event.agent_id or "")
        if helper is None:
            return
        helper.type = event.type or helper.type
        if isinstance(event, SubagentStarted):
            helper.began(event.at_ns)
        else:
            helper.ended(event.at_ns, ok=event.ok)

    def called(self, event: Event, known: str | None) -> None:
        """A subagent made a call that was told to be that of `known`."""
        if self._two_ids and known is not None and event.agent_id is not None:
            spanned = event.channel == "span"
            self._meet(known if spanned else event.agent_id, event.agent_id if spanned else known)

    def _meet(self, own: str, span: str) -> None:
        """Both ids are one subagent's."""
        if own != span and len(self._own) < SUBAGENTS:
            self._own[span] = own
