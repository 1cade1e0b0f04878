"""What a waterfall says before anybody paints it: rows, folds, places, the axis and the bars."""

import random

import pytest

from aimon_core.session import Tokens
from aimon_core.spans import Span
from aimon_tui.axis import HALVES, Lens, Window, bar, ticks, window
from aimon_tui.waterfall import Outline, turn_key
from tests.fakes.fleet import NOW_NS, ago, turn_tree, turns

SECOND = 10**9


def laid(folds=None, trees=None):
    outline = Outline()
    outline.lay(turns() if trees is None else trees, folds or {})
    return outline


def names(outline):
    return [f"{row.fold or ' '} {'  ' * row.depth}{row.name}" for row in map(outline.row, range(len(outline)))]


def big(spans):
    """One turn of any number of spans, every tenth of them in a subagent of its own."""
    found = []
    for number in range(spans):
        held = number % 10 == 1
        at = ago(spans - number)
        found.append(Span(f"llm:{number}", "llm", "claude-opus-5-5", "", at, at + SECOND, 2 if held else 1,
                          children=1 if number % 10 == 0 and number + 1 < spans else 0))  # fmt: skip
    return turn_tree(1, "all night", ago(spans), None, spans=tuple(found))


# ------------------------------------------------------------------ rows and folds


def test_the_last_turn_is_unfolded_and_the_earlier_ones_are_not():
    assert names(laid()) == [
        "> turn 5  add a cart total",
        "> turn 6  why is CI red",
        "v turn 7  fix the failing test",
        "    opus-5-5",
        "    Bash npm test",
        "    opus-5-5",
        "v   general-purpose",
        "      haiku-4-5",
        "      Grep cart.total",
        "      haiku-4-5",
        "    opus-5-5",
        "    opus-5-5",
        "    Edit src/cart.ts",
        "v   Bash rm -rf build",
        "      Bash: rm -rf build ?",
    ]


def test_what_is_folded_hides_what_lies_in_it_and_nothing_else():
    outline = laid({"agent:a31": True, "turn:2": False})
    assert len(outline) == 15 + 9 - 3
    assert "> " + "  general-purpose" in names(outline)
    assert "      Grep cart.total" not in names(outline)
    assert "    Edit src/cart.ts" in names(outline)


def test_a_new_turn_folds_the_one_before_unless_a_person_unfolded_it():
    outline = laid()
    seven = turns()[-1]
    eight = turn_tree(4, "next", ago(1), None, number=8, cost_usd=0.0)
    outline.lay([*turns(), eight], {})
    assert names(outline)[2:] == ["> turn 7  fix the failing test", "  turn 8  next"]
    outline.lay([*turns(), eight], {turn_key(seven): False})
    assert len(outline) == 16


def test_a_row_tells_what_a_person_wants_to_know_of_it():
    rows = {row.name: row for row in map(laid().row, range(15))}
    assert rows["turn 5  add a cart total"].note == "12 spans  $0.91"
    assert rows["turn 7  fix the failing test"].note == "$0.38"
    assert rows["Bash npm test"].note == "exit 1"
    assert rows["Bash npm test"].failed
    assert rows["general-purpose"].note == "2 calls  $0.22"
    assert rows["Bash: rm -rf build ?"].note == "for you"
    assert rows["Bash: rm -rf build ?"].end_ns is None


def test_a_subagent_of_unknown_cost_shows_none():
    call = Span("llm:1", "llm", "m", "", 1, 2, 2, tokens=Tokens(input=1), agent_id="a")
    agent = Span("agent:a", "agent", "a", "", 1, 2, 1, 1, agent_id="a")
    tree = turn_tree(1, "", 1, 2, spans=(agent, call))
    assert laid(trees=[tree]).row(1).note == "1 call"


def test_a_turn_that_did_not_change_is_not_looked_at_again():
    trees = turns()
    outline = laid(trees=trees)
    before = outline._parts
    outline.lay([*trees[:2], turns()[2]], {})
    assert [one is other for one, other in zip(before, outline._parts, strict=True)] == [True, True, False]


def test_foreign_text_is_cleaned():
    tool = Span("tool:1", "tool", "Ba\x1b[31msh", "rm\x07 -rf\n/", 1, 2, 1, failed=True, error="no\x9b31m")
    tree = turn_tree(1, "do\u202eit", 1, 2, failed=True, end_reason="failed", spans=(tool,))
    outline = laid(trees=[tree])
    for row in map(outline.row, range(2)):
        assert all(letter.isprintable() and letter != "\u202e" for letter in row.name + row.note)


# ------------------------------------------------------------------ places


def test_every_row_is_found_by_its_key_whatever_the_hint():
    outline = laid({"turn:2": False})
    for index in range(len(outline)):
        key = outline.key(index)
        assert key == outline.row(index).key
        assert {outline.index(key, hint) for hint in (-1, 0, index, 10**6)} == {index}


def test_what_is_folded_away_has_no_row_and_something_it_lies_in_does():
    outline = laid({"agent:a31": True})
    assert outline.index("tool:toolu_3") is None
    assert outline.key(outline.nearest("tool:toolu_3")) == "agent:a31"
    assert outline.key(outline.nearest("llm:req_501")) == "turn:1"
    assert outline.nearest("llm:gone") is None


