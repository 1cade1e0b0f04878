"""What all transcripts have in common: a reader of one file's lines, short masked words, times, inputs of tools."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Protocol

import msgspec
from msgspec import Meta

from aimon_core.events import Event, SessionSeen
from aimon_core.masking import mask
from receiver.subjects import FIELDS, subject

TEXT = 256
"""Characters kept of a prompt, of last words, of a title."""
_LOOKED_AT = 4_096
"""Characters in which secrets are looked for: whatever is kept lies well within them."""

Count = Annotated[int, Meta(ge=0)]
"""A number of tokens; anything else makes the line unreadable."""


Base = dict[str, Any]
"""The fields that every event of a line has."""


class Reader(Protocol):
    """Reads the lines of one transcript in their order; it remembers what earlier lines said."""

    def read(self, line: bytes) -> list[Event]:
        """The events of one line; none for a record that says nothing here. Raises msgspec.MsgspecError."""


class Language(Protocol):
    """The transcripts of one agent."""

    agent: str

    def roots(self) -> tuple[Path, ...]:
        """The folders they lie in, whether or not they exist."""

    def matches(self, path: Path) -> bool:
        """Whether a file in a root is a transcript."""

    def reader(self, path: Path) -> Reader:
        """A reader for a file that is read from its beginning. May look at files beside it."""

    def beside(self, path: Path) -> tuple[Path, ...]:
        """These files, whether or not they exist."""

    def session_of(self, path: Path) -> str:
        """The id of the session that a file tells of, as far as its path says."""


class Facts:
    """Facts about the session of a file, told once and again when they change.

    They go with the first event that makes the session one: alone they would be start-up noise.
    """

    def __init__(self) -> None:
        self._known: dict[str, Any] = {}
        self._told: dict[str, Any] = {}

    def learn(self, **facts: str | None) -> None:
        """Remember what is not empty."""
        self._known |= {name: words(value) for name, value in facts.items() if value}

    def news(self, base: dict[str, Any]) -> Iterator[Event]:
        """What changed since it was told."""
        if self._known != self._told:
            self._told = dict(self._known)
            yield SessionSeen(**base | {"agent_id": None}, **self._known)


def base_of(agent: str, session_id: str, moment: datetime, signal: str, agent_id: str | None) -> Base:
    """The beginning of each event that a line tells."""
    return {
        "agent": agent,
        "session_id": session_id,
        "at_ns": at_ns(moment),
        "channel": "transcript",
        "signal": signal,
        "agent_id": agent_id,
    }


_INPUT = msgspec.json.Decoder(msgspec.defstruct("Input", [(name, Any, None) for name in (*FIELDS, "questions")]))
"""Of the input of a tool call the fields that name its subject, whatever else there is."""


def subject_of(tool: str, given: msgspec.Raw | str) -> str:
    """What a tool call works on, in one line; empty where its input is no object."""
    try:
        fields = msgspec.structs.asdict(_INPUT.decode(given))
    except msgspec.MsgspecError:
        return ""
    fields["command"] = command(fields["command"] or fields["cmd"])
    return words(subject(tool, fields))


def command(told: object) -> object:
    """A command line; Codex also tells it as a list, and then the script after `bash -lc` is what it means."""
    if isinstance(told, list) and told:
        return str(told[2] if len(told) == 3 and told[1] in {"-c", "-lc"} else " ".join(map(str, told)))
    return told


def words(text: str) -> str:
    """The head of a foreign text, secrets masked."""
    return mask(text[:_LOOKED_AT])[:TEXT]


def at_ns(moment: datetime) -> int:
    """Nanoseconds since the epoch; a transcript tells milliseconds, in UTC."""
    whole = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return round(whole.timestamp() * 1_000_000) * 1_000
