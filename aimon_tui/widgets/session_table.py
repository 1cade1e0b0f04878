"""The table of sessions: one row each, row 0 of the widget is the column head and never scrolls."""


from textual import events
from textual.geometry import Region
from textual.message import Message
from textual.strip import Strip

from aimon_tui.format import fit
from aimon_tui.paint import Line, Scrolled
from aimon_tui.rows import STATES, cells, columns, cut, gap

PULSE_COLUMN = 2
"""Where the state's glyph stands."""


class SessionTable(Scrolled):
    """Living sessions; what needs a person stands first."""

    class Chosen(Message):
        """A row was clicked."""

        def __init__(self, row: int) -> None:
            super().__init__()
            self.row = row

    def count(self) -> int:
        """Rows of the board."""
        return len(self.aimon.board.rows)

    def head(self, width: int) -> Line:
        """The names of the columns."""
        line = Line(self.aimon).put(" ")
        for column in columns(width):
            name = " state" if column.name == "state" else column.name
            line.put(fit(name, column.width, column.align) + " " * gap(width), "faint")
        return line

    def row(self, index: int, width: int) -> Line:
        """One session."""
        board, now_ns = self.aimon.board, self.aimon.now_ns
        session = board.rows[index]
        chosen, waits = session.key == board.selected, session.state == "waiting"
        line = Line(self.aimon, "select" if chosen else "wait-tint" if waits else "background")
        line.put("▌" if chosen else " ", "select-mark")
        told = cells(session, now_ns, strong=chosen or waits, short=width < 100, twin=session.name in board.twins)
        space = " " * gap(width)
        for column in columns(width):
            if column.name == "state":
                glyph, word, colour = STATES[session.state]
                if session.state == "working":
                    glyph = self.aimon.pulse
                spec = "pill-ink/pill b" if waits else f"{colour} b" if session.state == "failed" else colour
                line.put(fit(f" {glyph} {word}", column.width), spec).put(space)
            else:
                cell = told[column.name]
                line.put(cut(column.name, cell.text, column.width, column.align), cell.spec).put(space)
        return line

    def nothing(self) -> Line:
        """What stands in place of rows when a filter lets none through."""
        board = self.aimon.board
        text = f'Nothing matches "{board.filter.text.strip()}". esc shows all {len(board)}.'
        return Line(self.aimon).put("  ").put(text, "muted")

    def show_selected(self) -> None:
        """Scroll so far that the selected row can be seen, and no further."""
        index, room = self.aimon.board.index, self.size.height - 1
        if index is None or room < 1:
            return
        top = self.scroll_offset.y
        if index < top:
            self.scroll_to(y=index, animate=False)
        elif index >= top + room:
            self.scroll_to(y=index - room + 1, animate=False)

    def repaint(self, keys: set[str]) -> None:
        """Paint the rows of some sessions anew, if they can be seen."""
        top, room = self.scroll_offset.y, self.size.height - 1
        for y, session in enumerate(self.aimon.board.rows[top : top + room]):
            if session.key in keys:
                self.refresh(Region(0, y + 1, self.size.width, 1))

    def beat(self) -> None:
        """Paint the pulse of working rows: one cell a row."""
        top, room = self.scroll_offset.y, self.size.height - 1
        for y, session in enumerate(self.aimon.board.rows[top : top + room]):
            if session.state == "working":
                self.refresh(Region(PULSE_COLUMN, y + 1, 1, 1))

    def render_line(self, y: int) -> Strip:
        """One row, for Textual."""
        if y == 1 and self.aimon.board.filter and not self.aimon.board.rows:
            return self.nothing().strip(self.size.width)
        return super().render_line(y)

    def on_click(self, event: events.Click) -> None:
        """Select the row under the mouse."""
        row = event.y - 1 + self.scroll_offset.y
        if event.y > 0 and row < self.count():
            self.post_message(self.Chosen(row))

    def on_resize(self) -> None:
        """Keep the selected row in sight."""
        self.resized()
        self.call_after_refresh(self.show_selected)