def test_the_parents_of_a_span_lead_to_its_turn():
    outline = laid()
    assert outline.parents(*outline.find("tool:toolu_3")) == ["agent:a31", "turn:3"]
    assert outline.parents(*outline.find("llm:req_1")) == ["turn:3"]


def test_walking_meets_every_span_once_and_comes_round():
    outline = laid()
    everything = [one.key for tree in turns() for one in tree.spans]
    walked = [one.key for one in outline.walk(outline.find("tool:toolu_3"))]
    assert sorted(walked) == sorted(everything)
    assert walked[0] == "llm:req_4"
    assert walked[-1] == "tool:toolu_3"


def test_a_hundred_thousand_spans_are_rows_only_where_they_are_looked_at(monkeypatch):
    made = []
    tree = big(100_000)
    monkeypatch.setattr("aimon_tui.waterfall._span_row", lambda *told: made.append(told))
    outline = laid(trees=[tree])
    assert len(outline) == 100_001
    outline.row(50_000)
    assert len(made) == 1


def test_folding_within_a_hundred_thousand_spans_hides_just_that():
    outline = laid({"llm:50000": True}, [big(100_000)])
    assert len(outline) == 100_000
    assert outline.key(50_001) == "llm:50000"
    assert outline.key(50_002) == "llm:50002"


# ------------------------------------------------------------------ the axis


def axis(begin_s, seconds, room):
    line = [" "] * room
    shown = Window(NOW_NS + round(begin_s * SECOND), NOW_NS + round((begin_s + seconds) * SECOND), NOW_NS)
    for column, text in ticks(shown, room):
        assert "".join(line[column : column + len(text)]).strip() == "", "marks overlap"
        line[column : column + len(text)] = text
    assert len(line) == room, "a mark stands beyond the end"
    return "".join(line)


@pytest.mark.parametrize(("begin_s", "seconds", "room", "marks"), [
    (0, 43.2, 54, "0 s         10 s         20 s         30 s      43.2 s"),
    (0, 43.2, 34, "0 s             20 s        43.2 s"),
    (0, 300, 54, "0 s        1m00s      2m00s     3m00s            5m00s"),
    (600, 20, 54, "10m00s        10m05s       10m10s       10m15s  10m20s"),
    (0, 0.5, 30, "0 s         0.2 s      0.500 s"),
])  # fmt: skip
def test_the_axis_counts_from_the_start_of_the_turn_in_even_steps(begin_s, seconds, room, marks):
    assert axis(begin_s, seconds, room) == marks


def test_marks_never_touch_and_the_end_is_always_written():
    rng = random.Random(1)
    for _ in range(3_000):
        room, seconds, begin = rng.randint(24, 160), 10 ** rng.uniform(-3, 6), rng.choice((0, 10 ** rng.uniform(-2, 5)))
        line = axis(begin, seconds, room)
        assert not line.endswith(" ")
        assert "  " in line or len(line.split()) <= 2


def test_a_bar_is_half_cells_and_at_least_one():
    rng = random.Random(2)
    for _ in range(5_000):
        width, begin = rng.randint(1, 40), rng.uniform(-5, 45)
        end = begin + rng.choice((0, rng.uniform(0, 30)))
        first, last = round(begin * 2), max(round(begin * 2) + 1, round(end * 2))
        cells = (HALVES[first <= 2 * i < last, first <= 2 * i + 1 < last] for i in range(width))
        assert bar(width, begin, end) == "".join(cells)


def test_the_window_of_an_open_turn_ends_now_and_of_a_closed_one_with_its_last_span():
    five, _, seven = turns()
    assert window(seven, NOW_NS).end_ns == NOW_NS
    assert window(five, NOW_NS).end_ns == five.until_ns
    assert window(None, NOW_NS).seconds > 0


def test_a_lens_keeps_its_middle_and_never_looks_beside_the_turn():
    whole, lens = Window(0, 100 * SECOND, 0), Lens()
    lens.step(3, whole, 30 * SECOND)
    part = lens.part(whole)
    assert (part.start_ns + part.end_ns) / 2 == pytest.approx(30 * SECOND, rel=1e-6)
    for _ in range(100):
        lens.move(1)
    assert lens.part(whole).end_ns == 100 * SECOND
    for _ in range(100):
        lens.move(-1)
    assert lens.part(whole).start_ns == 0
    lens.step(-10, whole, 0)
    assert lens.part(whole) == whole


def test_a_lens_that_looks_at_everything_sees_exactly_that():
    whole = Window(NOW_NS + 7, NOW_NS + 50 * SECOND + 3, NOW_NS + 7)
    assert Lens().part(whole) == whole  # a float would be 128 ns off, and the axis without its 0 s


def test_a_lens_that_looks_at_everything_does_not_pan():
    lens = Lens()
    lens.move(1)
    assert lens.part(Window(0, SECOND, 0)) == Window(0, SECOND, 0)
