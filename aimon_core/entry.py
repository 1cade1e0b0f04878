"""The books of one session: everything the ledger keeps about it, and the one place where they change."""

from collections.abc import Callable
from typing import Any, ClassVar

from msgspec.structs import replace

from aimon_core.agents import traits
from aimon_core.begun import Begun
from aimon_core.call import Call
from aimon_core.calls import Calls
from aimon_core.events import (
    CallWithdrawn,
    CompactionStarted,
    Event,
    Gauged,
    LlmBegun,
    LlmCalled,
    LlmTried,
    PermissionAnswered,
    PermissionAsked,
    PromptSubmitted,
    Seen,
    SessionEnded,
    SessionSeen,
    SubagentEnded,
    SubagentStarted,
    ToolFinished,
    ToolStarted,
    TurnEnded,
)
from aimon_core.evidence import Signals
from aimon_core.faults import Faults
from aimon_core.fold import Fold
from aimon_core.gauges import Gauges
from aimon_core.identity import PEER, Sighting
from aimon_core.money import Money
from aimon_core.prompt_cache import PromptCache
from aimon_core.session import Terminal
from aimon_core.standing import Status
from aimon_core.subagent_books import Helpers
from aimon_core.sums import Sums
from aimon_core.thread import Thread
from aimon_core.tools import ToolReport, Tools
from aimon_core.tries import Tries
from aimon_core.turns import Turns
from aimon_core.verdict import Verdict
from aimon_core.waits import Waits

FACTS = ("cwd", "branch", "host", "title", "model", "effort", "approval_policy", "sandbox", "mcp_servers")
"""What `SessionSeen` tells and the newest word is right about."""

DIGESTS = 4_096
"""What tools were called with, to know which of them somebody is asked about."""


