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
        figures = self._figures(width - line.width)
        return line.put("─" * (width - line.width - _cells(figures)), "rule").right(width, *figures)

    def _short(self, width: int) -> Line:
        """All of it in one line."""
        line = self.line().put(" away ", "key b").put(f"{clock(self._absence.lasted_s)} ", "faint")
        for state, (glyph, _, colour) in STATES.items():
            if number := sum(one.session.state == state for one in self._absence.missed):
                line.put(f" {glyph} ", f"{colour} b").put(f"{number} ", "ink b")
        return line.right(width, *self._figures(width - line.width))

    def _figures(self, room: int) -> list[tuple[str, str]]:
        """What all of it took; how long they waited gives way to what it cost."""
        waited_ns = sum(one.waited_ns for one in self._absence.missed)
        waited = [(" waited ", "muted"), (clock(waited_ns / 1e9), "ink b"), (" ", "ink")] if waited_ns else []
        usd = [(f" {spent(self._absence.usd, unpriced=self._absence.unpriced)}", "ink b"), (" in all ", "muted")]
        return [*waited, *usd] if _cells(waited + usd) <= room else usd

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
        room = width - line.width - 2 - _cells(tail)
        if room >= 8:
            line.put("  ").put(fit_path(clean(session.doing), room), "fail" if session.state == "failed" else "muted")
        return line.right(width, *tail)


def _cells(pieces: list[tuple[str, str]]) -> int:
    return sum(cell_len(text) for text, _ in pieces)
