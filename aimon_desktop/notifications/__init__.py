"""Tells a person who looks elsewhere that a session wants them: what is said, when, and by which ways.

Apart from the outputs because a person is told once and has to be let alone after: a way that fails gives way to the
next one, and what was answered meanwhile is taken back.
"""

from collections.abc import Collection
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from aimon_core.agents import label
from aimon_core.clean import clean
from aimon_core.session import Session
from aimon_desktop.terminals import Target

_NAME = 60
"""Characters of a project that are told: a status line has no room for more."""
_WAITS = {
    "permission": "Waits for your permission.",
    "question": "Waits for your answer.",
    "dialog": "Waits: a dialog is open.",
}


class Notice(Struct, frozen=True):
    """What is told about a session: which one and what kind of thing, never its subject (S23, S26)."""

    key: str
    title: str
    """Agent and project, clean."""
    body: str
    """A sentence, clean; markup is for whoever shows some to escape."""
    urgent: bool
    """Whether the session stands still until somebody comes."""
    target: Target | None = None
    """Its process, where that is known for certain."""


class Channel(Protocol):
    """A way to tell a person. None of its calls takes much longer than a second."""

    async def tell(self, notice: Notice) -> None:
        """Show a notice in place of the last one about its session. Raises Unavailable where that cannot be done."""

    async def withdraw(self, key: str) -> None:
        """Take back what was shown about a session, as far as possible."""

    async def close(self) -> None:
        """Take back everything, as far as possible."""


def notice(session: Session) -> Notice:
    """What to say about a session that waits, failed or is done."""
    pid, started_at = session.pid, session.pid_started_at
    return Notice(
        session.key,
        f"{clean(label(session.agent), _NAME)} · {clean(session.name, _NAME)}",
        _sentence(session),
        urgent=session.state == "waiting",
        target=None if pid is None or started_at is None else Target(pid, started_at),
    )


def broken(session: Session, limits: Collection[str]) -> Notice:
    """What to say about a session that broke what was expected of it, by the names of the scorers."""
    names = ", ".join(clean(name, _NAME).replace("_", " ") for name in limits)
    return replace(notice(session), body=f"Not as expected: {names}.", urgent=False)


def _sentence(session: Session) -> str:
    match session.state:
        case "waiting":
            return _WAITS.get(session.waiting_for or "", "Waits for you.")
        case "failed":
            kind = session.last_error_type
            return f"Failed: {clean(kind, _NAME).replace('_', ' ')}." if kind else "Failed."
        case _:
            return "Done."
