"""What is known about the selected row of a waterfall: two columns where there is room, its links at the right."""

from rich.cells import cell_len

from aimon_core.session import Session
from aimon_tui.details import Columns, Detail, as_text, details
from aimon_tui.format import fit
from aimon_tui.paint import Line, Painted
from aimon_tui.waterfall import Outline, Row

LABEL = 12
"""Cells of a label."""


class Details(Painted):
    """Lines of label and words; one of the links is the one that `enter` goes to."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._columns: Columns = ([], [])
        self._told_of = ""
        self._chosen = 0

    def say(self, session: Session | None, outline: Outline, row: Row | None) -> None:
        """Tell of a row; its first link is chosen."""
        if row is None or session is None:
            self._columns = ([], [])
        else:
            self._columns = details(session, outline, row, self.aimon.now_ns)
            if self._told_of != row.key:
                self._told_of, self._chosen = row.key, 0
        self.refresh_changed()

    @property
    def link(self) -> str | None:
        """Key of the span that `enter` goes to."""
        links = self._links()
        return links[self._chosen % len(links)].link if links else None

    def next_link(self) -> None:
        """Choose the next link."""
        self._chosen += 1
        self.refresh_changed()

    def text(self) -> str:
        """All of it, for the clipboard."""
        return as_text(self._columns)

    def lines(self, width: int) -> list[Line]:
        """As many as there is room for."""
        left, right = self._columns
        lines = []
        if width < 100:
            links = self._links()
            told = [*left[:3], *links, *(one for one in (*left[3:], *right) if one not in links)]
            return [self._detail(self.line(), one, width) for one in told[: self.size.height]]
        middle = width // 2
        for place in range(min(self.size.height, max(len(left), len(right)))):
            line = self.line()
            if place < len(left):
                self._detail(line, left[place], middle - 1)
            if place < len(right):
                self._detail(line.to(middle), right[place], width)
            lines.append(line)
        return lines

    def _detail(self, line: Line, one: Detail, end: int) -> Line:
        """One detail, up to a column."""
        line.put(f" {one.label:<{LABEL}}", "muted")
        goes = one.link is not None and one.link == self.link
        room = end - line.width - (10 if goes else 1)
        line.put(fit(one.words, min(cell_len(one.words), max(1, room))), one.spec)
        return line.put("  enter", "key b").put(" go", "muted") if goes else line

    def _links(self) -> list[Detail]:
        return [one for column in self._columns for one in column if one.link is not None]
