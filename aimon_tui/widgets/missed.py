"""While you were away: who finished, failed, waited or ended, in a block over the last rows, so that nothing moves."""

from typing import ClassVar

from rich.cells import cell_len

from aimon_core.clean import clean
from aimon_tui.away import Absence, Missed
from aimon_tui.format import clock, fit, fit_path, money, spent
from aimon_tui.paint import Line, Painted
from aimon_tui.rows import STATES

WAITED = len("waited 12:03 ")


class MissedPanel(Painted):
    """Sums in its head, and a row for each session as far as there is room; the next key takes it away."""

    back: ClassVar[str] = "surface"

    def __init__(self, absence: Absence) -> None:
        super().__init__()
        self._absence = absence

    def on_mount(self) -> None:
        """As high as there is something to say; `aimon.tcss` leaves the table in sight."""
        self.styles.height = 1 + len(self._absence.missed)

    def on_click(self) -> None:
        """Read."""
        self.aimon.away.read()

    def lines(self, width: int) -> list[Line]:
        """Head and rows; the last one says how many more there are."""
        missed, room = self._absence.missed, self.size.height - 1
        if room <= 0:
            return [self._short(width)]
        shown = missed if len(missed) <= room else missed[: room - 1]
        rows = [self._told(one, width) for one in shown]
        if left := len(missed) - len(shown):
            rows.append(self.line().put(f"   and {left} more", "faint"))
        return [self._head(width), *rows]

    def _head(self, width: int) -> Line:
        line = self.line().put(" while you were away", "key b").put(f"  {clock(self._absence.lasted_s)} ", "faint")
        figures = self._figures()
        room = width - line.width - sum(cell_len(text) for text, _ in figures)
        return line.put("─" * (room - 1) + " ", "rule").right(width, *figures)

    def _short(self, width: int) -> Line:
        """All of it in one line."""
        line = self.line().put(" away ", "key b").put(f"{clock(self._absence.lasted_s)} ", "faint")
        for state, (glyph, _, colour) in STATES.items():
            if number := sum(one.session.state == state for one in self._absence.missed):
                line.put(f" {glyph} ", f"{colour} b").put(f"{number} ", "ink b")
        return line.right(width, *self._figures())

    def _figures(self) -> list[tuple[str, str]]:
        waited_ns = sum(one.waited_ns for one in self._absence.missed)
        waited = [("waited ", "muted"), (clock(waited_ns / 1e9), "ink b"), ("  ", "ink")] if waited_ns else []
        usd = spent(self._absence.usd, unpriced=self._absence.unpriced)
        return [*waited, (usd, "ink b"), (" in all ", "muted")]

    def _told(self, one: Missed, width: int) -> Line:
        """State, project, what it came to, how long it waited, what it cost."""
        session = one.session
        glyph, word, colour = STATES[session.state]
        line = self.line().put(fit(f"  {glyph} {word}", 13), f"{colour} b" if session.state == "failed" else colour)
        line.put(
            fit(clean(session.name, 80), 24 if width >= 100 else 14), "ink b" if session.state == "waiting" else "ink"
        )
        waited = f"waited {clock(one.waited_ns / 1e9):>6}" if one.waited_ns else ""
        tail = [
            (f"  {waited:>{WAITED}}", "wait" if session.state == "waiting" else "muted"),
            (f"  {money(one.usd):>9} ", "faint" if one.usd is None else "ink"),
        ]
        room = width - line.width - 2 - sum(cell_len(text) for text, _ in tail)
        if room >= 8:
            line.put("  ").put(fit_path(clean(session.doing), room), "fail" if session.state == "failed" else "muted")
        return line.right(width, *tail)