class Entry:
    """One session in the ledger."""

    def __init__(self, agent: str, session_id: str, sums: Sums) -> None:
        self.agent, self.session_id = agent, session_id
        self.facts: dict[str, tuple[int, str]] = {}
        self.process = Sighting()
        self.above: tuple[tuple[int, float], ...] = ()
        """The agents above that process, nearest first."""
        self.terminal: Terminal | None = None
        self.verdict: Verdict | None = None
        self.fold, self.signals = Fold(), Signals()
        self.helpers = Helpers(two_ids=traits(agent).two_ids)
        self.money = Money(sums, self.helpers.of)
        self.tally, self.models, self.spend = self.money.tally, self.money.models, self.money.spend
        self.calls, self.tools, self.waits = Calls(self.money.book), Tools(), Waits()
        self.gauges, self.cache = Gauges(), PromptCache()
        self.turns, self.faults = Turns(), Faults()
        self.last_call: tuple[int, LlmCalled] | None = None
        self.listed = False
        """Whether it did anything that makes it a row."""
        self.running = False
        """Whether a living process stands behind it: then it is a row, whatever it did."""
        self.thread = Thread()
        self.auxiliary: dict[str, Entry] = {}
        """Its hidden helpers by their keys: their work is this session's, and stands beside its own."""
        self.tries, self.begun = Tries(), Begun()
        self.refused_bodies = 0
        self.first_ns = self.last_ns = self.arrived_ns = 0
        self.version = 0
        """Changes whenever something is entered, priced or forgotten."""
        self._digests: dict[str, str] = {}
        self._forgot = -1
        """The version whose last turn alone is remembered."""

    @property
    def shown(self) -> bool:
        """Whether it is a row."""
        return (self.listed or self.running) and not self.thread.hidden

    def take(self, event: Event, arrived_ns: int) -> bool:
        """Enter one event in every book it concerns; whether there is anything to draw anew.

        A status line is drawn for reasons of its own: state, last activity and silence know nothing of it.
        """
        if isinstance(event, Gauged):
            self.cache.told(event)
            return self.gauges.take(event, arrived_ns)
        self.version += 1
        if isinstance(event, Seen):  # no sign of life, and perhaps of a session that only a transcript will tell of
            self.fold.add(event)
            return True
        self.arrived_ns = max(self.arrived_ns, arrived_ns)
        self.first_ns = min(self.first_ns or event.at_ns, event.at_ns)
        self.last_ns = max(self.last_ns, event.at_ns)
        self.signals.hear(event)
        self.thread.hear(event)
        if (enter := self._BOOKS.get(type(event))) is not None:
            event = enter(self, event) or event
        self.fold.add(event)
        return True

    @property
    def errors(self) -> int:
        """Reported failures, tool failures apart: a failed turn is that of its last call."""
        return self.faults.count(self.tally.errors + len(self.given_up()))

    def withdraw(self) -> None:
        """It was no session: take its calls out of everybody's sums."""
        for call in list(self.calls):
            self.money.book(call, None)

    def given_up(self) -> list[Call]:
        """Calls that failed after the last of their attempts, where the client tells attempts."""
        return (
            self.tries.given_up(self.money.recent, [turn.start_ns for turn in self.turns.times], self.helpers.whose)
            if self.tries
            else []
        )

    def fact(self, name: str) -> str | None:
        """The newest value of a fact, or None; a status line fills the gaps."""
        return self.facts[name][1] if name in self.facts else self.gauges.fact(name)

    def lives_since(self, at_ns: int) -> bool:
        """Whether a process is known to live, or its status line was drawn since a moment."""
        return self.running or self.gauges.arrived_ns > at_ns

    def go_on_from(self, status: Status) -> None:
        """Go on from a status that no event brought."""
        self.version += 1
        self.fold.go_on_from(status)

    @property
    def retained(self) -> int:
        """Calls that are remembered one by one, those of models and of tools."""
        return sum(map(len, self._remembered()))

    @property
    def folded(self) -> int:
        """Calls that only stand in the sums."""
        return sum(book.folded for book in self._remembered())

    def forget(self, before_ns: int | None = None) -> None:
        """Forget the older half of the calls one by one, or those from before a moment."""
        self.version += 1
        self.money.forget(before_ns)
        for book in self._remembered():
            book.forget(before_ns)

    def forget_turns(self) -> None:
        """Forget all that came before the last turn, one by one: the sums keep it."""
        if self._forgot == self.version:
            return
        status = self.fold.status
        before_ns = min(status.turn_began_ns or self.last_ns, self.turns.last_ns or self.last_ns)
        self.forget(before_ns)
        self.waits.forget(before_ns)
        if not self.tries:  # whether they were given up hangs on when turns began
            self.turns.forget(before_ns)
        self.fold.go_on_from(status)
        self.thread.backlog = None
        self._digests.clear()
        self._forgot = self.version

    def settle(self, picodollars: Callable[[Call], int | None] | None) -> None:
        """Enter the calls that changed since the last time in the sums, priced where there are prices."""
        self.version += self.money.settle(picodollars)

    def _remembered(self) -> list[Calls | Tools]:
        return [self.calls, self.tools, *(helper.tools for helper in self.helpers)]

    def _seen(self, event: SessionSeen) -> None:
        self.listed |= event.channel == "hook"
        self.running |= event.channel in {"file", "process"} and event.signal != PEER
        for name in FACTS:
            value = getattr(event, name)
            if value is not None and (name not in self.facts or self.facts[name][0] <= event.at_ns):
                self.facts[name] = (event.at_ns, value)
        before, self.process = self.process, self.process.after(event)
        if not self.process.is_process(before.pid, before.started_at):
            self.terminal, self.above = None, ()
        if self.process.is_process(event.pid, event.pid_started_at) and len(event.above) > len(self.above):
            self.above = event.above

    def _ended(self, _event: SessionEnded) -> None:
        self.listed |= self.running
        self.running = False

    def _prompted(self, event: PromptSubmitted) -> None:
        self.listed = True
        self.turns.prompted(event)
        self.waits.nameless.note("prompt", event.at_ns)

    def _called(self, event: LlmCalled) -> None:
        self.listed = True
        if event.agent_id is not None and (known := self.calls.get(event.call_id)) is not None:
            self.helpers.called(event, known.agent_id)
        self.calls.take(event)
        self.faults.called(event)
        self.turns.called(event)
        own = event.agent_id is None and not event.side
        if own and event.ok and (self.last_call is None or self.last_call[0] <= event.at_ns):
            self.last_call = (event.at_ns, event)
        if own and event.ok:
            self.cache.called(event)

    def _attempted(self, event: LlmBegun | LlmTried) -> None:
        self.listed = True
        if isinstance(event, LlmTried):
            self.tries.add(event)
        else:
            self.begun.note(event.agent_id, event.at_ns)

    def _tool(self, event: ToolStarted | ToolFinished) -> None:
        self.listed = True
        self._worked(event)
        if isinstance(event, ToolFinished):
            self.waits.nameless.note("finished", event.at_ns, event.name)
        if event.call_id is None:
            return
        if isinstance(event, ToolFinished):
            self.waits.closed(event.call_id, event.at_ns)
        elif event.digest:
            self._digests[event.digest] = event.call_id
            if len(self._digests) > DIGESTS:
                del self._digests[next(iter(self._digests))]

    def _worked(self, event: ToolReport) -> None:
        if event.agent_id is not None:
            if (known := self.tools.get(event.call_id)) is not None:
                self.helpers.called(event, known.agent_id)
            if (helper := self.helpers.of(event.agent_id)) is not None:
                helper.tools.take(event)
        self.tools.take(event)

    def _asked(self, event: PermissionAsked) -> PermissionAsked:
        self.listed = True
        if event.call_id is None and (call_id := self._digests.get(event.digest)) is not None:
            event = replace(event, call_id=call_id)
        self.waits.asked(event)
        return event

    def _answered(self, event: PermissionAnswered) -> None:
        self.waits.answered(event)
        if event.ends_turn and event.agent_id is None:
            self.turns.denied(event.at_ns)
        if event.by_person:
            self.waits.nameless.note("finished", event.at_ns, event.name)
        if event.name:
            self.listed = True
            self._worked(event)

    def _turn_ended(self, event: TurnEnded) -> None:
        self.turns.ended(event)
        self.waits.nameless.note("turn", event.at_ns)
        self.faults.turn(event)

    _BOOKS: ClassVar[dict[type[Event], Callable[[Any, Any], Event | None]]] = {
        SessionSeen: _seen,
        SessionEnded: _ended,
        PromptSubmitted: _prompted,
        LlmCalled: _called,
        LlmBegun: _attempted,
        LlmTried: _attempted,
        CallWithdrawn: lambda entry, event: entry.calls.withdraw(event.call_id, told_by=event.channel),
        ToolStarted: _tool,
        ToolFinished: _tool,
        PermissionAsked: _asked,
        PermissionAnswered: _answered,
        CompactionStarted: lambda entry, event: entry.turns.compacts(event),
        TurnEnded: _turn_ended,
        SubagentStarted: lambda entry, event: entry.helpers.told(event),
        SubagentEnded: lambda entry, event: entry.helpers.told(event),
    }
    """Which book each event is entered in."""
