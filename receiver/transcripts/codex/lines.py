"""The lines of Codex's rollouts, typed: the fields that are read, whatever else there is."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

from aimon_core.failures import ErrorType, classify
from receiver.status_line import LATEST_S, MOST_PERCENT
from receiver.transcripts.base import Count


class Usage(Struct):
    """Tokens of one answer; the input includes what came from and went into the cache, the output its reasoning."""

    input_tokens: Count = 0
    cached_input_tokens: Count = 0
    cache_write_input_tokens: Count = 0
    output_tokens: Count = 0
    reasoning_output_tokens: Count | None = None
    total_tokens: Count = 0


class Info(Struct):
    """A running total and its last part."""

    total_token_usage: Usage | None = None
    last_token_usage: Usage | None = None
    model_context_window: Count | None = None


_Percent = Annotated[float, Meta(ge=0, le=MOST_PERCENT)]
_Seconds = Annotated[int, Meta(ge=0, le=LATEST_S)]


class Window(Struct):
    """How much of an allowance is used up."""

    used_percent: _Percent
    window_minutes: int | None = None
    resets_at: _Seconds | None = None
    """Seconds since the epoch."""
    resets_in_seconds: _Seconds | None = None
    """What older builds tell instead."""


class Allowances(Struct):
    """What the account may use: its five hours and its week."""

    primary: Window | None = None
    secondary: Window | None = None


class Git(Struct):
    """The repository."""

    branch: str | None = None


class Action(Struct):
    """What the provider did on the web; only searches are billed, pages are not."""

    type: str = ""


class Content(Struct):
    """A part of what somebody said."""

    text: str | None = None


class Item(Struct):
    """Something done, as the screen shows it."""

    type: str = ""
    id: str | None = None
    status: str | None = None
    exit_code: int | None = None
    content: list[Content] | msgspec.UnsetType = msgspec.UNSET


class Problem(Struct):
    """Why a turn failed."""

    message: str | None = None
    codex_error_info: str | dict[str, Any] | None = None
    """Its kind; where that holds something, an object with the kind as its one key."""

    @property
    def kind(self) -> ErrorType:
        """In our words."""
        info = self.codex_error_info
        name = info if isinstance(info, str) else next(iter(info or {}), "")
        held = info.get(name) if isinstance(info, dict) else None
        status = held.get("http_status_code") if isinstance(held, dict) else None
        return classify(status if isinstance(status, int) else None, name, self.message or "")


class Payload(Struct):
    """What a line is about; which fields are there follows from its type."""

    type: str | None = None
    id: str | None = None
    session_id: str | None = None
    source: Any = None
    timestamp: datetime | None = None
    cwd: str | None = None
    cli_version: Any = None
    git: Git | None = None
    turn_id: str | None = None
    turn_attribution: dict[str, Any] | None = None
    model_context_window: Count | None = None
    model: str | None = None
    approval_policy: Any = None
    sandbox_policy: Any = None
    response_id: str | None = None
    usage: Usage | None = None
    info: Info | None = None
    rate_limits: msgspec.Raw = field(default_factory=msgspec.Raw)
    name: str | None = None
    arguments: str | None = None
    input: str | None = None
    action: msgspec.Raw = field(default_factory=msgspec.Raw)
    call_id: str | None = None
    output: msgspec.Raw = field(default_factory=msgspec.Raw)
    item: Item | None = None
    message: Any = None
    last_agent_message: str | None = None
    reason: str | None = None
    error: Problem | None = None


class _Spawned(Struct):
    parent_thread_id: str | None = None


class _Subagent(Struct):
    thread_spawn: _Spawned | None = None


class _Source(Struct):
    subagent: _Subagent | None = None


def parent_of(source: object) -> str | None:
    """The thread that a thread's source names as the one that began it: builds that name no session tell it so."""
    try:
        told = msgspec.convert(source, _Source)
    except msgspec.ValidationError:
        return None
    return told.subagent.thread_spawn.parent_thread_id if told.subagent and told.subagent.thread_spawn else None


class Metadata(Struct):
    """About an item of the conversation."""

    inherited_user_message: bool = False


class Line(Struct):
    """One line."""

    timestamp: datetime
    type: str = ""
    payload: Payload = field(default_factory=Payload)
    metadata: Metadata | None = None
