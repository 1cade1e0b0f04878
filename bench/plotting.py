"""Draws what `bench.soaking` wrote: `python -m bench.plotting docs/soak.csv docs/soak.svg "how it was made"`.

Plain SVG by hand: three lines of a table are no reason for a plotting library of fifty megabytes.
"""

import csv
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple
from xml.sax.saxutils import escape

WIDTH, HEIGHT, LEFT, TOP, GAP, FOOT = 860, 150, 70, 64, 46, 54
COLOURS = ("#3b6ea5", "#c0562f", "#5b8a3c")


class Panel(NamedTuple):
    """One diagram over time."""

    title: str
    lines: tuple[tuple[str, str, float], ...]
    """Column, what it is called, and what it is multiplied by."""


PANELS = (
    Panel("memory and journal, MB", (("memory_mb", "memory", 1), ("journal_mb", "journal on disk", 1))),
    Panel("time of an answer, ms", (("p50_ms", "median", 1), ("p99_ms", "99 of 100", 1))),
    Panel("events, thousands", (("sent", "sent", 1e-3), ("taken", "in the books", 1e-3))),
)


def drawn(rows: Sequence[dict[str, str]], caption: str) -> str:
    """The diagrams below each other, with a sentence on how they were made."""
    height = TOP + len(PANELS) * (HEIGHT + GAP) + FOOT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}">',
        "<style>text { font: 12px sans-serif; fill: #333 }</style>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{LEFT}" y="24" style="font: bold 15px sans-serif">aimon serve under steady work</text>',
    ]
    last_s = max(float(row["at_s"]) for row in rows)
    for number, panel in enumerate(PANELS):
        parts += _panel(panel, rows, last_s, TOP + number * (HEIGHT + GAP))
    for number, line in enumerate(caption.split("\n")):
        parts.append(
            f'<text x="{LEFT}" y="{height - FOOT + 16 + 16 * number}" style="fill: #666">{escape(line)}</text>'
        )
    return "\n".join([*parts, "</svg>", ""])


def _panel(panel: Panel, rows: Sequence[dict[str, str]], last_s: float, top: int) -> list[str]:
    values = [(name, [float(row[column]) * times for row in rows]) for column, name, times in panel.lines]
    most = _round_up(max(max(series) for _, series in values))
    bottom, right = top + HEIGHT, WIDTH - 20

    def at(seconds: float, value: float) -> str:
        x, y = LEFT + (right - LEFT) * seconds / last_s, bottom - HEIGHT * value / most
        return f"{x:.1f},{y:.1f}"

    parts = [f'<text x="{LEFT}" y="{top - 8}" style="font-weight: bold">{escape(panel.title)}</text>']
    for share in (0, 0.5, 1):
        y = bottom - HEIGHT * share
        parts.append(f'<line x1="{LEFT}" x2="{right}" y1="{y}" y2="{y}" stroke="#ddd"/>')
        parts.append(f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{most * share:g}</text>')
    for share in (0, 0.25, 0.5, 0.75, 1):
        x, anchor = LEFT + (right - LEFT) * share, "end" if share == 1 else "middle"
        parts.append(f'<text x="{x}" y="{bottom + 16}" text-anchor="{anchor}">{last_s * share / 60:.0f} min</text>')
    for number, (name, series) in enumerate(values):
        points = " ".join(at(float(row["at_s"]), value) for row, value in zip(rows, series, strict=True))
        dash = "" if number == 0 else ' stroke-dasharray="6 3"'
        colour = COLOURS[number]
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="1.5"{dash}/>')
        x = right - 240 + 120 * number
        parts.append(
            f'<text x="{x}" y="{top - 8}" style="fill: {colour}">{"━" if number == 0 else "╌"} {escape(name)}</text>'
        )
    return parts


def _round_up(most: float) -> float:
    """A number that an axis may end with: 1, 2 or 5 times a power of ten, at least as large."""
    step = 1.0
    while step * 10 <= most:
        step *= 10
    while step > most > 0:
        step /= 10
    return next(step * times for times in (1, 2, 2.5, 5, 10) if step * times >= most) if most else 1.0


def main(source: str, target: str, caption: str) -> None:
    """Read, draw, write."""
    with Path(source).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    Path(target).write_text(drawn(rows, caption), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3].replace("\\n", "\n"))
