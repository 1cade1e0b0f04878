"""What there is to say about one row of a waterfall: pure, two columns of labels and words, and the links in them.

Links are causes: which model call asked for a tool, and which one read its result.
"""

from collections.abc import Iterator, Sequence

from msgspec import Struct

from aimon_core.clean import clean
from aimon_core.session import Session
from aimon_core.spans import Span, TurnTree
from aimon_tui.format import NONE, clock, count, money, span, wall
from aimon_tui.waterfall import Outline, Row, name

KINDS = {"turn": "turn", "llm": "model call", "tool": "tool call", "wait": "wait for you", "agent": "subagent"}


class Detail(Struct, frozen=True):
    """One line."""

    label: str
    words: str
    spec: str = "ink"
    link: str | None = None
    """Key of the span it tells of."""


ENDED = {
    **dict.fromkeys(("stop_hook", "span", "transcript", "idle"), ("with an answer", "muted")),
    "interrupted": ("interrupted by you", "ink"),
    "denied": ("refused by you", "ink"),
    "failed": ("in an error", "fail"),
    "new_prompt": ("by the next prompt", "muted"),
    "session_end": ("with its session", "muted"),
}
"""How a turn ended, in words."""

Columns = tuple[list[Detail], list[Detail]]


def details(session: Session, outline: Outline, row: Row, now_ns: int) -> Columns:
    """Everything worth a line about a row: what it is at the left, what it belongs to at the right."""
    turn = outline.turns[row.turn]
    left = [
        Detail("kind", f"{KINDS[row.kind]} {row.name}" if row.kind == "agent" else KINDS[row.kind]),
        _lasting(row, now_ns),
        *_what(row, turn),
        Detail("started", f"{wall(row.start_ns)}  {span((row.start_ns - turn.start_ns) / 1e9)} into the turn"),
        Detail("id", clean(row.key.partition(":")[2], 80), "muted"),
    ]
    right = [*_figures(row, turn), *_place(session), *_cache(session, now_ns)]
    if row.span is not None:
        links = list(_links(outline, turn, row.span))
        right = [*links, *right] if row.kind != "llm" else [*links[:2], *right]
    return left, right


def as_text(columns: Columns) -> str:
    """The same for the clipboard: a line each."""
    return "\n".join(f"{one.label}: {one.words}" for column in columns for one in column)


def _lasting(row: Row, now_ns: int) -> Detail:
    if row.end_ns is None:
        return Detail(
            "lasts", f"{span((now_ns - row.start_ns) / 1e9)} so far", "wait b" if row.kind == "wait" else "ink"
        )
    return Detail("took", span((row.end_ns - row.start_ns) / 1e9))


def _what(row: Row, turn: TurnTree) -> list[Detail]:
    """What it worked on, and how that went."""
    one = row.span
    if one is None:
        return [
            Detail("prompt", clean(turn.title, 200) or "not told"),
            Detail("ended", *ENDED.get(turn.end_reason or "", ("still open", "muted"))),
        ]
    what = {"llm": "model", "agent": "type"}.get(row.kind, "subject")
    subject = one.subject if row.kind == "agent" else ": ".join(filter(None, (one.name, one.subject)))
    told = Detail(what, clean(subject, 200) or NONE)
    return [told] if row.kind == "wait" else [told, _outcome(one.failed, one.error, open_=one.end_ns is None)]


def _outcome(failed: bool, error: str, *, open_: bool) -> Detail:  # noqa: FBT001 - as the span tells it
    if failed:
        return Detail("error", clean(error, 200) or "failed", "fail")
    return Detail("result", "still open", "muted") if open_ else Detail("result", "ok", "muted")


