"""Lines between two aimons: what is read is what was told, to the last field, in lines of a bounded length."""

import random

import pytest
from msgspec.structs import replace

from aimon_core import mirror
from aimon_core.session import Totals
from tests.fakes.captures import scenarios, sent
from tests.fakes.fleet import fleet, turns
from tests.walk.test_captures import fed


def told(turn, before, number=1):
    """A turn as a screen puts it together that knew another."""
    spans = before.spans if before else ()
    whole = before
    for piece in mirror.pieces("k", turn, before, number):
        if piece is not None:
            whole = mirror.joined(mirror.decode(mirror.encode(piece)), spans)
            spans = whole.spans
    return whole


@pytest.mark.parametrize("name", scenarios())
def test_every_session_and_tree_comes_out_as_it_went_in(name):
    store = fed(sent(name))
    sessions = store.sessions(every=True)
    for frame in mirror.frames(1, 2.5, store.totals(), sessions, ["gone"]):
        assert mirror.decode(mirror.encode(frame)) == frame
    for session in sessions:
        for turn in store.turns(session.key):
            assert told(turn, None) == turn


def test_many_sessions_are_many_lines_of_ascii():
    frames = list(mirror.frames(1, 0.0, Totals(), fleet(1_000), []))
    assert sum(len(frame.sessions) for frame in frames) == 1_000
    for line in map(mirror.encode, frames):
        assert line.isascii()
        assert line.endswith(b"\n")
        assert line.count(b"\n") == 1
        assert len(line) < 500_000


def test_nothing_that_changed_is_a_sign_of_life():
    (frame,) = mirror.frames(7, 0.0, Totals(), [], [])
    assert (frame.now_ns, frame.sessions) == (7, ())


def test_a_turn_that_did_not_change_is_not_told_again():
    turn = turns()[2]
    assert list(mirror.pieces("k", turn, turn, 3)) == []


def test_only_what_is_new_of_a_long_turn_is_told():
    span = turns()[2].spans[0]
    spans = tuple(replace(span, key=f"llm:{number}") for number in range(5_000))
    before = replace(turns()[2], spans=spans[:4_990])
    pieces = [one for one in mirror.pieces("k", replace(before, spans=spans), before, 1) if one is not None]
    assert sum(len(one.turn.spans) for one in pieces) < 2 * mirror.SPANS
    assert told(replace(before, spans=spans), before).spans == spans


def test_whatever_changed_the_turn_is_put_together_again():
    rng = random.Random(3)
    span, turn = turns()[2].spans[0], turns()[2]
    for _ in range(200):
        spans = [replace(span, key=f"llm:{rng.randrange(50)}") for _ in range(rng.randrange(1_200))]
        before = replace(turn, spans=tuple(spans))
        for _ in range(rng.randrange(4)):
            place = rng.randrange(len(spans) + 1)
            spans[place : place + rng.randrange(3)] = [replace(span, key="llm:new")] * rng.randrange(3)
        after = replace(turn, spans=tuple(spans), end_ns=rng.choice((None, 5)))
        assert told(after, before) == after


@pytest.mark.parametrize("line", [b"", b"\xff\n", b"[]\n", b'{"type":"frame"}\n', b'{"type":"mirror","format":"1"}\n'])
def test_what_is_no_line_is_refused(line):
    with pytest.raises(ValueError):
        mirror.decode(line)
