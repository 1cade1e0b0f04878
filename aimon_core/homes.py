"""Which session a thread with an id of its own is a subagent of, so that what it tells is entered there.

Hooks and transcripts of such an agent speak of the session and name the subagent; its telemetry knows the thread only.
Where it is told before anybody says whose the thread is, its events wait in their entry and are told again.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Mapping

from msgspec.structs import replace

from aimon_core.entry import Entry
from aimon_core.events import (
    Event,
    LlmBegun,
    LlmCalled,
    LlmTried,
    PermissionAnswered,
    PermissionAsked,
    PromptSubmitted,
    SubagentEnded,
    SubagentStarted,
    ThreadSeen,
    ToolFinished,
    ToolStarted,
    TurnEnded,
)
from aimon_core.identity import key_of

REMEMBERED = 4_096
"""Subagents whose session is remembered."""

_LINKS = frozenset({SubagentStarted, ThreadSeen})
_WORK = (
    LlmBegun, LlmCalled, LlmTried, ToolStarted, ToolFinished, PermissionAsked, PermissionAnswered, SubagentStarted,
    SubagentEnded,
)  # fmt: skip


class Homes:
    """The sessions of all subagents that have ids of their own."""

    def __init__(self, entries: Mapping[str, Entry], forget: Callable[[str], object]) -> None:
        """`forget` takes an entry away that was none."""
        self._entries, self._forget = entries, forget
        self._parents: OrderedDict[str, str] = OrderedDict()
        """By the key of a thread: the id of the thread it works for."""
        self.children: set[str] = set()
        """The ids of all of them: most events are of none, and pass with one look."""

    def addressed(self, events: Iterable[Event]) -> Iterator[Event]:
        """Events as the sessions know them whose they are, with those that waited to be understood."""
        for event in events:
            if type(event) in _LINKS and (child := self._learn(event)) in self._entries:
                entry = self._entries[child]
                entry.withdraw()
                self._forget(child)
                for earlier in entry.thread.backlog or ():
                    yield from self._home(earlier)
            if event.session_id in self.children:
                yield from self._home(event)
            elif type(event) is not SubagentStarted or event.agent_id != event.session_id:  # its own trace began it
                yield event

    def _learn(self, event: Event) -> str:
        """The key of a thread that this event, for the first time, tells to be another's subagent, else nothing."""
        parent = event.parent if isinstance(event, ThreadSeen) else event.session_id
        child = event.session_id if isinstance(event, ThreadSeen) else event.agent_id
        if child is None or parent is None:
            return ""
        key = key_of(event.agent, child)
        known = self._entries.get(key)
        if child == parent or key in self._parents or (known is not None and known.thread.backlog is None):
            return ""  # what was asked for something itself, or did too much to be told again, stays a session
        self._parents[key] = parent
        self.children.add(child)
        if len(self._parents) > REMEMBERED:
            self.children.discard(self._parents.popitem(last=False)[0].partition(":")[2])
        return key

    def _home(self, event: Event) -> Iterator[Event]:
        """The event as the session knows it; what only sessions tell is left out for a subagent."""
        root = self._root(event)
        agent_id = event.agent_id or event.session_id
        if root == event.session_id:
            yield event
        elif isinstance(event, _WORK):
            yield replace(event, session_id=root, agent_id=agent_id)
        elif isinstance(event, PromptSubmitted | TurnEnded):
            fields = {name: getattr(event, name) for name in Event.__struct_fields__}
            fields |= {"session_id": root, "agent_id": agent_id}
            if isinstance(event, PromptSubmitted):
                yield SubagentStarted(**fields)
            else:
                yield SubagentEnded(**fields, ok=event.reason != "failed")

    def _root(self, event: Event) -> str:
        session_id = event.session_id
        for _ in range(8):  # a subagent's subagent's …; two that name each other end, too
            parent = self._parents.get(key_of(event.agent, session_id))
            if parent is None:
                break
            session_id = parent
        return session_id
