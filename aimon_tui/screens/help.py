"""The help: every key that works, made from the table of keys."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen

from aimon_tui.format import fit
from aimon_tui.keys import GROUPS, KEYS
from aimon_tui.paint import Line, Painted

KEY = 8
"""Cells of a key's name."""


class HelpText(Painted):
    """The keys in two columns."""

    back: ClassVar[str] = "surface"

    def lines(self, width: int) -> list[Line]:
        """Title, keys, closing words."""
        columns = self._columns(width)
        title = self.line().put("  help", "key b")
        if width >= 60:
            title.right(width, ("! needs you   ", "wait"), ("● works   ", "work"), ("× failed  ", "fail"))
        rows = [self.line(), title, self.line()]
        for index in range(max(map(len, columns))):
            line = self.line().to(2)
            for place, column in enumerate(columns):
                line.to(2 + place * (width // 2))
                for text, spec in column[index] if index < len(column) else ():
                    line.put(text, spec)
            rows.append(line)
        return [*rows, self.line(), self.line().put("  esc", "key b").put(" close", "muted")]

    def _columns(self, width: int) -> list[list[list[tuple[str, str]]]]:
        room = width // 2 - KEY - 2
        columns: list[list[list[tuple[str, str]]]] = [[], []]
        for place, group in enumerate(GROUPS):
            column = columns[min(place, 1)]
            column += [*([[]] if column else []), [(group, "muted b")]]
            column += [
                [(fit(key.shown, KEY), "key b"), (fit(key.help, room), "ink")] for key in KEYS if key.group == group
            ]
        return columns


class Help(ModalScreen[None]):
    """A page over the dashboard."""

    # Before the next key is looked at: what is typed ahead is for the dashboard.
    BINDINGS: ClassVar = [Binding("escape,question_mark,q", "dismiss", "close", priority=True)]

    def compose(self) -> ComposeResult:
        """One block in the middle."""
        with Vertical(id="dialog"):
            yield HelpText()
