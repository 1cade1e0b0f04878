"""What other agents' transcripts say was used: by the reader of their events, given only the lines that tell it."""

from collections.abc import Iterable
from pathlib import Path

import msgspec

from aimon_core.events import LlmCalled, SessionSeen
from aimon_core.identity import call_key
from receiver.transcripts import Language
from receiver.usage.base import Found, Use


class Whole:
    """A language whose lines lean on those before them: a file that grew is read from its beginning."""

    resumes = False

    def __init__(self, language: Language, *words: bytes) -> None:
        """`words` are what at least one of which every line holds that says something of use."""
        self._language, self._words = language, words

    def count(self, path: Path, blocks: Iterable[bytes], found: Found) -> int:
        """Enter what the lines say."""
        reader, unread = self._language.reader(path), 0
        for block in blocks:
            for line in block.split(b"\n"):
                if not any(word in line for word in self._words):
                    continue
                try:
                    events = reader.read(line)
                except (msgspec.MsgspecError, ValueError, RecursionError):
                    unread += 1
                    continue
                for event in events:
                    _enter(event, found)
        return unread


def _enter(event: object, found: Found) -> None:
    if isinstance(event, SessionSeen):
        found.cwd = event.cwd or found.cwd
    elif isinstance(event, LlmCalled) and event.ok:
        key = call_key(event) or f"{event.session_id}/{event.agent_id or ''}/{event.unit}"
        found.uses.setdefault(
            key, Use(key, event.at_ns // 10**9, event.model, event.tokens, event.fast, event.searches)
        )
        found.session_id = event.session_id
