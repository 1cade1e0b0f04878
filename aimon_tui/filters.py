"""What a person types behind `/`: words that a row must contain, and fields with a value or a bound.

`state:waiting agent:codex cost>1 shop` shows waiting Codex sessions above a dollar whose row says `shop` somewhere.
"""

import re
from collections.abc import Callable

from msgspec import Struct

from aimon_core.session import Session
from aimon_tui.rows import STATES, dollars

_TEXTS: dict[str, Callable[[Session], str]] = {
    "state": lambda session: f"{session.state} {STATES[session.state][1]}",
    "agent": lambda session: session.agent,
    "project": lambda session: session.name,
    "model": lambda session: session.model or "",
    "branch": lambda session: session.branch or "",
    "host": lambda session: session.host or "",
}
_NUMBERS: dict[str, Callable[[Session], float | None]] = {
    "cost": dollars,
    "tokens": lambda session: session.total_tokens,
    "ctx": lambda session: (
        100 * session.context.used / session.context.limit if session.context and session.context.limit else None
    ),
    "turns": lambda session: session.turns,
}
_BOUND = re.compile(r"^(\w+)([<>])(\d+(?:\.\d+)?)([kM%]?)$")
_UNITS = {"": 1, "%": 1, "k": 1_000, "M": 1_000_000}

FIELDS = (*_TEXTS, *_NUMBERS)
"""Names that can stand before `:`, `<` or `>`."""


class Filter(Struct, frozen=True):
    """A filter as it was typed; the empty one lets everything through."""

    text: str = ""

    def __bool__(self) -> bool:
        return bool(self.text.strip())

    def passes(self, session: Session) -> bool:
        """Whether a session meets every word of it."""
        return all(_meets(word, session) for word in self.text.split())


def _meets(word: str, session: Session) -> bool:
    if (bound := _BOUND.match(word)) and (number := _NUMBERS.get(bound[1])):
        value, limit = number(session), float(bound[3]) * _UNITS[bound[4]]
        return value is not None and (value > limit if bound[2] == ">" else value < limit)
    field, colon, wanted = word.partition(":")
    if colon and field in _TEXTS:
        return wanted.lower() in _TEXTS[field](session).lower()
    row = " ".join((*(tell(session) for tell in _TEXTS.values()), session.doing, session.session_id))
    return word.lower() in row.lower()
