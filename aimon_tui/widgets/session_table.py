"""The table of sessions: one row each, row 0 of the widget is the column head and never scrolls."""

from collections.abc import Iterable

from rich.cells import cell_len
from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from aimon_core.clean import clean
from aimon_core.session import Session
from aimon_tui.board import Group
from aimon_tui.format import clock, fit, spent
from aimon_tui.paint import Line, Scrolled
from aimon_tui.rows import STATES, Column, age, cells, columns, cut, gap, place

KEPT = 256
"""Rows whose unchanging part is kept: more than any terminal shows."""

PULSE_COLUMN = 2
"""Where the state's glyph stands."""


class SessionTable(Scrolled):
    """Living sessions; what needs a person stands first."""

    class Chosen(Message):
        """A row was clicked."""

        def __init__(self, row: int) -> None:
            super().__init__()
            self.row = row

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._ages: dict[str, str] = {}
        self._kept: dict[str, tuple[object, Line]] = {}

    def count(self) -> int:
        """Lines of the board: rows, and the headings of groups."""
        return len(self.aimon.board.lines)

    def head(self, width: int) -> Line:
        """The names of the columns."""
        line = Line(self.aimon).put(" ")
        for column in columns(width, judged=self.aimon.board.judged):
            name = " state" if column.name == "state" else column.name
            line.put(fit(name, column.width, column.align) + " " * gap(width), "faint")
        return line

    def row(self, index: int, width: int) -> Line:
        """One session: what runs by itself, its pulse and its age, before what changes with the session only."""
        board, pulse = self.aimon.board, self.aimon.pulse
        session = board.lines[index]
        if isinstance(session, Group):
            return self._heading(session, width)
        chosen, waits = session.key == board.selected, session.state == "waiting"
        line = Line(self.aimon, "select" if chosen else "wait-tint" if waits else "background")
        line.put("▌" if chosen else " ", "select-mark")
        glyph, word, colour = STATES[session.state]
        text = f" {pulse if session.state == 'working' else glyph} {word}"
        spec = "pill-ink/pill b" if waits else f"{colour} b" if session.state == "failed" else colour
        first, *columns_left = columns(width, judged=board.judged)
        line.put(fit(text, first.width), spec)
        if columns_left and columns_left[0].name == "for":
            told = age(session, self.aimon.now_ns)
            line.put(" " * gap(width) + fit(told.text, columns_left.pop(0).width, ">"), told.spec)
        return line.join(self._rest(session, columns_left, line.back, width))

    def _heading(self, group: Group, width: int) -> Line:
        """A ruled line over the rows of a group: how many there are, and what they cost."""
        figure = f" {group.rows} · {spent(group.usd, unpriced=group.unpriced)} "
        name = clean(group.name, 80)
        name = fit(name, min(cell_len(name), width - len(figure) - 4))
        line = Line(self.aimon).put(f" {name} ", "muted b")
        return line.put("─" * (width - line.width - len(figure)), "rule").put(figure, "muted")

    def _rest(self, session: Session, columns_left: list[Column], back: str, width: int) -> Line:
        """The other columns, drawn once for each picture of a session: pulse and age paint a row thrice a second."""
        twin = session.name in self.aimon.board.twins
        told_of = (session, twin, back, columns_left, width, self.aimon.theme)
        kept = self._kept.get(session.key)
        if kept is None or kept[0] != told_of:
            if len(self._kept) >= KEPT:
                self._kept.clear()
            kept = self._kept[session.key] = (told_of, Line(self.aimon, back))
            told = cells(session, 0, strong=back != "background", short=width < 100, twin=twin)
            for column in columns_left:
                blank = " " * gap(width)
                for text, spec in cut(told[column.name], column):
                    kept[1].put(blank + text, spec)
                    blank = ""
            kept[1].put(" ")
        return kept[1]

    def nothing(self, width: int) -> Line:
        """What stands in place of rows when a filter lets none through."""
        board = self.aimon.board
        tail = f'". esc shows all {len(board)}.'
        typed = clean(board.filter.text, max(8, width - len(tail) - 21))
        return Line(self.aimon).put(f'  Nothing matches "{typed}{tail}', "muted")

    @property
    def page(self) -> int:
        """Rows that can be seen at once, less one for the eye to hold on to."""
        return max(1, self.size.height - 2)

    def show_selected(self) -> None:
        """Scroll so far that the selected row can be seen, and no further."""
        board, room = self.aimon.board, self.size.height - 1
        index, top = board.line, self.scroll_offset.y
        if index is None or room < 1:
            return
        first = index - 1 if index and isinstance(board.lines[index - 1], Group) else index
        if first < top:
            self.scroll_to(y=first, animate=False)
        elif index >= top + room:
            self.scroll_to(y=index - room + 1, animate=False)

    def repaint(self, keys: set[str]) -> None:
        """Paint the rows of some sessions anew, if they can be seen, and the headings, which sum them up."""
        width, seen = self.size.width, self._lines_seen()
        self._refresh(Region(0, y, width, 1) for y, line in seen if isinstance(line, Group) or line.key in keys)

    def beat(self) -> None:
        """Paint the pulse of working rows: one cell a row."""
        self._refresh(Region(PULSE_COLUMN, y, 1, 1) for y, session in self._seen() if session.state == "working")

    def paint_clocks(self) -> None:
        """Paint the ages that read otherwise than they did."""
        if (ages := place("for", self.size.width)) is None:
            return
        before, self._ages = self._ages, {}
        rows = []
        for y, session in self._seen():
            age = self._ages[session.key] = clock((self.aimon.now_ns - session.since_ns) / 1e9)
            if before.get(session.key) != age:
                rows.append(Region(ages[0], y, ages[1], 1))
        self._refresh(rows)

    def render_line(self, y: int) -> Strip:
        """One row, for Textual."""
        board = self.aimon.board
        if y == 1 and board.filter and not board.rows:
            return self.nothing(self.size.width).strip(self.size.width)
        return super().render_line(y)

    def on_click(self, event: events.Click) -> None:
        """Select the row under the mouse."""
        line = dict(self._seen()).get(event.y)
        if line is not None:
            self.post_message(self.Chosen(self.aimon.board.keys.index(line.key)))

    def on_resize(self) -> None:
        """Keep the selected row in sight."""
        self.resized()
        self.call_after_refresh(self.show_selected)

    def _refresh(self, regions: Iterable[Region]) -> None:
        """Paint some regions; none at all, which Textual takes for everything, is nothing."""
        if found := tuple(regions):
            self.refresh(*found)

    def _seen(self) -> list[tuple[int, Session]]:
        """The rows that can be seen, and where."""
        return [(y, line) for y, line in self._lines_seen() if isinstance(line, Session)]

    def _lines_seen(self) -> list[tuple[int, Session | Group]]:
        top, room = self.scroll_offset.y, max(0, self.size.height - 1)
        return list(enumerate(self.aimon.board.lines[top : top + room], start=1))
