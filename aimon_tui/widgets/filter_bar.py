"""The line in which a filter is typed."""

from typing import ClassVar

from textual.widgets import Input

from aimon_tui.keys import TYPING

LONGEST = 200


class FilterBar(Input):
    """An input that takes what can be printed: what is pasted may come from anywhere."""

    BINDINGS: ClassVar = [binding for key in TYPING for binding in key.bindings]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(placeholder="words, state:waiting, agent:codex, cost>1", id=id, select_on_focus=False)

    def validate_value(self, value: str) -> str:
        """What can be printed of it."""
        return "".join(letter for letter in value if letter.isprintable())[:LONGEST]
