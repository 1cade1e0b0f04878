"""Lines of styled cells and the widgets that paint them: Textual's line API, 15 to 20 times cheaper than a DataTable.

Text goes to the screen as segments, never as markup, so nothing in it is ever interpreted.
"""

import re
from collections.abc import Mapping
from itertools import zip_longest
from typing import TYPE_CHECKING, ClassVar, Self

from rich.cells import cell_len
from rich.segment import Segment
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.widget import Widget

from aimon_tui.format import ELLIPSIS

if TYPE_CHECKING:
    from aimon_tui.app import AimonApp

    _Widget = Widget
else:
    _Widget = object  # Textual takes the style of a class from its first base that is a widget

ASCII = str.maketrans({
    "×": "x", "●": "*", "•": ".", "✓": "+", "○": "o", "·": ".", "▌": ">", "▐": "|", "─": "-", "━": "=", "╸": "=",
    "╺": "=", "▒": "%", "▁": "_", "▂": "_", "▃": ".", "▄": "-", "▅": "=", "▆": "+", "▇": "#", "█": "#", "▼": "v",
    "►": ">", "‹": "<", "…": "~", "—": "-", "→": ">", "↑": "^", "↓": "v", "←": "<", "−": "-", "“": '"', "”": '"',
})  # fmt: skip
"""A one-cell stand-in for every glyph: the fallback is one translate and moves nothing."""

STILL = "●"
"""The pulse of a working row when it stands still."""

_FOREIGN = re.compile("[^\x00-\x7f]")


def glyphs(environment: Mapping[str, str]) -> bool:
    """Whether a terminal can draw more than ASCII: its locale does not name another encoding than UTF-8."""
    locale = next((environment[name] for name in ("LC_ALL", "LC_CTYPE", "LANG") if environment.get(name)), "")
    encoding = locale.partition(".")[2].partition("@")[0]
    return encoding.lower().replace("-", "") in {"", "utf8"}


def plain(text: str) -> str:
    """Text in ASCII, as many cells wide: our glyphs by their stand-ins, anything else as question marks."""
    return _FOREIGN.sub(lambda found: "?" * cell_len(found[0]), text.translate(ASCII))


class Line:
    """One row under construction: put text left to right, jump to a column, finish at a width."""

    def __init__(self, app: "AimonApp", back: str = "background") -> None:
        self.app, self.back, self.width = app, back, 0
        self.parts: list[Segment] = []

    def put(self, text: str, spec: str = "ink") -> "Line":
        """Add text in the style of a spec."""
        if self.app.ascii_only:
            text = plain(text)
        self.parts.append(Segment(text, self.app.ink(spec, self.back)))
        self.width += cell_len(text)
        return self

    def to(self, column: int) -> "Line":
        """Go on at a column, if it lies ahead."""
        return self.put(" " * max(0, column - self.width))

    def right(self, width: int, *pieces: tuple[str, str]) -> "Line":
        """Put pieces of text and spec so that they end at `width`."""
        self.to(width - sum(cell_len(text) for text, _ in pieces))
        for text, spec in pieces:
            self.put(text, spec)
        return self

    def join(self, other: "Line") -> "Line":
        """Add what another line says."""
        self.parts += other.parts
        self.width += other.width
        return self

    def over(self, column: int, text: str, spec: str) -> "Line":
        """Put text over what already stands at a column, to the end of the line."""
        self.to(column)
        self.parts, self.width = [*Strip(self.parts).crop(0, column)], column
        return self.put(text, spec)

    def cut(self, width: int) -> "Line":
        """Cut what does not fit into `width`, and show the cut."""
        return self.over(width - 1, ELLIPSIS, "muted") if self.width > width > 0 else self

    def strip(self, width: int) -> Strip:
        """The finished row, cropped or filled to `width`."""
        if self.width == width:
            return Strip(self.parts, width)
        return Strip(self.parts).adjust_cell_length(width, self.app.ink("ink", self.back))


