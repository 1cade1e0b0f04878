"""The tree of every capture: each call and each tool once, in its turn or subagent, every link resolved.

`trees/NAME.txt` shows each tree as a person would draw it; `AIMON_DRAW_TREES=1 pytest tests/walk/test_trees.py` draws
them anew, for a person to read.
"""

import os
from pathlib import Path

import pytest

from aimon_core.spans import Span, TurnTree
from tests.fakes.captures import expected, scenarios, sent
from tests.walk.test_captures import fed

TREES = Path(__file__).parent / "trees"


def drawn(turns: list[TurnTree]) -> str:
    """A tree as text: times in seconds since the first turn, links as the numbers of rows."""
    spans = [span for turn in turns for span in turn.spans]
    numbers = {span.key: number for number, span in enumerate(spans, start=1)}
    start_ns = turns[0].start_ns if turns else 0

    def seconds(at_ns: int | None) -> str:
        return "open" if at_ns is None else f"{(at_ns - start_ns) / 1e9:.2f}"

    def row(span: Span) -> str:
        links = [f"asked by {numbers[span.asked_by]}"] if span.asked_by else []
        links += [f"read by {numbers[span.read_by]}"] if span.read_by else []
        told = [f"{span.tokens.total} tokens"] if span.tokens else []
        told += [f"${span.cost_usd:.6f}"] if span.cost_usd else []
        told += [f"× {span.error or 'failed'}"] if span.failed else []
        name = f"{span.kind} {span.name}" if span.kind != "agent" else "agent"
        words = [name, span.subject, f"{seconds(span.start_ns)}-{seconds(span.end_ns)}", *told, *links]
        return f"{numbers[span.key]:3} " + "  " * span.depth + "  ".join(filter(None, words))

    lines = []
    for turn in turns:
        waited = f"  waited {turn.waited_ns / 1e9:.2f}" if turn.waited_ns else ""
        ends = f"{seconds(turn.start_ns)}-{seconds(turn.end_ns)}  {turn.end_reason}"
        lines.append(f"{turn.label}  {turn.title[:50]!r}  {ends}{waited}")
        lines += [row(span) for span in turn.spans]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("name", scenarios())
def test_the_tree_is_what_a_person_would_draw(name: str) -> None:
    store = fed(sent(name))
    text = "\n".join(drawn(store.turns(one.key)) for one in sorted(store.sessions(every=True), key=lambda one: one.key))
    path = TREES / f"{name}.txt"
    if os.environ.get("AIMON_DRAW_TREES"):
        path.write_text(text)
    assert text == path.read_text()


@pytest.mark.parametrize("name", scenarios())
def test_each_call_and_tool_is_there_once(name: str) -> None:
    store, truth = fed(sent(name)), expected(name)
    for session in store.sessions(every=True):
        spans = [span for turn in store.turns(session.key) for span in turn.spans]
        keys = [span.key for span in spans]
        assert len(set(keys)) == len(keys)
        calls = [span for span in spans if span.kind == "llm" and not span.failed]
        assert len(calls) == truth["sessions"][session.session_id]["llm_calls"]
        assert len([span for span in spans if span.kind == "tool"]) == session.tool_calls
        assert sum(span.tokens.total for span in calls if span.tokens) == session.tokens.total
        for span in spans:
            for link in (span.asked_by, span.read_by):
                assert link is None or link in keys, "a link leads somewhere"


@pytest.mark.parametrize("name", [one for one in scenarios() if one not in {"print_beta", "print_minimal"}])
@pytest.mark.parametrize("signals", [{"logs", "hooks"}, {"traces"}])
def test_any_channel_alone_gives_the_same_calls_in_the_same_turns(name: str, signals: set[str]) -> None:
    def shape(store):
        return [
            [(span.name, span.tokens.total) for span in turn.spans if span.kind == "llm" and not span.failed]
            for session in sorted(store.sessions(every=True), key=lambda one: one.key)
            for turn in store.turns(session.key)
            if turn.spans
        ]

    def flat(rows):
        return [sorted(row) for row in rows if row]

    assert flat(shape(fed(one for one in sent(name) if one.signal in signals))) == flat(shape(fed(sent(name))))
