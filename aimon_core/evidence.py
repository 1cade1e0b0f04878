"""Why a session is in its state: the newest signal of each kind, what it argues for, and what cannot be seen."""

from collections.abc import Iterator

from aimon_core.agents import traits
from aimon_core.events import (
    CompactionEnded,
    CompactionStarted,
    Event,
    LlmBegun,
    LlmCalled,
    LlmTried,
    PermissionAnswered,
    PermissionAsked,
    PromptSubmitted,
    SessionEnded,
    SessionStarted,
    Spoke,
    StatusTold,
    ToolFinished,
    ToolStarted,
    TurnEnded,
)
from aimon_core.session import Evidence

TELEMETRY = frozenset({"log", "span"})
_CALLS, _WORK = frozenset({LlmCalled, LlmTried}), frozenset({LlmBegun, ToolFinished, TurnEnded})

SHOWN = 8
"""Signals kept for a person to read."""

SAYS: dict[type[Event], str] = {
    SessionStarted: "idle",
    SessionEnded: "ended",
    PromptSubmitted: "working",
    LlmBegun: "working",
    LlmCalled: "working",
    LlmTried: "working",
    ToolStarted: "working",
    ToolFinished: "working",
    PermissionAsked: "waiting",
    PermissionAnswered: "working",
    CompactionStarted: "working",
    CompactionEnded: "idle",
}
"""The state each kind of signal argues for on its own."""


class Signals:
    """What was heard of one session, by signal."""

    def __init__(self) -> None:
        self._heard: dict[tuple[str, str], tuple[int, str]] = {}
        self.channels: set[str] = set()
        """Channels that ever spoke."""
        self._waits = False
        """Whether one of them tells of waits."""
        self._counted: set[str] = set()
        """Those that told of model calls."""
        self._spoke = False
        """Whether an answer was told."""
        self._worked: set[type[Event]] = set()
        """What was told that a model has to do with: beginnings of calls, tools, ends of turns."""

    def hear(self, event: Event) -> None:
        """Remember the newest of its kind."""
        if event.channel not in self.channels:
            self.channels.add(event.channel)
            self._waits |= event.channel in {"hook", "file"}
            self._waits |= event.channel == "transcript" and traits(event.agent).waits_written
        kind = type(event)
        if kind in _CALLS:
            self._counted.add(event.channel)
        elif kind is Spoke:
            self._spoke = True
        elif kind in _WORK and (kind is not ToolFinished or event.channel in TELEMETRY):
            self._worked.add(kind)
        says = SAYS.get(kind) or _says(event)
        if says is None:
            return
        source = (event.channel, event.signal)
        known = self._heard.get(source)
        if known is None or known[0] <= event.at_ns:
            self._heard[source] = (event.at_ns, says)

    def newest(self, decider: str, decided_ns: int, state: str) -> tuple[Evidence, ...]:
        """The newest signals first; the one that decided always among them."""
        heard = {":".join(source): told for source, told in self._heard.items()}
        if decider and decider not in heard:
            heard[decider] = (decided_ns, state)
        order = sorted(heard.items(), key=lambda item: (item[0] != decider, -item[1][0], item[0]))[:SHOWN]
        signals = (Evidence(name, at_ns, says, decides=name == decider) for name, (at_ns, says) in order)
        return tuple(sorted(signals, key=lambda one: -one.at_ns))

    def blind_spots(self) -> tuple[str, ...]:
        """What the channels that never spoke would have shown.

        Logs and spans tell the same of a call, and one of them is enough, but Codex's spans leave the tokens to its
        logs; an agent's own file tells of waits, too, and so does whoever has told of one. A transcript may tell what
        was said and not what that took.
        """
        told = self._waits or any(says == "waiting" for _, says in self._heard.values())
        spots = [] if told else [NO_HOOKS]
        return (*spots, *self._uncounted())

    def _uncounted(self) -> Iterator[str]:
        """What is not known of tokens and dollars."""
        if self._counted & TELEMETRY:
            return
        if "transcript" in self.channels:
            if not self.channels & TELEMETRY:
                yield FROM_TRANSCRIPT if self._counted or not self._spoke else NO_TELEMETRY
        elif self._counted:
            yield FROM_HOOKS
        elif not self.channels & TELEMETRY:
            yield NO_TELEMETRY
        elif "log" not in self.channels:
            yield NO_LOGS
        elif ToolFinished in self._worked or self._worked >= {LlmBegun, TurnEnded}:
            yield NO_CALLS


NO_HOOKS = "no hooks: waits invisible"
FROM_TRANSCRIPT = "no telemetry: figures from the transcript"
FROM_HOOKS = "figures from hooks: helper calls and retries unknown"
NO_LOGS = "no logs: tokens and dollars unknown"
NO_CALLS = "no model calls in the telemetry: tokens and dollars unknown"
NO_TELEMETRY = "no telemetry: tokens and dollars unknown"


def _says(event: Event) -> str | None:
    if isinstance(event, TurnEnded):
        if event.reason == "stop_hook":
            return "working" if event.background else "completed"
        return "failed" if event.reason == "failed" else "completed"
    if isinstance(event, StatusTold):
        return {"busy": "working", "idle": "completed", "waiting": "waiting"}[event.status]
    return None
