"""What every event says, and the words that several of them share."""

from typing import Literal

from msgspec import Struct

Channel = Literal["hook", "log", "span", "transcript", "metric", "file", "process", "statusline", "clock", "person"]
"""Where a fact came from; `lifecycle` ranks them where they disagree."""


Ending = Literal["idle", "span", "transcript", "stop_hook", "interrupted", "denied", "failed"]
"""How a turn can be told to end, the surer word last: a span closes the same way whatever happened."""


class Event(Struct, frozen=True, gc=False, kw_only=True, omit_defaults=True):
    """What every event says."""

    agent: str
    """Id of the agent in `agents`, e.g. `claude-code`, or the service name of an unknown one."""
    session_id: str
    """The agent's own id of the session."""
    at_ns: int
    """When it happened, by the event's own clock."""
    channel: Channel
    signal: str
    """The wire name of what was seen, e.g. `PermissionRequest`, `claude_code.api_request`."""
    agent_id: str | None = None
    """The subagent that did it; None for the session's own thread."""
