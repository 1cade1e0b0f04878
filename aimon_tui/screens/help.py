"""The help: every key that works, made from the table of keys."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll

from aimon_tui.format import fit
from aimon_tui.keys import Key, groups, paired
from aimon_tui.paint import Line, Painted
from aimon_tui.screens.page import Dialog

KEY = 10
"""Cells of a key's name."""
TWO = 66
"""Cells that two columns need."""
LEFT = ("move", "session", "list")
"""Groups in the first column."""


class HelpText(Painted):
    """The keys in two columns, or in one where there is no room for two."""

    back: ClassVar[str] = "surface"

    def __init__(self, keys: tuple[Key, ...]) -> None:
        super().__init__()
        self._keys = keys

    def on_resize(self) -> None:
        """As high as there are keys."""
        self.styles.height = len(self.lines(self.size.width))

    def lines(self, width: int) -> list[Line]:
        """Title, then keys."""
        columns = self._columns(width)
        title = self.line().put("  help", "key b")
        if width >= TWO:
            title.to(12).put("! needs you  ", "wait").put("● works  ", "work").put("× failed", "fail")
        title.right(width - 2, ("esc", "key b"), (" close", "muted"))
        rows = [self.line(), title, self.line()]
        for index in range(max(map(len, columns))):
            line = self.line().to(2)
            for place, column in enumerate(columns):
                line.to(2 + place * (width // 2))
                for text, spec in column[index] if index < len(column) else ():
                    line.put(text, spec)
            rows.append(line)
        return [*rows, self.line()]

    def _columns(self, width: int) -> list[list[list[tuple[str, str]]]]:
        two = width >= TWO
        room = (width // 2 if two else width) - KEY - 2
        columns: list[list[list[tuple[str, str]]]] = [[], []] if two else [[]]
        keys = self._keys
        beside = {key.beside for key in keys}
        for group in groups(keys):
            column = columns[two and group not in LEFT]
            column += [*([[]] if column else []), [(group, "muted b")]]
            column += [
                [(fit(paired(key, keys), KEY), "key b"), (fit(key.help, room), "ink")]
                for key in keys
                if key.group == group and key.id not in beside
            ]
        return columns


class Help(Dialog):
    """A page over whatever is shown; what does not fit is scrolled to."""

    CSS_PATH = "help.tcss"
    # Before the next key is looked at: what is typed ahead is for the page below.
    BINDINGS: ClassVar = [
        Binding("escape,question_mark,q", "dismiss", "close", priority=True),
        Binding("j,down", "scroll(1)", show=False),
        Binding("k,up", "scroll(-1)", show=False),
    ]

    def __init__(self, keys: tuple[Key, ...]) -> None:
        """`keys` are those to show."""
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        """One block in the middle."""
        with VerticalScroll(id="dialog", can_focus=False):
            yield HelpText(self._keys)

    def action_scroll(self, rows: int) -> None:
        """Show what is above or below."""
        self.query_one("#dialog").scroll_relative(y=rows, animate=False)
