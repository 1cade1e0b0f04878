"""The lines of Qwen Code's chats, typed: the fields that are read, whatever else there is."""

from datetime import datetime

import msgspec
from msgspec import Struct, field

from receiver.transcripts.base import Count

KINDS = frozenset({"assistant", "system", "tool_result", "user"})
"""Types of lines."""
TYPED = frozenset({None, "real_user"})
"""Who wrote what a person typed; builds before 0.21 do not tell."""
OVER = frozenset({"cancelled", "completed", "failed"})
"""How a subagent ends."""


class Call(Struct):
    """A tool that the model asks for, or that answers."""

    id: str | None = None
    name: str = ""
    args: msgspec.Raw = field(default_factory=msgspec.Raw)


class Part(Struct, rename="camel"):
    """A part of a message."""

    text: str | None = None
    thought: bool = False
    function_call: Call | None = None
    function_response: Call | None = None


class Message(Struct):
    """What somebody said."""

    parts: list[Part] = field(default_factory=list)


class Result(Struct, rename="camel"):
    """What became of a tool call."""

    call_id: str | None = None
    result_display: msgspec.Raw = field(default_factory=msgspec.Raw)
    """A text, or one of many objects."""


class Report(Struct, rename="camel"):
    """What a subagent came to."""

    type: str = ""
    subagent_name: str | None = None
    status: str = ""


class Note(Struct):
    """What the client would tell its telemetry."""

    name: str = field(default="", name="event.name")
    model: str = "unknown"
    prompt_id: str | None = None
    subagent_name: str | None = None
    response_id: str | None = None
    duration_ms: float | None = None
    input_token_count: Count = 0
    output_token_count: Count = 0
    cached_content_token_count: Count = 0
    thoughts_token_count: Count | None = None
    total_token_count: Count | None = None
    error_message: str = ""
    error_type: str = ""
    status_code: int | str | None = None
    call_id: str | None = None
    function_name: str = ""
    function_args: msgspec.Raw = field(default_factory=msgspec.Raw)
    status: str = ""
    success: bool = True
    decision: str | None = None
    error: str = ""


class Payload(Struct, rename="camel"):
    """What a line of the client's own holds."""

    ui_event: Note | None = None


class Line(Struct, rename="camel"):
    """One line."""

    type: str
    timestamp: datetime
    uuid: str = ""
    subtype: str = ""
    session_id: str | None = None
    cwd: str | None = None
    git_branch: str | None = None
    version: str | None = None
    provenance: str | None = None
    agent_name: str | None = None
    """Of the subagent whose file it is."""
    message: Message = field(default_factory=Message)
    context_window_size: Count | None = None
    system_payload: msgspec.Raw = field(default_factory=msgspec.Raw)
    tool_call_result: Result | None = None
