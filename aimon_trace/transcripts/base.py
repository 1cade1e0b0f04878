"""What a kind of transcript has to say for itself."""

import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol

import msgspec
from msgspec import Struct

from aimon_trace.gathering import Gathering
from receiver.transcripts import Language

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What a line raises that is no JSON, of another shape, no UTF-8, or nested a thousand deep."""


_PATCH = re.compile(r"^\*\*\* (Add|Update) File: (.+)$", re.MULTILINE)
_DONE = {"Add": "created", "Update": "modified"}


class Detail(Protocol):
    """Adds what one line tells beside its events: inputs, answers, files, dollars. Raises one of UNREADABLE."""

    def __call__(self, line: bytes, *, subagents: bool) -> None:
        """Read a line; those of helpers only where they are wanted."""


class Kind(Struct, frozen=True):
    """The transcripts of one agent."""

    language: Language
    claims: Callable[[dict[str, Any]], bool]
    """Whether a line is of this kind."""
    details: Callable[[Gathering], Detail]
    helpers: Callable[[Path], Iterable[Path]]
    """Files of the subagents of a session."""
    closes: bytes = b""
    """A line that says nothing, after which what waits for more in its reader is whole."""


def patched(given: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What a patch does to which files, whether a tool or a shell's `apply_patch` was given it."""
    for verb, path in _PATCH.findall("\n".join(map(str, given.values()))):
        yield _DONE[verb], path.strip()


def had_content(shown: object) -> bool:
    """Whether a file that was written had a content before, by what Gemini CLI and Qwen Code show of it."""
    return isinstance(shown, dict) and (shown.get("isNewFile") is False or bool(shown.get("originalContent")))
