"""Looks whether all that aimon stands on is well: one check after the other, each a line and what to do about it."""

from collections.abc import Callable
from enum import StrEnum

from msgspec import Struct

__all__ = ["Check", "Mark"]


class Mark(StrEnum):
    """How a check came out."""

    FINE = "fine"
    BROKEN = "broken"
    ABSENT = "absent"
    """Not there, and nothing is wrong with that."""


class Check(Struct, frozen=True):
    """What one look found."""

    name: str
    mark: Mark
    says: str
    hint: str = ""
    """What a person can do."""
    mend: Callable[[], object] | None = None
    """What `--fix` does; None where a person has to."""


def fine(name: str, says: str) -> Check:
    """All is well."""
    return Check(name, Mark.FINE, says)


def broken(name: str, says: str, hint: str = "", mend: Callable[[], object] | None = None) -> Check:
    """Something is wrong."""
    return Check(name, Mark.BROKEN, says, hint, mend)


def absent(name: str, says: str, hint: str = "") -> Check:
    """Something is not there, which may be as it should be."""
    return Check(name, Mark.ABSENT, says, hint)
