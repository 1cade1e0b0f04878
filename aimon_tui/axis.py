"""The time axis of a waterfall: what stretch it shows, its marks, and the bars along it. Pure numbers and strings."""

import math

from msgspec import Struct

from aimon_core.spans import TurnTree
from aimon_tui.format import span

HALVES = {(True, True): "━", (True, False): "╸", (False, True): "╺", (False, False): " "}
"""A cell of a bar by which of its halves are in it."""

ZOOM = 1.6
"""How much nearer or farther one step is."""
NEAREST = 29
"""Steps at most: a night's turn down to milliseconds."""

SECOND_NS = 1_000_000_000

STEPS = (
    *(base * 10.0**power for power in (-3, -2, -1) for base in (1, 2, 5)),
    1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400, 172_800, 604_800,
)  # fmt: skip
"""Seconds between two marks on the axis."""


class Window(Struct, frozen=True):
    """The stretch of time that the bars show."""

    start_ns: int
    end_ns: int
    origin_ns: int
    """Where the axis counts from: the start of the turn."""

    @property
    def seconds(self) -> float:
        """Its length."""
        return max(1e-3, (self.end_ns - self.start_ns) / SECOND_NS)

    def cells(self, start_ns: int, end_ns: int, room: int) -> tuple[float, float]:
        """Where a span begins and ends on a bar of `room` cells."""
        scale = room / self.seconds / SECOND_NS
        return (start_ns - self.start_ns) * scale, (end_ns - self.start_ns) * scale


class Lens:
    """Which part of a turn is looked at: all of it, or some steps nearer, some share of the way into it."""

    def __init__(self) -> None:
        self.steps, self.pan = 0, 0.0

    @property
    def zoom(self) -> float:
        """How much larger than all of it the part is drawn."""
        return ZOOM**self.steps

    def part(self, whole: Window) -> Window:
        """The stretch that is left of a turn."""
        length = (whole.end_ns - whole.start_ns) / self.zoom
        start_ns = whole.start_ns + round((whole.end_ns - whole.start_ns - length) * self.pan)
        return Window(start_ns, start_ns + round(length), whole.origin_ns)

    def step(self, steps: int, whole: Window, middle_ns: float) -> None:
        """Look nearer or from farther, with a moment in the middle."""
        self.steps = min(NEAREST, max(0, self.steps + steps))
        length = (whole.end_ns - whole.start_ns) / self.zoom
        rest = whole.end_ns - whole.start_ns - length
        self.pan = min(1.0, max(0.0, (middle_ns - length / 2 - whole.start_ns) / rest)) if rest > 0 else 0.0

    def move(self, steps: int) -> None:
        """Look earlier or later, by a quarter of what is seen."""
        if self.steps:
            self.pan = min(1.0, max(0.0, self.pan + steps / 4 / (self.zoom - 1)))


def window(turn: TurnTree | None, now_ns: int) -> Window:
    """The whole of a turn, up to now while anything in it is open."""
    if turn is None:
        return Window(now_ns - SECOND_NS, now_ns, now_ns - SECOND_NS)
    end_ns = now_ns if turn.until_ns is None else turn.until_ns
    return Window(turn.start_ns, max(end_ns, turn.start_ns + SECOND_NS // 1000), turn.start_ns)


def ticks(shown: Window, room: int) -> list[tuple[int, str]]:
    """Marks on the axis, as column and text: even steps at least 10 cells apart, the end always written."""
    begin, seconds = (shown.start_ns - shown.origin_ns) / SECOND_NS, shown.seconds
    step = next((step for step in STEPS if step * room / seconds >= 10), 10 * STEPS[-1])
    end = _moment(begin + seconds, exact=seconds)
    marks: list[tuple[int, str]] = []
    number, free = math.ceil(begin / step), 0
    while (column := round((number * step - begin) * room / seconds)) < room - len(end) - 1:
        text = f"{number * step:.6g} s" if number * step < 60 else _moment(number * step, exact=step)
        if free <= column <= room - len(end) - len(text) - 2:
            marks.append((column, text))
            free = column + len(text) + 2
        number += 1
    return [*marks, (max(0, room - len(end)), end)]


def _moment(seconds: float, *, exact: float) -> str:
    """A moment on an axis on which `exact` seconds make a difference."""
    if exact >= 1:
        return span(seconds)
    minutes = f"{int(seconds // 60)}m" if seconds >= 60 else ""
    return f"{minutes}{seconds % 60:.3f} s"


def bar(width: int, begin: float, end: float) -> str:
    """A heavy line from `begin` to `end` in cells, half cells counted, half a cell at least, cut at the edges."""
    first = round(begin * 2)
    last = max(first + 1, round(end * 2))
    first, last = max(0, first), min(2 * width, last)
    if last <= first:
        return " " * width
    lead, tail = first % 2, last % 2
    if first // 2 == last // 2:  # one half of a cell
        return " " * (first // 2) + HALVES[not lead, bool(lead)] + " " * (width - first // 2 - 1)
    body = "╺" * lead + "━" * (last // 2 - (first + 1) // 2) + "╸" * tail
    return " " * (first // 2) + body + " " * (width - first // 2 - len(body))
