"""The waterfall: the selected session's turns as a tree on a time axis; row 0 is the axis and never scrolls."""

from collections.abc import Sequence

from textual import events
from textual.geometry import Region
from textual.message import Message

from aimon_core.spans import Span, TurnTree
from aimon_tui.axis import Lens, Window, ticks, window
from aimon_tui.paint import Line, Scrolled
from aimon_tui.waterfall import Outline, Row
from aimon_tui.widgets.span_line import parts, span_line

NEAR = 200
"""How far from the end something open is looked for, when it is to be followed."""


class Waterfall(Scrolled):
    """Open spans grow, a wait stands out while it lasts, the last turn is unfolded.

    Where rows can be selected, following means that the selection is what is open now; elsewhere the end is in sight.
    """

    class Chosen(Message):
        """A row was clicked."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self, *, selects: bool = False, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._selects = selects
        self._session = ""
        self._folds: dict[str, bool] = {}
        self._lens = Lens()
        self._place = -1
        self._moment_ns = 0
        self.outline = Outline()
        self.follows = True
        self.selected: str | None = None
        """Key of the selected row."""

    # ------------------------------------------------------------------ what is shown

    def show(self, session: str, turns: Sequence[TurnTree]) -> None:
        """Show a session's turns; another session starts unzoomed, unfolded and followed."""
        if session != self._session:
            self._session, self._folds, self.selected = session, {}, None
            self._lens, self.follows = Lens(), True
        self._lay(turns)

    @property
    def row_selected(self) -> Row | None:
        """The selected row."""
        return None if self._index is None else self.outline.row(self._index)

    @property
    def position(self) -> str:
        """Which span of its turn is selected: `14 of 15`."""
        row = self.row_selected
        if row is None or row.kind == "turn":
            return ""
        found = self.outline.find(row.key)
        return f"{found[1] + 1} of {len(self.outline.turns[row.turn].spans)}" if found else ""

    @property
    def turn(self) -> TurnTree | None:
        """The turn on the axis: the selected row's, else the last one."""
        row, turns = self.row_selected, self.outline.turns
        return turns[row.turn] if row else turns[-1] if turns else None

    @property
    def shown(self) -> Window:
        """The stretch of time on the axis."""
        return self._lens.part(window(self.turn, self._moment_ns))

    @property
    def zoomed(self) -> bool:
        """Whether the axis shows less than the turn."""
        return self._lens.steps > 0

    # ------------------------------------------------------------------ what the keys do

    def fold(self, *, shut: bool) -> None:
        """Fold or unfold the selected row; what cannot be folded goes up to the row that holds it."""
        row = self.row_selected
        if row is None:
            return
        if row.fold == ("v" if shut else ">"):
            self.toggle(row.key)
        elif shut and row.kind != "turn" and (found := self.outline.find(row.key)):
            self.select(self.outline.parents(*found)[0])

    def toggle(self, key: str) -> None:
        """Fold a row that is unfolded, or the other way."""
        index = self.outline.index(key)
        if index is not None and (mark := self.outline.row(index).fold):
            self._folds[key] = mark == "v"
            self._lay(self.outline.turns)

    def move(self, steps: int) -> None:
        """Select the row some steps away."""
        self.move_to((len(self.outline) - 1 if self._index is None else self._index) + steps)

    def move_to(self, index: int) -> None:
        """Select a row by its place, the last one with -1; whoever moves does not follow."""
        if rows := len(self.outline):
            self.select(self.outline.key(rows - 1 if index == -1 else min(max(0, index), rows - 1)))

    def select(self, key: str) -> bool:
        """Select a row, unfolding whatever it lies in; returns whether there is one."""
        if (index := self.outline.index(key, self._place)) is None:
            if (found := self.outline.find(key)) is None:
                return False
            self._folds |= dict.fromkeys(self.outline.parents(*found), False)
            self.outline.lay(self.outline.turns, self._folds)
            self.resized()
            index = self.outline.index(key)
        turn = self.turn
        self.selected, self._place, self.follows = key, -1 if index is None else index, False
        if self.turn is not turn:
            self._lens = Lens()
        self._reveal(self._place)
        self.refresh()
        return True

    def jump(self, wanted: str) -> bool:
        """Select the next `error` or `wait`, or the `slowest` span of the turn; returns whether there is one."""
        if wanted == "slowest":
            spans = self.turn.spans if self.turn else ()
            ended = [one for one in spans if one.end_ns is not None and one.kind in {"llm", "tool"}]
            found = max(ended, key=lambda one: (one.end_ns or 0) - one.start_ns, default=None)
        else:
            found = next((one for one in self.outline.walk(self._here()) if _is(one, wanted)), None)
        return found is not None and self.select(found.key)

    def zoom(self, steps: int) -> None:
        """Show a shorter or longer stretch of the turn, the selected span kept where it can be seen."""
        row = self.row_selected
        middle_ns = (self.shown.start_ns + self.shown.end_ns) / 2
        if row is not None and row.kind != "turn":
            middle_ns = (row.start_ns + (row.end_ns or self._moment_ns)) / 2
        self._lens.step(steps, window(self.turn, self._moment_ns), middle_ns)
        self.refresh()

    def pan(self, steps: int) -> None:
        """Show an earlier or a later stretch."""
        self._lens.move(steps)
        self.refresh()

    def follow(self) -> None:
        """Keep what is open now in sight, or stop doing so."""
        self.follows = not self.follows
        if self.follows:
            self._lens = Lens()
        self._lay(self.outline.turns)

    # ------------------------------------------------------------------ time and mouse

    def grow(self) -> None:
        """A second has passed: open bars grow; the others are painted anew once the axis moved by half a cell."""
        turns = self.outline.turns
        if not turns or turns[-1].until_ns is not None:
            return
        now_ns, room = self.aimon.now_ns, parts(self.size.width)[1]
        shown = self.shown
        if not self.zoomed and (now_ns - self._moment_ns) * room * 2 > shown.end_ns - shown.start_ns:
            self._moment_ns = now_ns
            self.refresh()
            return
        top, last = self.scroll_offset.y, min(len(self.outline), self.scroll_offset.y + self.size.height - 1)
        open_rows = [index for index in range(top, last) if self.outline.row(index).end_ns is None]
        if open_rows:
            self.refresh(*(Region(0, 1 + index - top, self.size.width, 1) for index in open_rows))

    def on_click(self, event: events.Click) -> None:
        """Select the row under the mouse; on its mark, fold it."""
        index = event.y - 1 + self.scroll_offset.y
        if event.y < 1 or index >= len(self.outline):
            return
        row = self.outline.row(index)
        mark = 1 + 2 * row.depth
        if row.fold and mark <= event.x < mark + 2:
            self.toggle(row.key)
        else:
            if self._selects:
                self.select(row.key)
            self.post_message(self.Chosen(row.key))

    def on_resize(self) -> None:
        """Keep in sight what was."""
        self._lay(self.outline.turns)

    # ------------------------------------------------------------------ rows

    def count(self) -> int:
        """Rows in all."""
        return len(self.outline)

    def head(self, width: int) -> Line:
        """The time axis."""
        name, room, _ = parts(width)
        line = Line(self.aimon).put(" " * name)
        if not len(self.outline):
            return Line(self.aimon).put("  No calls yet.", "muted")
        for column, text in ticks(self.shown, room):
            line.to(name + column).put(text, "faint")
        return line

    def row(self, index: int, width: int) -> Line:
        """One turn or span."""
        row = self.outline.row(index)
        chosen = self._selects and row.key == self.selected
        return span_line(self.aimon, row, self.shown, width, chosen=chosen)

    # ------------------------------------------------------------------ places

    @property
    def _index(self) -> int | None:
        """Where the selected row is, for as long as it can be seen."""
        return None if self.selected is None else self.outline.index(self.selected, self._place)

    def _here(self) -> tuple[int, int]:
        """Where jumps start: at the selected span, else before the first one of the last turn."""
        row = self.row_selected
        if row is None:
            return max(0, len(self.outline.turns) - 1), -1
        return (row.turn, -1) if row.kind == "turn" else self.outline.find(row.key) or (row.turn, -1)

    def _lay(self, turns: Sequence[TurnTree]) -> None:
        self.outline.lay(turns, self._folds)
        self._moment_ns = self.aimon.now_ns
        if self.selected is not None:  # folded away, or gone: what it lies in stands for it
            index = self.outline.nearest(self.selected) if self._index is None else self._index
            self._place = -1 if index is None else index
            self.selected = None if index is None else self.outline.key(index)
        self.resized()
        if self.follows:
            self._keep_up()
        self.refresh()

    def _keep_up(self) -> None:
        """Keep what is open in sight; where rows can be selected, select it."""
        last = len(self.outline) - 1
        if self._selects and last >= 0:
            rows = ((index, self.outline.row(index)) for index in range(last, max(-1, last - NEAR), -1))
            self._place = next((index for index, row in rows if row.kind != "turn" and row.end_ns is None), last)
            self.selected = self.outline.key(self._place)
        self.call_after_refresh(self.scroll_end, animate=False)
        if self._selects:
            self.call_after_refresh(self._reveal, self._place)

    def _reveal(self, index: int) -> None:
        """Scroll so far that a row can be seen, and no further; one from far away with what stands around it."""
        top, room = self.scroll_offset.y, self.size.height - 1
        if room > 0 and not top <= index < top + room:
            far = not top - 1 <= index <= top + room
            self.scroll_to(y=index - room // 3 if far else min(index, max(top, index - room + 1)), animate=False)


def _is(one: Span, wanted: str) -> bool:
    return one.failed if wanted == "error" else one.kind == "wait"
