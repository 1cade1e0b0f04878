"""The lines of Claude Code's transcripts, typed: the fields that are read, whatever else there is."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct, field

from receiver.transcripts.base import Count

_KINDS = """
    agent-color agent-name agent-setting ai-title api-request api-request-blob api-request-shape assistant
    atis-latch attachment attribution-snapshot content-replacement cost-state custom-title file-history-delta
    file-history-snapshot last-prompt mode permission-mode pr-link progress queue-operation summary system tag
    task-summary tools-used user worktree-state
"""
KINDS = frozenset(_KINDS.split())
"""Types of lines that are known, most of them of no use here."""


class Creation(Struct):
    """Cache writes by their time to live."""

    ephemeral_5m_input_tokens: Count = 0
    ephemeral_1h_input_tokens: Count = 0


class Served(Struct):
    """What the API did beside answering."""

    web_search_requests: Count = 0


class Usage(Struct):
    """What one answer read and wrote; `input_tokens` leaves out both kinds of cache."""

    input_tokens: Count = 0
    output_tokens: Count = 0
    cache_read_input_tokens: Count | None = None
    cache_creation_input_tokens: Count | None = None
    cache_creation: Creation | None = None
    server_tool_use: Served | None = None
    speed: str | None = None


class Block(Struct):
    """A part of a message."""

    type: str = ""
    text: str | None = None
    id: str | None = None
    name: str | None = None
    input: msgspec.Raw = field(default_factory=msgspec.Raw)
    tool_use_id: str | None = None
    is_error: bool | None = None


class Message(Struct):
    """What the API was sent or answered."""

    id: str | None = None
    model: str | None = None
    content: str | list[Block] | None = None
    stop_reason: str | None = None
    usage: Usage | None = None


class Line(Struct, rename="camel"):
    """One line, of any type. What differs between types and builds is `Any`: no answer is lost for a detail."""

    type: str = ""
    subtype: str | None = None
    version: Any = None
    session_id: str | None = None
    agent_id: str | None = None
    is_sidechain: bool | None = None
    uuid: str | None = None
    timestamp: datetime | None = None
    cwd: str | None = None
    git_branch: str | None = None
    request_id: str | None = None
    prompt_id: str | None = None
    message: Message | None = None
    origin: Any = None
    is_meta: bool | None = None
    is_compact_summary: bool | None = None
    is_aborted_mid_stream: bool | None = None
    is_api_error_message: bool | None = None
    api_error_status: Any = None
    error: Any = None
    tool_denial_kind: str | None = None
    permission_decision: Any = None
    forked_from: Any = None
    operation: str | None = None
    content: Any = None
    summary: str | None = None
    custom_title: str | None = None
    ai_title: str | None = None


LINE = msgspec.json.Decoder(Line)


class Meta(Struct, rename="camel"):
    """What lies beside a subagent's transcript."""

    agent_type: str | None = None
