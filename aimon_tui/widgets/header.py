"""The first line: who waits, who works, what it costs, and whether anything can arrive at all."""

from typing import ClassVar

from rich.cells import cell_len

from aimon_tui.format import NONE, clock, count, money
from aimon_tui.paint import Line, Painted
from aimon_tui.rows import STATES

Pieces = list[tuple[str, str]]

TODAY, TAKEN, PAUSED = 2, 3, 4
"""Worth of today's dollars, and of what must be read however narrow the terminal: those give way to it."""


class Header(Painted):
    """Counts, dollars and the port; a figure keeps its place when it changes."""

    back: ClassVar[str] = "surface"

    def lines(self, width: int) -> list[Line]:
        """The one line; states lose their words where today's dollars would not fit beside them."""
        for words in (True, False) if width >= 100 else (False,):
            line = self._begun(width)
            self._states(line, words=words)
            kept = _fitting(self._money(width) + self._door(width), width - line.width)
            if any(worth == TODAY for worth, _ in kept):
                break
        return [line.right(width, *(piece for _, pieces in kept for piece in pieces), (" ", "ink"))]

    def _begun(self, width: int) -> Line:
        line = self.line()
        if width >= 70:
            line.put(" aimon ", "key b")
        if self.aimon.demo:
            line.put("DEMO " if width >= 70 else " DEMO ", "ink b")
        return line.put("  ") if width >= 70 else line

    def _states(self, line: Line, *, words: bool) -> None:
        states = self.aimon.board.states
        waiting = states["waiting"]
        line.put(f" ! {waiting} waiting ", "pill-ink/pill b" if waiting else "faint").put(" " if waiting > 9 else "  ")
        for state in ("failed", "working", "completed", "idle"):
            glyph, word, colour = STATES[state]
            number = str(states[state])
            some = number != "0"
            line.put(f"{glyph} ", f"{colour} b" if some else "faint").put(number, "ink b" if some else "faint")
            slack = " " * max(1, 4 - len(number))  # a second digit takes a blank: what follows stays in its place
            line.put(f" {word}{slack}" if words else slack, "muted" if some else "faint")

    def _money(self, width: int) -> list[tuple[int, Pieces]]:
        """Today's dollars and those of an hour; where no call has had a price yet, nobody knows how many."""
        totals = self.aimon.board.totals
        known = bool(totals.today_usd) or totals.cost.usd is not None
        usd, burnt = money(totals.today_usd if known else None), money(totals.burn_usd_per_hour) if known else NONE
        more = " + unpriced" if known and totals.today_unpriced else ""
        today: Pieces = [(usd, "ink b" if known else "faint"), (more, "muted")]
        if not more or width >= 100:
            today.append((" today", "muted"))
        burn: Pieces = [(f"{burnt:>8}", "ink b" if totals.burn_usd_per_hour else "faint"), ("/h", "muted")]
        return [(TODAY, today), (1, burn)] if width >= 70 else [(TODAY, today)]

    def _door(self, width: int) -> list[tuple[int, Pieces]]:
        app = self.aimon
        if app.paused_s is not None:
            return [(PAUSED, [(f"   paused {clock(app.paused_s)}", "wait b")])]
        if app.door.problem:
            return [(TAKEN, [("   × ", "fail b"), (app.door.fault, "fail")])]
        if width < 100:
            return []
        rate = f"{count(round(app.door.rate())):>3}"
        label = f"{'':{max(0, 7 - len(rate))}}{app.door.label} "
        forwards = self._forwards()
        return [*forwards, (0, [(label, "faint"), ("●", "done")]), (-1, [(f"{rate} ev/s", "faint")])]

    def _forwards(self) -> list[tuple[int, Pieces]]:
        """What is passed on to other collectors, and what waits for one that does not take it."""
        told = self.aimon.door.forwards()
        if told is None:
            return []
        requests, stuck = told
        said, style, worth = (f"{count(requests)} wait", "wait", 0) if stuck else (count(requests), "faint", -2)
        return [(worth, [(f"   → {said}", style)])]


def _fitting(parts: list[tuple[int, Pieces]], room: int) -> list[tuple[int, Pieces]]:
    """Parts in their order, the least worth left out until the rest fits."""
    kept = list(parts)
    while kept and sum(cell_len(text) for _, pieces in kept for text, _ in pieces) + 1 > room:
        kept.remove(min(kept, key=lambda part: part[0]))
    return kept
