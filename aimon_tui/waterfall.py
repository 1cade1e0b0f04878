"""The rows of a waterfall: pure, so that what it says, folds and measures can be tested without a screen.

A session may hold 100,000 spans, a screen shows thirty: rows are made when they are asked for, and a turn in which
nothing changed is not looked at again.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from aimon_core.clean import clean
from aimon_core.spans import Span, TurnTree
from aimon_tui.format import count, money
from aimon_tui.rows import model_name

Folds = Mapping[str, bool]
"""What a person folded (True) or unfolded, by key; anything else is as it comes: earlier turns folded."""


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
    """Place of the turn it lies in."""
    fold: str = ""
    """`v` unfolded, `>` folded, empty where nothing lies in it."""
    failed: bool = False
    note: str = ""
    span: Span | None = None


class _Part:
    """One turn, and which of its spans can be seen."""

    __slots__ = ("places", "turn", "unfolded")

    def __init__(self, turn: TurnTree, *, unfolded: bool, folds: Folds) -> None:
        self.turn, self.unfolded = turn, unfolded
        self.places: Sequence[int] = _visible(turn.spans, folds) if unfolded else ()


class Outline:
    """All turns of a session as rows, by their place."""

    def __init__(self) -> None:
        self.turns: Sequence[TurnTree] = ()
        self._folds: Folds = {}
        self._parts: list[_Part] = []
        self._starts: list[int] = []
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def lay(self, turns: Sequence[TurnTree], folds: Folds) -> None:
        """Take in what is to be shown."""
        known = {part.turn.place: part for part in self._parts} if folds == self._folds else {}
        self.turns, self._folds = turns, dict(folds)
        self._parts, self._starts, self._size = [], [], 0
        for turn in turns:
            unfolded = not folds.get(turn_key(turn), turn is not turns[-1])
            part = known.get(turn.place)
            if part is None or part.turn is not turn or part.unfolded is not unfolded:
                part = _Part(turn, unfolded=unfolded, folds=folds)
            self._parts.append(part)
            self._starts.append(self._size)
            self._size += 1 + len(part.places)

    def row(self, index: int) -> Row:
        """The row at a place."""
        place = bisect_right(self._starts, index) - 1
        part = self._parts[place]
        if index == self._starts[place]:
            return _turn_row(part.turn, place, unfolded=part.unfolded)
        return _span_row(part.turn, part.places[index - self._starts[place] - 1], place, self._folds)

    def key(self, index: int) -> str:
        """The key of the row at a place."""
        place = bisect_right(self._starts, index) - 1
        part, inner = self._parts[place], index - self._starts[place] - 1
        return turn_key(part.turn) if inner < 0 else part.turn.spans[part.places[inner]].key

    def index(self, key: str, hint: int = -1) -> int | None:
        """Where the row of a key is: where it was seen last, else wherever; None where it cannot be seen."""
        if 0 <= hint < self._size and self.key(hint) == key:
            return hint
        for place, part in enumerate(self._parts):
            if turn_key(part.turn) == key:
                return self._starts[place]
        if (found := self.find(key)) is None:
            return None
        part, inner = self._parts[found[0]], found[1]
        visible = bisect_left(part.places, inner)
        seen = visible < len(part.places) and part.places[visible] == inner
        return self._starts[found[0]] + 1 + visible if seen else None

    def find(self, key: str) -> tuple[int, int] | None:
        """Place of the turn and of the span within it; the newest turn is looked at first."""
        for place in range(len(self.turns) - 1, -1, -1):
            for inner, one in enumerate(self.turns[place].spans):
                if one.key == key:
                    return place, inner
        return None

    def parents(self, place: int, inner: int) -> list[str]:
        """The keys of everything that a span lies in, its turn last."""
        spans, keys, depth = self.turns[place].spans, [], self.turns[place].spans[inner].depth
        for earlier in range(inner - 1, -1, -1):
            if spans[earlier].depth < depth:
                depth = spans[earlier].depth
                keys.append(spans[earlier].key)
            if depth <= 1:
                break
        return [*keys, turn_key(self.turns[place])]

    def nearest(self, key: str) -> int | None:
        """Where the row of a key is, or else what it lies in that can be seen; None where nothing is."""
        if (index := self.index(key)) is not None:
            return index
        found = self.find(key)
        seen = (self.index(parent) for parent in (self.parents(*found) if found else ()))
        return next((index for index in seen if index is not None), None)

    def walk(self, after: tuple[int, int]) -> Iterator[Span]:
        """Every span once, from the one after a place on, round to it again."""
        first, inner = after
        turns = [*self.turns[first:], *self.turns[:first]]
        if turns:
            yield from turns[0].spans[inner + 1 :]
            for turn in turns[1:]:
                yield from turn.spans
            yield from turns[0].spans[: inner + 1]


def turn_key(turn: TurnTree) -> str:
    """The key of a turn's row."""
    return f"turn:{turn.place}"


def _visible(spans: Sequence[Span], folds: Folds) -> Sequence[int]:
    folded = {key for key, shut in folds.items() if shut}
    if not folded or not any(one.key in folded for one in spans):
        return range(len(spans))
    places, place = [], 0
    while place < len(spans):
        places.append(place)
        one = spans[place]
        place += 1 + (one.children if one.key in folded else 0)
    return places


def _turn_row(turn: TurnTree, place: int, *, unfolded: bool) -> Row:
    number = len(turn.spans)
    cost = "" if turn.cost_usd is None else money(turn.cost_usd)
    spans = f"{number} span{'' if number == 1 else 's'}"
    return Row(
        turn_key(turn), "turn", f"{turn.label}  {clean(turn.title, 60)}".rstrip(), 0,
        turn.start_ns, turn.until_ns, place,
        fold="" if not number else "v" if unfolded else ">", failed=turn.failed,
        note=cost if unfolded else f"{spans}  {cost}".rstrip(),
    )  # fmt: skip


def _span_row(turn: TurnTree, inner: int, place: int, folds: Folds) -> Row:
    one = turn.spans[inner]
    return Row(
        one.key, one.kind, name(one), one.depth, one.start_ns, one.end_ns, place,
        fold="" if not one.children else ">" if folds.get(one.key) else "v",
        failed=one.failed, note=_note(turn, inner), span=one,
    )  # fmt: skip


def name(one: Span) -> str:
    """What a span is called: the model, the tool with its subject, the kind of subagent."""
    if one.kind == "llm":
        return model_name(one.name)
    if one.kind == "agent":
        return clean(one.subject or one.name, 60)
    if one.kind == "wait":
        return f"{': '.join(filter(None, (clean(one.name, 40), clean(one.subject, 120))))} ?"
    return f"{clean(one.name, 40)} {clean(one.subject, 120)}".rstrip()


def _note(turn: TurnTree, inner: int) -> str:
    one = turn.spans[inner]
    if one.failed:
        return clean(one.error, 60) or "failed"
    if one.kind == "llm" and one.tokens is not None:
        cost = "" if one.cost_usd is None else f"  {money(one.cost_usd)}"
        return f"{count(one.tokens.context)} → {count(one.tokens.output)}{cost}"
    if one.kind == "wait":
        return "for you"
    if one.kind == "agent":
        calls = [within for within in turn.spans[inner + 1 : inner + 1 + one.children] if within.kind == "llm"]
        usd = [call.cost_usd for call in calls if not call.failed]
        cost = f"  {money(sum(filter(None, usd)))}" if calls and None not in usd else ""
        return f"{len(calls)} call{'' if len(calls) == 1 else 's'}{cost}"
    return ""
