"""What was used in some days: dollars by day as columns, and a table with a bar for each row."""

from collections.abc import Sequence
from datetime import date
from textwrap import wrap

from msgspec import Struct

from aimon_core.clean import clean
from aimon_core.history import Row
from aimon_core.session import PICODOLLARS
from aimon_tui.format import NONE, count, fit, money
from aimon_tui.paint import Line, Painted
from aimon_tui.plot import levels
from aimon_tui.rows import model_name

AXIS = 8
"""Cells before the first column."""
LABELLED = 7
"""Cells of a column that has room for its dollars."""
TALL = 14
"""Rows of a plot with two lines of labels."""
NAME, FIGURES = 24, 31


class Day(Struct, frozen=True):
    """One day."""

    day: date
    picodollars: int | None
    """Of what has a price; None while nobody knows."""
    unpriced: bool
    """Whether something has none."""
    today: bool = False

    def words(self, room: int) -> str:
        """Its dollars in so many cells, which lose their cents before they are cut; what has no price is a plus."""
        if self.picodollars is None:
            return NONE
        more = "+" if self.unpriced else ""
        return _fitting(self.picodollars / PICODOLLARS, room - len(more)) + more


class HistoryPlot(Painted):
    """Columns by day."""

    def __init__(self) -> None:
        super().__init__(id="plot")
        self._days: Sequence[Day] = ()

    def tell(self, days: Sequence[Day]) -> None:
        """Show other days."""
        self._days = days
        self.refresh()

    def lines(self, width: int) -> list[Line]:
        """Grid and columns, then the days and, where there is room, their dollars."""
        if not self._days:
            return []
        slot = max(3, (width - AXIS) // len(self._days))
        labels = 2 if self.size.height >= TALL and slot >= LABELLED else 1
        rows = levels([(day.picodollars or 0) / PICODOLLARS for day in self._days], self.size.height - labels)
        lines = []
        known = any(day.picodollars is not None for day in self._days)
        for row in rows:
            ground = " " if row.amount is None else "·"
            amount = _round(row.amount) if row.amount is not None and known else ""
            line = self.line().put(fit(amount, AXIS - 1, ">") + " ", "faint")
            for glyph, day in zip(row.glyphs, self._days, strict=True):
                bar = max(2, slot - 3)
                shown, spec = (ground, "rule") if glyph == " " else (glyph, "key" if day.today else "span-llm")
                line.put(shown * bar, spec).put(ground * (slot - bar), "rule")
            lines.append(line)
        lines.append(self._labels([(_name(day, slot), "key b" if day.today else "muted") for day in self._days], slot))
        if labels == 2:
            figures = [(day.words(slot - 1), "ink b" if day.today else "faint") for day in self._days]
            lines.append(self._labels(figures, slot))
        return lines

    def _labels(self, words: list[tuple[str, str]], slot: int) -> Line:
        line = self.line().to(AXIS)
        for text, spec in words:
            line.put(fit(text, slot), spec)
        return line


class HistoryTable(Painted):
    """Rows in their order, from one of them on."""

    def __init__(self) -> None:
        super().__init__(id="used")
        self._head, self._rows, self._first = "", list[Row](), 0
        self._words = ""

    def tell(self, head: str, rows: list[Row], words: str = "") -> None:
        """Show other rows; `words` where there are none."""
        self._head, self._rows, self._words, self._first = head, rows, words, 0
        self.refresh()

    def scroll_rows(self, first: int) -> None:
        """Begin with another row; -1 shows the last ones."""
        most = max(0, len(self._rows) - max(1, self.size.height - 1))
        self._first = most if first < 0 else min(first, most)
        self.refresh()

    @property
    def first(self) -> int:
        """The row that is shown first."""
        return self._first

    def lines(self, width: int) -> list[Line]:
        """Head and rows, or the words that stand for them."""
        if not self._rows:
            return [self.line().to(1).put(text, "muted") for text in wrap(clean(self._words, 1_000), max(1, width - 2))]
        name = max(8, min(NAME, width - FIGURES - 2))
        head = f" {fit(self._head, name)}{fit('sessions', 10, '>')}{fit('tokens', 10, '>')}{fit('cost', 11, '>')}"
        largest = max((row.cost_usd or 0.0 for row in self._rows), default=0.0)
        return [
            self.line().put(head, "faint"),
            *(self._row(row, name, width, largest) for row in self._rows[self._first :]),
        ]

    def _row(self, row: Row, name: int, width: int, largest: float) -> Line:
        named = row.by[self._head]
        called = (model_name(named) if self._head == "model" else clean(named)) or "—"
        line = self.line().put(f" {fit(called, name)}", "ink")
        line.put(fit(count(row.sessions), 10, ">"), "muted").put(fit(count(row.tokens.total), 10, ">"), "muted")
        line.put(fit(money(row.cost_usd), 11, ">"), "faint" if row.cost_usd is None else "ink").put("  ")
        room = width - line.width - 1
        halves = round((row.cost_usd or 0.0) / largest * room * 2) if largest and room > 0 else 0
        return line.put("━" * (halves // 2) + "╸" * (halves % 2), "span-llm")


def _name(day: Day, slot: int) -> str:
    if slot < 6:
        return str(day.day.day)
    return "today" if day.today else f"{day.day:%a}"[:2] + f" {day.day.day}"


def _round(amount: float) -> str:
    """An amount of the grid, where it fits before the first column."""
    return _fitting(amount, AXIS - 1, f"${amount:,.0f}" if amount >= 1 else f"${amount:.4f}".rstrip("0"))


def _fitting(usd: float, room: int, exact: str = "") -> str:
    """Dollars that are never cut: with cents, without, in thousands."""
    ways = (exact or money(usd), f"${usd:,.0f}", f"${count(round(usd))}")
    return next((words for words in ways if len(words) <= room), ways[-1])
