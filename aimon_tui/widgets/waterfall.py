"""The waterfall: the selected session's turns as a tree on a time axis; row 0 is the axis and never scrolls."""

from textual import events
from textual.geometry import Region
from textual.message import Message

from aimon_core.spans import TurnTree
from aimon_tui.format import clock, fit, span
from aimon_tui.paint import Line, Scrolled
from aimon_tui.waterfall import Row, Window, bar, rows, ticks, window

FOLDS = {"v": "▼ ", ">": "► ", "": "  "}
ZOOM = 1.6
"""How much nearer or farther one step of the zoom is."""


class Waterfall(Scrolled):
    """Open spans grow, a wait stands out while it lasts, the last turn is unfolded."""

    class Chosen(Message):
        """A row was clicked."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        super().__init__(id=id)
        self._session = ""
        self._turns: list[TurnTree] = []
        self._rows: list[Row] = []
        self._places: dict[str, int] = {}
        self._toggled: frozenset[str] = frozenset()
        self._zoom, self._pan = 1.0, 0.0
        self.follows = True
        """Whether what is open now is kept in sight."""
        self.selected: str | None = None
        """Key of the selected row, where rows can be selected."""

    def show(self, session: str, turns: list[TurnTree]) -> None:
        """Show a session's turns; another session starts unzoomed, unfolded and followed."""
        if session != self._session:
            self._session, self._toggled, self.selected = session, frozenset(), None
            self._zoom, self._pan, self.follows = 1.0, 0.0, True
        self._turns = turns
        self._lay()

    @property
    def rows(self) -> list[Row]:
        """The rows that can be seen or scrolled to."""
        return self._rows

    @property
    def row_selected(self) -> Row | None:
        """The selected row."""
        place = self._places.get(self.selected or "")
        return None if place is None else self._rows[place]

    @property
    def shown(self) -> Window:
        """The stretch of time shown: the selected row's turn, else the last one, as far as it is zoomed."""
        chosen = self.row_selected
        number = chosen.turn if chosen else self._turns[-1].number if self._turns else 0
        whole = window(self._turns, number, self.aimon.now_ns)
        length = (whole.end_ns - whole.start_ns) / self._zoom
        start = whole.start_ns + (whole.end_ns - whole.start_ns - length) * self._pan
        return Window(round(start), round(start + length))

    def count(self) -> int:
        """Rows in all."""
        return len(self._rows)

    def head(self, width: int) -> Line:
        """The time axis."""
        name, room, _ = _parts(width)
        line = Line(self.aimon).put(" " * name)
        if self._rows:
            for column, text in ticks(self.shown.seconds, room):
                line.to(name + column).put(text, "faint")
        return line

    def row(self, index: int, width: int) -> Line:
        """One turn or span."""
        row = self._rows[index]
        chosen = row.key == self.selected
        name, room, note = _parts(width)
        line = Line(self.aimon, "select" if chosen else "background").put("▌" if chosen else " ", "select-mark")
        line.put("  " * row.depth + FOLDS[row.fold], "faint")
        self._label(line, row, name, chosen=chosen)
        end_ns = self.aimon.now_ns if row.end_ns is None else row.end_ns
        self._bar(line, row, end_ns, room)
        waits = row.kind == "wait" and row.end_ns is None
        spec = "wait b" if waits else "fail" if row.failed else "faint" if row.fold == ">" else "ink"
        line.put(fit(span((end_ns - row.start_ns) / 1e9), 9, ">"), spec).put(" ×" if row.failed else "  ", "fail")
        if note:
            line.put(f" {fit(row.note, note - 1)}", "fail" if row.failed else "wait" if waits else "faint")
        return line

    def fold(self, *, unfold: bool) -> None:
        """Fold or unfold the selected row."""
        row = self.row_selected
        if row is not None and row.fold == (">" if unfold else "v"):
            self._toggled ^= {row.key}
            self._lay()

    def move(self, steps: int) -> None:
        """Select the row some steps away; whoever moves does not follow."""
        if not self._rows:
            return
        here = self._places.get(self.selected or "", len(self._rows) - 1)
        self._select(min(max(0, here + steps), len(self._rows) - 1))

    def jump(self, wanted: str) -> bool:
        """Select the next `error` or `wait`, or the `slowest` span of the turn; returns whether there is one."""
        spans = [(place, row) for place, row in enumerate(self._rows) if row.kind != "turn"]
        if wanted == "slowest":
            leaves = [(place, row) for place, row in spans if row.kind in {"llm", "tool"} and row.end_ns is not None]
            place = max(leaves, key=lambda one: (one[1].end_ns or 0) - one[1].start_ns, default=(None,))[0]
        else:
            fits = [place for place, row in spans if (row.failed if wanted == "error" else row.kind == "wait")]
            here = self._places.get(self.selected or "", -1)
            place = next((one for one in fits if one > here), fits[0] if fits else None)
        if place is None:
            return False
        self._select(place)
        return True

    def zoom(self, steps: int) -> None:
        """Show a shorter or longer stretch of the turn."""
        self._zoom = min(1_000.0, max(1.0, self._zoom * ZOOM**steps))
        self.refresh()

    def pan(self, share: float) -> None:
        """Move the stretch within the turn."""
        self._pan = min(1.0, max(0.0, self._pan + share / self._zoom))
        self.refresh()

    def grow(self) -> None:
        """A second has passed: repaint what is open and can be seen."""
        top = self.scroll_offset.y
        shown = self._rows[top : top + self.size.height - 1]
        if any(row.end_ns is None for row in shown):
            self.refresh(Region(0, 0, self.size.width, 1))
        for y, row in enumerate(shown):
            if row.end_ns is None or row.turn == self._turns[-1].number:
                self.refresh(Region(0, y + 1, self.size.width, 1))

    def on_click(self, event: events.Click) -> None:
        """Select the row under the mouse."""
        place = event.y - 1 + self.scroll_offset.y
        if event.y > 0 and place < len(self._rows):
            self.post_message(self.Chosen(self._rows[place].key))

    def on_resize(self) -> None:
        """Keep in sight what was."""
        self._lay()

    def _lay(self) -> None:
        self._rows = rows(self._turns, self._toggled)
        self._places = {row.key: place for place, row in enumerate(self._rows)}
        self.resized()
        if self.follows:
            self.call_after_refresh(self.scroll_end, animate=False)
        self.refresh()

    def _select(self, place: int) -> None:
        self.selected, self.follows = self._rows[place].key, False
        top, room = self.scroll_offset.y, self.size.height - 1
        if place < top:
            self.scroll_to(y=place, animate=False)
        elif place >= top + room:
            self.scroll_to(y=place - room + 1, animate=False)
        self.refresh()

    def _label(self, line: Line, row: Row, width: int, *, chosen: bool) -> None:
        waits = row.kind == "wait"
        if row.kind == "turn":
            line.put(fit(row.name, width - line.width - 1), "muted" if row.fold == ">" else "ink b")
        else:
            line.put(fit(row.kind, 6), "wait b" if waits else "fail" if row.failed else "muted")
            line.put(fit(row.name, width - line.width - 1), "ink b" if chosen or waits else "ink")
        line.put(" ")

    def _bar(self, line: Line, row: Row, end_ns: int, room: int) -> None:
        shown = self.shown
        begin, end = shown.cells(row.start_ns, end_ns, room)
        if end_ns < shown.start_ns:
            line.put(fit(f"‹ {clock((shown.start_ns - row.start_ns) / 1e9)} before", room), "faint")
        elif row.start_ns > shown.end_ns:
            line.put(fit(f"{clock((row.start_ns - shown.end_ns) / 1e9)} later", room, ">"), "faint")
        elif row.kind == "wait" and row.end_ns is None:
            first = min(room - 2, max(0, int(begin)))
            line.put(" " * first).put("▒" * (room - first - 1), "span-wait").put("►", "wait")
        else:
            spec = "span-error" if row.failed else f"span-{row.kind}"
            line.put(bar(room, begin, end), spec)


def _parts(width: int) -> tuple[int, int, int]:
    """Cells of the name, of the bars and of the note."""
    name, note = (34, 20) if width >= 100 else (28, 0) if width >= 70 else (24, 0)
    return name, width - name - 10 - note - 2, note
