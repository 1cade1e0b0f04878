"""What Claude Code's transcripts say was used: as its reader counts it, without what was said."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from receiver.transcripts.claude_code import SYNTHETIC, tokens_of
from receiver.transcripts.claude_code.lines import Usage
from receiver.usage.base import Found, Use, lines_with

_WORD = b'"usage":'
"""No text holds it: a quote in a text has a backslash before it."""


class Message(Struct, gc=False):
    """What the API answered, without its content."""

    id: str | None = None
    model: str | None = None
    usage: Usage | None = None


class Line(Struct, rename="camel", gc=False):
    """One line."""

    timestamp: datetime | None = None
    message: Message | None = None
    request_id: str | None = None
    session_id: str | None = None
    cwd: str | None = None
    is_aborted_mid_stream: bool | None = None
    forked_from: Any = None


class ClaudeCode:
    """Claude Code's transcripts."""

    resumes = True

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(Line).decode

    def count(self, path: Path, blocks: Iterable[bytes], found: Found) -> int:  # noqa: ARG002 - lines say it all
        """Enter what the lines say."""
        unread = 0
        for block in blocks:
            for line in lines_with(block, _WORD):
                try:
                    told = self._decode(line)
                except (msgspec.MsgspecError, UnicodeDecodeError):
                    unread += 1
                    continue
                if told.message is not None and told.forked_from is None and not told.is_aborted_mid_stream:
                    _enter(told, told.message, found)
        return unread


def _enter(told: Line, message: Message, found: Found) -> None:
    key, usage = told.request_id or message.id, message.usage
    if key is None or usage is None or told.timestamp is None or message.model == SYNTHETIC:
        return
    known = found.uses.get(key)
    if known is None or known.tokens.output < usage.output_tokens:
        at_s, model = int(told.timestamp.timestamp()), message.model or ""
        searches = usage.server_tool_use.web_search_requests if usage.server_tool_use else 0
        found.uses[key] = Use(key, at_s, model, tokens_of(usage), usage.speed == "fast", searches)
    found.session_id, found.cwd = told.session_id or found.session_id, told.cwd or found.cwd
