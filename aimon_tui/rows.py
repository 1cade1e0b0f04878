"""A session as the cells of one table row: pure, so that what a row says can be tested without a screen."""

import re
from functools import cache

from msgspec import Struct
from rich.cells import cell_len

from aimon_core import agents
from aimon_core.clean import clean
from aimon_core.session import Session
from aimon_tui.format import NONE, clock, count, fit, fit_path, money, percent

STATES = {
    "waiting": ("!", "waiting", "wait"),
    "failed": ("×", "failed", "fail"),
    "working": ("●", "working", "work"),
    "completed": ("✓", "done", "done"),
    "idle": ("○", "idle", "idle"),
    "ended": ("·", "ended", "faint"),
    "expired": ("·", "expired", "faint"),
}
"""Glyph, word and colour of each state: never one without the others."""

VERDICTS = {
    "kept": ("✓", "kept", "done"),
    "open": ("○", "open", "muted"),
    "broken": ("×", "broken", "fail b"),
    "error": ("×", "error", "fail"),
}
"""The same of each verdict, and of each scorer's."""

_OVER = frozenset({"ended", "expired"})

NEED = tuple(STATES)
"""States by how much they need a person."""

_COLUMNS = {
    "state": (11, "<"), "for": (6, ">"), "agent": (11, "<"), "project": (16, "<"), "model": (11, "<"),
    "doing": (0, "<"), "verdict": (8, "<"), "ctx": (4, ">"), "tokens": (6, ">"), "cost": (9, ">"),
}  # fmt: skip
"""Cells and alignment; `doing` takes what is left, `verdict` is there where something is expected of a session."""

_DROPPED = ("verdict", "model", "tokens", "ctx", "agent", "doing", "cost", "for")
"""Columns in the order in which they go when the room gets small."""


class Column(Struct, frozen=True):
    """One column at one width of the table."""

    name: str
    width: int
    align: str


class Cell(Struct, frozen=True):
    """What a cell says and in which style; not cut yet."""

    text: str
    spec: str
    tail: str = ""
    """Said after it, faintly."""


def gap(width: int) -> int:
    """Cells between two columns."""
    return 2 if width >= 70 else 1


@cache
def columns(width: int, *, judged: bool = False) -> tuple[Column, ...]:
    """The columns that fit: drop until the elastic one, `doing` or else `project`, has 16 cells (8 for project)."""
    kept = dict(_COLUMNS)
    if not judged:
        del kept["verdict"]
    if width < 100:
        kept |= {"agent": (8, "<"), "project": (14 if width >= 70 else 12, "<")}
    elif width >= 150:
        kept["project"] = (24, "<")
    elastic, free = "doing", 0
    for victim in ("", *_DROPPED):
        kept.pop(victim, None)
        elastic, least = ("doing", 16) if "doing" in kept else ("project", 8)
        taken = sum(cells for name, (cells, _) in kept.items() if name != elastic)
        free = width - 2 - taken - gap(width) * (len(kept) - 1)
        if free >= least:
            break
    kept[elastic] = (max(1, free), kept[elastic][1])
    return tuple(Column(name, cells, align) for name, (cells, align) in kept.items())


@cache
def place(name: str, width: int) -> tuple[int, int] | None:
    """First cell and width of a column in a table of some width; None where it had to go."""
    x = 1
    for column in columns(width):
        if column.name == name:
            return x, column.width
        x += column.width + gap(width)
    return None


def cells(session: Session, now_ns: int, *, strong: bool, short: bool, twin: bool = False) -> dict[str, Cell]:
    """Every cell of a row but the state's.

    `strong` makes the project bold (selected or waiting), `short` uses the agent's short name, `twin` says that another
    row has the same project: the branch follows it.
    """
    state = session.state
    over = state in _OVER
    quiet = over or state == "idle"
    text = "faint" if over else "muted" if quiet or state == "completed" else "ink"
    figure = "faint" if over else "muted"
    agent = agents.short(session.agent) if short else session.agent
    branch = session.branch or "" if twin else ""
    usd = dollars(session)
    return {
        "for": age(session, now_ns),
        "agent": Cell(clean(agent, 40), "faint" if quiet else "muted"),
        "project": Cell(clean(session.name, 80), f"{text} b" if strong else text, clean(branch, 40)),
        "model": Cell(model_name(session.model) or NONE, "faint" if quiet or not session.model else "muted"),
        "doing": Cell(clean(session.doing) or NONE, "fail" if state == "failed" else text),
        "verdict": _verdict(session),
        "ctx": _context(session, figure),
        "tokens": Cell(count(session.total_tokens), figure),
        "cost": Cell(money(usd), "faint" if usd is None else text),
    }


def age(session: Session, now_ns: int) -> Cell:
    """For how long it has been in its state."""
    state = session.state
    spec = "wait b" if state == "waiting" else "faint" if state in _OVER else "muted"
    return Cell(clock((now_ns - session.since_ns) / 1e9), spec)


def dollars(session: Session) -> float | None:
    """Own and auxiliary dollars: what the row shows; None when either is unknown."""
    own, auxiliary = session.cost.usd, session.auxiliary.cost.usd
    return None if own is None or auxiliary is None else own + auxiliary


def cut(cell: Cell, column: Column) -> list[tuple[str, str]]:
    """A cell at its column's width, as text and spec: names lose their end, paths their head, numbers fit."""
    width = column.width
    if column.name == "doing":
        return [(fit_path(cell.text, width), cell.spec)]
    if not cell.tail:
        return [(fit(cell.text, width, column.align), cell.spec)]
    own = min(cell_len(cell.text), width - 1 - min(cell_len(cell.tail), width // 2))
    return [(fit(cell.text, own), cell.spec), (f" {fit(cell.tail, width - own - 1)}", "faint")]


def model_name(model: str | None) -> str:
    """A model without its vendor, prefix and date: `opus-5-5` for `anthropic/claude-opus-5-5-20251101`."""
    name = clean(model or "", 80).rpartition("/")[2]
    name = re.sub(r"^(?:[a-z]{2,6}\.)?(?:anthropic\.)?claude-", "", name)
    return re.sub(r"[-@](?:\d{8}|\d{4}-\d{2}-\d{2})(?:-v\d+:\d+)?$", "", name)


def _verdict(session: Session) -> Cell:
    if session.verdict is None:
        return Cell(NONE, "faint")
    glyph, word, spec = VERDICTS[session.verdict.standing]
    return Cell(f"{glyph} {word}", spec)


def _context(session: Session, figure: str) -> Cell:
    context = session.context
    if context is None or not context.limit:
        return Cell(NONE, "faint")
    full = context.used >= 0.9 * context.limit and session.state not in _OVER
    return Cell(percent(context.used, context.limit), "wait b" if full else figure)
