"""One row of a waterfall as a line: fold mark, kind, name, bar, duration, note."""

from typing import TYPE_CHECKING

from aimon_tui.axis import Window, bar
from aimon_tui.format import clock, fit, fit_path, span
from aimon_tui.paint import Line
from aimon_tui.waterfall import Row

if TYPE_CHECKING:
    from aimon_tui.app import AimonApp

FOLDS = {"v": "▼ ", ">": "► ", "": "  "}
DEEPEST = 6
"""Levels that are indented; what lies deeper keeps room for its name."""


def parts(width: int) -> tuple[int, int, int]:
    """Cells of the name, of the bars and of the note."""
    name, note = (34, 20) if width >= 100 else (28, 0) if width >= 70 else (24, 0)
    return name, width - name - 10 - note - 2, note


def span_line(app: "AimonApp", row: Row, shown: Window, width: int, *, chosen: bool) -> Line:
    """The row at a width, its bar on the stretch of time that is shown."""
    name, room, note = parts(width)
    line = Line(app, "select" if chosen else "background").put("▌" if chosen else " ", "select-mark")
    line.put("  " * min(row.depth, DEEPEST) + FOLDS[row.fold], "faint")
    _label(line, row, name, chosen=chosen)
    _bar(line, row, shown, room)
    waits = row.kind == "wait" and row.end_ns is None
    spec = "wait b" if waits else "fail" if row.failed else "faint" if row.fold == ">" else "ink"
    lasts = span(((app.now_ns if row.end_ns is None else row.end_ns) - row.start_ns) / 1e9)
    line.put(fit(lasts, 9, ">"), spec).put(" ×" if row.failed else "  ", "fail")
    if note:
        line.put(f" {fit(row.note, note - 1)}", "fail" if row.failed else "wait" if waits else "faint")
    return line


def _label(line: Line, row: Row, width: int, *, chosen: bool) -> None:
    waits = row.kind == "wait"
    if row.kind == "turn":
        line.put(fit(row.name, width - line.width - 1), "muted" if row.fold == ">" else "ink b")
    else:
        line.put(fit(row.kind, 6), "wait b" if waits else "fail" if row.failed else "muted")
        line.put(fit_path(row.name, width - line.width - 1), "ink b" if chosen or waits else "ink")
    line.put(" ")


def _bar(line: Line, row: Row, shown: Window, room: int) -> None:
    end_ns = shown.end_ns if row.end_ns is None else row.end_ns
    begin, end = shown.cells(row.start_ns, max(end_ns, row.start_ns), room)
    if end_ns < shown.start_ns:
        line.put(fit(f"‹ {clock((shown.start_ns - row.start_ns) / 1e9)} before", room), "faint")
    elif row.start_ns > shown.end_ns:
        line.put(fit(f"{clock((row.start_ns - shown.end_ns) / 1e9)} later ", room, ">"), "faint")
    elif row.kind == "wait" and row.end_ns is None:
        first = min(room - 2, max(0, int(begin)))
        line.put(" " * first).put("▒" * (room - first - 1), "span-wait").put("►", "wait")
    else:
        line.put(bar(room, begin, end), "span-error" if row.failed else f"span-{row.kind}")
