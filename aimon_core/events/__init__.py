"""The closed vocabulary between the languages of agents and the ledger: everything a dialect can say.

Each event names its session by the agent's own id, says which channel brought it and when it happened by the
event's own clock. Times are nanoseconds since the epoch. Dialects produce events, `store` consumes them; nobody
else needs to know how an agent spells a tool call.
"""

from aimon_core.events.base import Channel, Ending, Event
from aimon_core.events.figures import Counted, Drifted
from aimon_core.events.sessions import (
    Gauged,
    Nested,
    Seen,
    SessionEnded,
    SessionSeen,
    SessionStarted,
    StatusTold,
    SubagentEnded,
    SubagentStarted,
    ThreadSeen,
    TraceSeen,
)
from aimon_core.events.work import (
    CallWithdrawn,
    CompactionEnded,
    CompactionStarted,
    LlmBegun,
    LlmCalled,
    LlmTried,
    PermissionAnswered,
    PermissionAsked,
    PromptSubmitted,
    Spoke,
    ToolFinished,
    ToolStarted,
    TurnEnded,
)

__all__ = [
    "CallWithdrawn",
    "Channel",
    "CompactionEnded",
    "CompactionStarted",
    "Counted",
    "Drifted",
    "Ending",
    "Event",
    "Gauged",
    "LlmBegun",
    "LlmCalled",
    "LlmTried",
    "Nested",
    "PermissionAnswered",
    "PermissionAsked",
    "PromptSubmitted",
    "Seen",
    "SessionEnded",
    "SessionSeen",
    "SessionStarted",
    "Spoke",
    "StatusTold",
    "SubagentEnded",
    "SubagentStarted",
    "ThreadSeen",
    "ToolFinished",
    "ToolStarted",
    "TraceSeen",
    "TurnEnded",
]
