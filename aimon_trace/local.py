"""Transcripts that agents keep on this machine: which there are, the newest first, and of which project each is."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from msgspec import Struct

from aimon_core.events import SessionSeen
from aimon_trace.transcripts.base import UNREADABLE
from receiver.transcripts import LANGUAGES, Language

_LOOKED_AT = 64
"""Lines in which a transcript tells its folder."""


class Found(Struct, frozen=True):
    """One transcript."""

    path: Path
    agent: str
    written_at: datetime
    bytes: int
    cwd: str | None
    """Where its session was begun; None where its first lines do not tell."""


def newest(cwd: Path | None = None) -> Iterator[Found]:
    """All transcripts, or those of a project; helpers have none of their own here."""
    files = [
        (status.st_mtime, status.st_size, path, language)
        for language in LANGUAGES
        for root in language.roots()
        for path in root.rglob("*.jsonl")
        if language.matches(path) and "subagents" not in path.parts and (status := path.stat())
    ]
    for written, size, path, language in sorted(files, key=lambda one: one[0], reverse=True):
        if cwd is not None and not _may_be_of(path, language, cwd):
            continue
        told = _cwd(path, language)
        if cwd is None or told == str(cwd):
            yield Found(path, language.agent, datetime.fromtimestamp(written, UTC), size, told)


def _may_be_of(path: Path, language: Language, cwd: Path) -> bool:
    """Whether it is worth a look: Claude Code names folders after projects, what is no letter or digit as `-`."""
    return language.agent != "claude-code" or path.parent.name == re.sub(r"[^A-Za-z0-9]", "-", str(cwd))


def _cwd(path: Path, language: Language) -> str | None:
    reader = language.reader(path)
    with path.open("rb") as file:
        for line in islice(file, _LOOKED_AT):
            try:
                events = reader.read(line)
            except UNREADABLE:
                continue
            for event in events:
                if isinstance(event, SessionSeen) and event.cwd:
                    return event.cwd
    return None
