"""The first line: who waits, who works, what it costs, and whether anything can arrive at all."""

from typing import ClassVar

from aimon_tui.format import clock, money
from aimon_tui.paint import Line, Painted
from aimon_tui.rows import STATES


class Header(Painted):
    """Counts, dollars and the port; a figure keeps its place when it changes."""

    back: ClassVar[str] = "surface"

    def lines(self, width: int) -> list[Line]:
        """The one line."""
        line = self.line()
        if width >= 70:
            line.put(" aimon ", "key b").put("DEMO " if self.aimon.demo else "", "wait b").put(" ")
        self._states(line, width)
        totals = self.aimon.board.totals
        live = bool(totals.burn_usd_per_hour)
        pieces = [(money(totals.today_usd), "ink b"), (" today", "muted")]
        if width >= 70:
            pieces += [(f"   {money(totals.burn_usd_per_hour)}", "ink b" if live else "faint"), ("/h", "muted")]
        pieces += self._door(width)
        return [line.right(width, *pieces)]

    def _states(self, line: Line, width: int) -> None:
        states = self.aimon.board.states()
        waiting = states["waiting"]
        line.put(f" ! {waiting} waiting ", "pill-ink/pill b" if waiting else "faint").put("  ")
        for state in ("failed", "working", "completed", "idle"):
            glyph, word, colour = STATES[state]
            number = states[state]
            line.put(f"{glyph} ", f"{colour} b" if number else "faint").put(str(number), "ink b" if number else "faint")
            line.put(f" {word}   " if width >= 100 else "   ", "muted" if number else "faint")

    def _door(self, width: int) -> list[tuple[str, str]]:
        app = self.aimon
        if app.paused_s is not None:
            return [(f"   paused {clock(app.paused_s)} ", "wait b")]
        port = app.door.address.rpartition(":")[2]
        if app.door.problem:
            return [(f"   × :{port} taken " if width >= 100 else "  × ", "fail b")]
        if width < 100:
            return [(" ", "ink")]
        return [(f"   :{port} ", "faint"), ("●", "done"), (f"{app.door.rate():>4.0f} ev/s ", "faint")]