def _figures(row: Row, turn: TurnTree) -> list[Detail]:
    """Tokens and dollars: its own, or those of everything in it."""
    if row.kind == "llm" and row.span and row.span.tokens:
        tokens = row.span.tokens
        written = f" + {count(tokens.cache_write)} written" if tokens.cache_write else ""
        thought = f" · {count(tokens.reasoning)} reasoning" if tokens.reasoning else ""
        return [
            Detail("input", f"{count(tokens.input)} + {count(tokens.cache_read)} cached{written}"),
            Detail("output", f"{count(tokens.output)}{thought}"),
            _cost(row.span.cost_usd),
        ]
    if row.kind in {"tool", "wait"}:
        return []
    inside = turn.spans if row.span is None else _within(turn, row.span)
    calls = [one for one in inside if one.kind == "llm"]
    tools = [one for one in inside if one.kind == "tool"]
    waits = [one for one in inside if one.kind == "wait" and one.end_ns is not None]
    waited_ns = turn.waited_ns if row.span is None else sum((one.end_ns or 0) - one.start_ns for one in waits)
    usd = [one.cost_usd for one in calls if not one.failed]
    return [
        Detail("calls", _number(calls)),
        Detail("tools", _number(tools)),
        Detail("waits", f"{len(waits)} · {span(waited_ns / 1e9)}"),
        _cost(None if None in usd else sum(filter(None, usd))),
    ]


def _number(spans: list[Span]) -> str:
    failed = sum(one.failed for one in spans)
    return f"{len(spans)} · {failed} failed" if failed else str(len(spans))


def _cost(usd: float | None) -> Detail:
    return Detail("cost", money(usd), "faint" if usd is None else "ink")


def _within(turn: TurnTree, one: Span) -> Sequence[Span]:
    place = next(place for place, other in enumerate(turn.spans) if other.key == one.key)
    return turn.spans[place + 1 : place + 1 + one.children]


def _links(outline: Outline, turn: TurnTree, one: Span) -> Iterator[Detail]:
    if one.kind == "llm":
        asked = [other for other in turn.spans if other.asked_by == one.key and other.kind == "tool"]
        read = [other for other in turn.spans if other.read_by == one.key and other.kind == "tool"]
        yield _linked("asked for", asked, turn)
        yield _linked("read", read, turn)
        return
    if one.kind == "agent":
        place = next(place for place, other in enumerate(turn.spans) if other.key == one.key)
        holder = next((other for other in reversed(turn.spans[:place]) if other.depth < one.depth), None)
        yield _linked("started by", [holder] if holder and holder.kind == "tool" else [], turn)
        return
    tool = one
    if one.kind == "wait":  # it is part of its tool's call
        found = outline.find(f"tool:{one.key.partition(':')[2]}")
        tool = outline.turns[found[0]].spans[found[1]] if found else one
    for label, key in (("asked by", tool.asked_by), ("read by", tool.read_by)):
        found = outline.find(key) if key else None
        other = outline.turns[found[0]].spans[found[1]] if found else None
        yield _linked(label, [other] if other else [], turn)
    if one.kind == "wait":
        answered = (
            "still open" if one.end_ns is None else "refused" if tool.failed and tool.error == "refused" else "allowed"
        )
        yield Detail("answer", answered, "wait b" if one.end_ns is None else "ink")


def _linked(label: str, spans: Sequence[Span], turn: TurnTree) -> Detail:
    if not spans:
        return Detail(label, NONE, "faint")
    first = spans[0]
    more = f" +{len(spans) - 1}" if len(spans) > 1 else ""
    at = span((first.start_ns - turn.start_ns) / 1e9) if first.start_ns >= turn.start_ns else "an earlier turn"
    return Detail(label, f"{first.kind} {name(first)}{more} at {at}", "ink", first.key)


def _place(session: Session) -> list[Detail]:
    if session.terminal is None:
        return []
    return [Detail("terminal", clean(" in ".join(session.terminal.chain)))]


def _cache(session: Session, now_ns: int) -> list[Detail]:
    if session.cache_expires_at_ns is None:
        return []
    left_s = (session.cache_expires_at_ns - now_ns) / 1e9
    return [Detail("cache", f"expires in {clock(left_s)}") if left_s > 0 else Detail("cache", "expired", "faint")]
