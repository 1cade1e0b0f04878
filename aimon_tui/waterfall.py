"""The rows of a waterfall: pure, so that what it says, folds and measures can be tested without a screen."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from aimon_core.clean import clean
from aimon_core.spans import Span, TurnTree
from aimon_tui.format import count, money, span
from aimon_tui.rows import model_name

HALVES = {(True, True): "━", (True, False): "╸", (False, True): "╺", (False, False): " "}
"""A cell of a bar by which of its halves are in it."""


class Row(Struct, frozen=True):
    """One row: a turn, or a span in one."""

    key: str
    kind: str
    """turn, llm, tool, wait or agent."""
    name: str
    depth: int
    start_ns: int
    end_ns: int | None
    """None while it is open."""
    turn: int
    """Number of the turn it lies in."""
    fold: str = ""
    """`v` unfolded, `>` folded, empty where nothing lies in it."""
    failed: bool = False
    note: str = ""
    span: Span | None = None


class Window(Struct, frozen=True):
    """The stretch of time that the bars show."""

    start_ns: int
    end_ns: int

    @property
    def seconds(self) -> float:
        """Its length."""
        return max(1e-3, (self.end_ns - self.start_ns) / 1e9)

    def cells(self, start_ns: int, end_ns: int, room: int) -> tuple[float, float]:
        """Where a span begins and ends on a bar of `room` cells."""
        scale = room / self.seconds / 1e9
        return (start_ns - self.start_ns) * scale, (end_ns - self.start_ns) * scale


def rows(turns: Sequence[TurnTree], toggled: frozenset[str]) -> list[Row]:
    """The rows that can be seen: earlier turns are folded, the last one is not, and `toggled` are the other way."""
    found: list[Row] = []
    for turn in turns:
        key = f"turn:{turn.number}"
        unfolded = (turn is turns[-1]) != (key in toggled)
        found.append(_turn_row(turn, key, unfolded=unfolded))
        if unfolded:
            found.extend(_span_rows(turn, toggled))
    return found


def _turn_row(turn: TurnTree, key: str, *, unfolded: bool) -> Row:
    title = clean(turn.title, 60)
    number = len(turn.spans)
    cost = "" if turn.cost_usd is None else f"  {money(turn.cost_usd)}"
    return Row(
        key, "turn", f"turn {turn.number}  {title}".rstrip(), 0, turn.start_ns, _turn_end(turn), turn.number,
        fold="" if not number else "v" if unfolded else ">", failed=turn.failed,
        note=f"{number} span{'' if number == 1 else 's'}{cost}",
    )  # fmt: skip


def _turn_end(turn: TurnTree) -> int | None:
    """A turn lasts as long as anything in it: a background subagent outlives its prompt."""
    ends = [turn.end_ns, *(one.end_ns for one in turn.spans)]
    return None if None in ends else max(end for end in ends if end is not None)


def _span_rows(turn: TurnTree, toggled: frozenset[str]) -> Iterable[Row]:
    hidden_until = -1
    for place, one in enumerate(turn.spans):
        if place <= hidden_until:
            continue
        folded = bool(one.children) and one.key in toggled
        if folded:
            hidden_until = place + one.children
        yield Row(
            one.key, one.kind, _name(one), one.depth, one.start_ns, one.end_ns, turn.number,
            fold="" if not one.children else ">" if folded else "v",
            failed=one.failed, note=_note(one, turn.spans[place + 1 : place + 1 + one.children]), span=one,
        )  # fmt: skip


def _name(one: Span) -> str:
    if one.kind == "llm":
        return model_name(one.name)
    if one.kind == "agent":
        return clean(one.subject or one.name, 60)
    name = clean(one.name, 40)
    subject = clean(one.subject, 120)
    return f"{name} {subject}".rstrip() + (" ?" if one.kind == "wait" else "")


def _note(one: Span, inside: Sequence[Span]) -> str:
    if one.failed:
        return clean(one.error, 60) or "failed"
    if one.kind == "llm" and one.tokens is not None:
        cost = "" if one.cost_usd is None else f"  {money(one.cost_usd)}"
        return f"{count(one.tokens.context)} → {count(one.tokens.output)}{cost}"
    if one.kind == "wait":
        return "for you"
    if one.kind == "agent":
        calls = [inner for inner in inside if inner.kind == "llm"]
        known = all(inner.cost_usd is not None for inner in calls)
        cost = f"  {money(sum(inner.cost_usd or 0 for inner in calls))}" if known and calls else ""
        return f"{len(calls)} call{'' if len(calls) == 1 else 's'}{cost}"
    return ""


def window(turns: Sequence[TurnTree], number: int, now_ns: int) -> Window:
    """The whole of one turn, up to now while it is open."""
    turn = turns[number - 1] if 0 < number <= len(turns) else None  # numbered from 1, in their order
    if turn is None:
        return Window(now_ns - 10**9, now_ns)
    end_ns = _turn_end(turn)
    return Window(turn.start_ns, max(now_ns if end_ns is None else end_ns, turn.start_ns + 10**6))


def ticks(seconds: float, room: int) -> list[tuple[int, str]]:
    """Marks on the axis, as column and text: steps of 1, 2 or 5, at least 10 cells apart, the end always written."""
    step = 0.1
    while step * room / seconds < 10:
        step *= 2 if str(step).replace("0", "").replace(".", "")[:1] in {"1", "5"} else 2.5
    end = span(seconds)
    marks, place = [], 0.0
    while place * room / seconds < room - len(end) - 6:
        marks.append((round(place * room / seconds), f"{place:g} s" if seconds < 120 else span(place)))
        place = round(place + step, 6)
    return [*marks, (room - len(end), end)]


def bar(width: int, begin: float, end: float) -> str:
    """A heavy line from `begin` to `end` in cells, half cells counted, half a cell at least, cut at the edges."""
    first = round(begin * 2)
    last = max(first + 1, round(end * 2))
    return "".join(HALVES[first <= 2 * i < last, first <= 2 * i + 1 < last] for i in range(width))