def bar(line: Line, width: int, share: float, spec: str) -> None:
    """A heavy line for a share of `width` cells on a light track, in half cells; more than nothing always shows."""
    halves = min(2 * width, max(round(share * 2 * width), 1 if share > 0 else 0))
    line.put("━" * (halves // 2) + "╸" * (halves % 2), spec)
    line.put("─" * (width - (halves + 1) // 2), "track")


class Straight(_Widget):
    """A widget without border, padding and tint, whose rows are kept until they are refreshed.

    What Textual does for those three takes two thirds of the time that a row takes.
    """

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        self._finished: dict[int, Strip] = {}
        self._finished_for: object = None
        super().__init__(id=id)

    @property
    def aimon(self) -> "AimonApp":
        """The app, by its own type."""
        return self.app  # type: ignore[return-value]

    def refresh(self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False) -> Self:
        """Paint some rows anew, or all of them."""
        for y in [y for region in regions for y in region.line_range]:
            self._finished.pop(y, None)
        if not regions:
            self._finished_for = None
        return super().refresh(*regions, repaint=repaint, layout=layout, recompose=recompose)

    def begin(self) -> None:
        """All rows are about to be drawn anew."""

    def render_lines(self, crop: Region) -> list[Strip]:
        """The rows in a region, for Textual."""
        if self._finished_for != (circumstances := (self.size, self.app.theme)):
            self._finished, self._finished_for = {}, circumstances
            self.begin()
        if unfinished := [y for y in crop.line_range if y not in self._finished]:
            self._finish(unfinished)
        return [self._finished[y].crop(crop.x, crop.right) for y in crop.line_range]

    def _finish(self, rows: list[int]) -> None:
        """Draw some rows; what they lie on is asked once, all the way up to the screen."""
        filters, ground = self.get_line_filters(), self.background_colors[1]
        for y in rows:
            strip = self.render_line(y)
            for line_filter in filters:
                strip = strip.apply_filter(line_filter, ground)
            self._finished[y] = strip


class Painted(Straight, Widget):
    """A fixed block of lines; subclasses give them."""

    back: ClassVar[str] = "background"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name for it
        self._strips: list[Strip] = []
        super().__init__(id=id)

    def line(self) -> Line:
        """A new line on this widget's ground."""
        return Line(self.aimon, self.back)

    def lines(self, width: int) -> list[Line]:
        """The lines to show at a width."""
        raise NotImplementedError

    def begin(self) -> None:
        """Draw all lines."""
        width = self.size.width
        self._strips = [line.strip(width) for line in self.lines(width)]

    def refresh_changed(self) -> None:
        """Paint the lines that say something else than they did."""
        if self._finished_for is None:
            self.refresh()
            return
        before = self._strips
        self.begin()
        changed = [y for y, (old, new) in enumerate(zip_longest(before, self._strips)) if old != new]
        if changed:
            self.refresh(*(Region(0, y, self.size.width, 1) for y in changed))

    def render_line(self, y: int) -> Strip:
        """One row of the widget, for Textual."""
        return self._strips[y] if y < len(self._strips) else self.line().strip(self.size.width)


class Scrolled(Straight, ScrollView, can_focus=False):
    """Any number of rows below a fixed head, only the visible ones painted."""

    def count(self) -> int:
        """How many rows there are."""
        raise NotImplementedError

    def head(self, width: int) -> Line:
        """The row that never scrolls."""
        raise NotImplementedError

    def row(self, index: int, width: int) -> Line:
        """One row."""
        raise NotImplementedError

    def resized(self) -> None:
        """The number of rows has changed."""
        size = Size(self.size.width, self.count() + 1)
        if size != self.virtual_size:
            self.virtual_size = size

    def render_line(self, y: int) -> Strip:
        """One row of the widget, for Textual: the head, then rows from the scroll offset on."""
        width = self.size.width
        if y == 0:
            return self.head(width).strip(width)
        index = y - 1 + self.scroll_offset.y
        line = self.row(index, width) if index < self.count() else Line(self.aimon)
        return self._thumbed(line, y - 1, width).strip(width)

    def _thumbed(self, line: Line, y: int, width: int) -> Line:
        """Our own scroll bar, in the margin column: it costs no width, so nothing shifts when rows appear."""
        height, total = self.size.height - 1, self.count()
        if total > height > 0:
            size = max(1, height * height // total)
            start = round(self.scroll_offset.y / max(1, total - height) * (height - size))
            if start <= y < start + size:
                line.over(width - 1, "▐", "idle")
        return line
