"""The lines of Copilot CLI's events, typed: the fields that are read, whatever else there is.

Every line has the same envelope, and its data by its type (`schemas/session-events.schema.json` of the client's package
up to 1.0.40).
"""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct, field

from aimon_core.session import Tokens
from receiver.transcripts.base import Count

_SILENT = """
    assistant.idle assistant.intent assistant.reasoning external_tool.completed external_tool.requested hook.end
    hook.start model.message model.messages_snapshot model.model_call_failure model.model_call_started model.response
    model.turn_ended model.turn_started session.handoff session.idle session.info session.mode_changed
    session.plan_changed session.remote_steerable_changed session.task_complete session.title_changed
    session.truncation session.usage_checkpoint session.usage_info session.warning session.workspace_file_changed
    skill.invoked subagent.configured subagent.deselected subagent.selected system.message system.notification
    tool.user_requested
"""
SILENT = frozenset(_SILENT.split())
"""Types of lines that are known and of no use here."""

QUESTION = "ask_user"
"""The tool with which the model asks the person."""

REFUSED = frozenset({"denied", "rejected"})
"""How a tool ends that a person did not allow."""
BY_RULE = frozenset({
    "denied-by-content-exclusion-policy",
    "denied-by-permission-request-hook",
    "denied-by-rules",
    "denied-no-approval-rule-and-could-not-request-from-user",
})  # fmt: skip
"""Decisions that nobody made."""

_Milliseconds = Annotated[float, Meta(ge=0, le=1e12)]


class Line(Struct, rename="camel"):
    """What every line says."""

    type: str
    timestamp: datetime
    agent_id: str | None = None
    """Of the subagent that did it; builds before 1.0.102 name the tool call that started it."""
    data: msgspec.Raw = field(default_factory=msgspec.Raw)


class Place(Struct, rename="camel"):
    """Where a session works."""

    cwd: str | None = None
    branch: str | None = None


class Opening(Struct, rename="camel"):
    """A session began, or goes on."""

    session_id: str | None = None
    copilot_version: str | None = None
    selected_model: str | None = None
    reasoning_effort: str | None = None
    context: Place = field(default_factory=Place)


class Choice(Struct, rename="camel"):
    """Another model."""

    new_model: str | None = None
    reasoning_effort: str | None = None


class Prompt(Struct, rename="camel"):
    """What somebody asked."""

    content: str = ""
    interaction_id: str | None = None
    source: str | None = None
    """Who wrote it, where that was no person: a skill, or the agent whose subagent is asked."""


class Spoken(Struct, rename="camel"):
    """What the model answered."""

    content: str = ""
    tool_requests: list[msgspec.Raw] = field(default_factory=list)


class Usage(Struct, rename="camel"):
    """Tokens of one call; the input includes what came from and went into the cache, the output its reasoning."""

    model: str = ""
    input_tokens: Count = 0
    output_tokens: Count = 0
    cache_read_tokens: Count = 0
    cache_write_tokens: Count = 0
    reasoning_tokens: Count | None = None
    duration: _Milliseconds | None = None
    api_call_id: str | None = None
    """The provider's id of the answer."""
    num_tool_calls: Count = 0
    max_prompt_tokens: Count | None = None
    """How much of the model's window the client fills."""

    def tokens(self, reasoning: int | None) -> Tokens:
        """The same in exclusive parts."""
        read, written = self.cache_read_tokens, self.cache_write_tokens
        own = max(0, self.input_tokens - read - written)
        return Tokens(own, read, cache_write_unknown=written, output=self.output_tokens, reasoning=reasoning)


class Used(Struct):
    """What one call used."""

    usage: Usage


class ToolStart(Struct, rename="camel"):
    """A tool call begins, or begins to wait for a permission."""

    tool_call_id: str
    tool_name: str = ""
    arguments: msgspec.Raw = field(default_factory=msgspec.Raw)


class Failure(Struct):
    """Why a tool gave nothing."""

    message: str = ""
    code: str | None = None


class Shell(Struct, rename="camel"):
    """How a command ended, which is no matter of its tool."""

    exit_code: int | None = None


class ToolEnd(Struct, rename="camel"):
    """A tool call is over."""

    tool_call_id: str
    success: bool = True
    error: Failure | None = None
    shell_execution: Shell | None = None


class Wanted(Struct, rename="camel"):
    """What a permission is asked for."""

    tool_call_id: str | None = None
    full_command_text: str = ""


class Request(Struct, rename="camel"):
    """A permission is asked for."""

    permission_request: Wanted
    resolved_by_hook: bool = False


class Result(Struct):
    """What was decided."""

    kind: str = ""


class Decision(Struct, rename="camel"):
    """A permission was given or not."""

    request_id: str = ""
    tool_call_id: str | None = None
    result: Result = field(default_factory=Result)
    decision_source: str | None = None


class Reply(Struct, rename="camel"):
    """A person answered a question."""

    tool_call_id: str


class Subagent(Struct, rename="camel"):
    """A subagent began, or is done."""

    agent_name: str | None = None
    tool_call_id: str | None = None
    """The call that started it."""


class Reasoned(Struct):
    """The part of an answer that nobody reads."""

    reasoning_tokens: Count | None = None


class Served(Struct):
    """Usage as the provider tells it: of this the client's own sum leaves out the reasoning."""

    completion_tokens_details: Reasoned | None = None
    output_tokens_details: Reasoned | None = None


class Model(Struct):
    """A call as the client knows it."""

    api_id: str | None = None


class Answer(Struct, rename="camel"):
    """A call of the client itself: that which writes a summary."""

    model_call: Model = field(default_factory=Model)
    response_usage: Served = field(default_factory=Served)

    @property
    def reasoning(self) -> int | None:
        """The tokens of it, where told."""
        details = self.response_usage.completion_tokens_details or self.response_usage.output_tokens_details
        return details.reasoning_tokens if details else None


class Summary(Struct, rename="camel"):
    """A summary is written, or could not be."""

    compaction_tokens_used: Usage | None = None


class Error(Struct, rename="camel"):
    """A turn failed."""

    error_type: str = ""
    message: str = ""
    status_code: int | None = None


class Goodbye(Struct, rename="camel"):
    """A session was closed."""

    shutdown_type: str = ""
