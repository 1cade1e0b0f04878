"""What a dialect is: an agent's telemetry turned into events, by table, without state and without other dialects."""

from collections.abc import Container, Iterable, Mapping
from typing import Protocol

from msgspec import Struct

from aimon_core.events import Event
from aimon_core.masking import mask
from receiver.record import Record, Scope, Signal

TEXT = 256
"""Characters of foreign text an event carries: more than any cell shows, little enough to keep."""


class Unread(Exception):
    """A record the dialect claims but cannot make sense of; counted by the interpreter, never seen outside."""


class Vocabulary(Struct, frozen=True):
    """What an agent is known to say besides what its dialect reads: a name that is in neither is new."""

    noise: Mapping[Signal, Container[str]] = {}
    """Names that nobody needs. Log records of these names are dropped before anything is built of them."""
    numbers: Mapping[str, tuple[str, ...]] = {}
    """By the name of a record, the attributes that have been numbers in all its versions."""


class Dialect(Protocol):
    """The language of one agent, or of one convention."""

    name: str

    @property
    def vocabulary(self) -> Vocabulary | None:
        """None for a convention: what else those who follow it say is unknown, and nothing new."""

    def claims(self, scope: Scope) -> bool:
        """Whether the records of a scope are in this language."""

    def translate(self, record: Record) -> Iterable[Event] | None:
        """The events a record tells of; None for noise and for what the dialect does not know, which is counted.

        Raises `Unread` for a record without what its kind cannot be without.
        """


def head(text: str | None) -> str:
    """As much of a foreign text as an event carries, secrets masked."""
    return mask(text[: 4 * TEXT])[:TEXT] if text else ""
