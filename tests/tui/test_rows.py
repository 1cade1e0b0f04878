"""What a row says of a session, and which columns it says it in at which width."""

from typing import get_args

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from aimon_core.session import Auxiliary, Context, Cost, State, Tokens
from aimon_tui.paint import ASCII
from aimon_tui.rows import NEED, STATES, cells, columns, gap, model_name
from tests.fakes.fleet import NOW_NS, blind, morning, session, unpriced, waiting

EVERY = ["state", "for", "agent", "project", "model", "doing", "ctx", "tokens", "cost"]
DROPPED = ["model", "tokens", "ctx", "agent", "doing", "cost", "for"]
"""Which goes first, as look.md has it."""


def told(one, **how):
    return cells(one, NOW_NS, **{"strong": False, "short": False} | how)


def names(width: int) -> list[str]:
    return [column.name for column in columns(width)]


# ------------------------------------------------------------------ columns


@pytest.mark.parametrize(
    ("width", "gone"),
    [(200, 0), (120, 0), (108, 0), (107, 1), (90, 1), (89, 2), (82, 2), (81, 3), (80, 3), (76, 3), (75, 4), (60, 4),
     (59, 5)],
)  # fmt: skip
def test_columns_go_in_their_order_at_their_widths(width, gone):
    assert names(width) == [name for name in EVERY if name not in DROPPED[:gone]]


def test_the_verdict_is_the_first_column_to_go_and_is_not_there_where_nothing_is_expected():
    judged = {width: [column.name for column in columns(width, judged=True)] for width in (117, 118)}
    assert "verdict" in judged[118]
    assert judged[117] == names(117)
    assert "verdict" not in names(200)


def test_a_narrower_table_never_has_a_column_that_a_wider_one_lacks():
    for width in {*range(20, 200)} - {69}:  # from 70 on there are two blanks between columns: that costs one of them
        assert set(names(width)) <= set(names(width + 1)), width


@pytest.mark.parametrize("width", range(24, 220))
def test_columns_fill_the_line_between_the_margins(width):
    taken = sum(column.width for column in columns(width)) + gap(width) * (len(columns(width)) - 1)
    assert taken == width - 2


@pytest.mark.parametrize("width", [1, 5, 12, 20])
def test_even_a_sliver_of_a_terminal_has_columns(width):
    assert "state" in names(width)
    assert all(column.width >= 1 for column in columns(width))


@pytest.mark.parametrize(
    ("width", "agent", "project"), [(99, 8, 14), (100, 11, 16), (149, 11, 16), (150, 11, 24), (77, 8, 14)]
)
def test_names_get_the_room_there_is(width, agent, project):
    widths = {column.name: column.width for column in columns(width)}
    assert (widths["agent"], widths["project"]) == (agent, project)


def test_figures_keep_their_columns_at_every_width():
    fixed = {"state": 11, "for": 6, "ctx": 4, "tokens": 6, "cost": 9}
    for width in range(40, 220):
        widths = {column.name: column.width for column in columns(width)}
        assert all(widths.get(name, cells) == cells for name, cells in fixed.items()), width
        assert widths.get("doing", 16) >= 16, width


# ------------------------------------------------------------------ states


@pytest.mark.parametrize(
    ("state", "glyph", "word"),
    [
        ("waiting", "!", "waiting"), ("failed", "×", "failed"), ("working", "●", "working"), ("completed", "✓", "done"),
        ("idle", "○", "idle"), ("ended", "·", "ended"), ("expired", "·", "expired"),
    ],
)  # fmt: skip
def test_each_state_has_its_glyph_and_its_word(state, glyph, word):
    assert STATES[state][:2] == (glyph, word)
    assert cell_len(f" {glyph} {word}") <= 11


def test_no_state_is_left_out_and_they_stand_by_need():
    assert set(STATES) == set(get_args(State))
    assert NEED[:3] == ("waiting", "failed", "working")


def test_every_glyph_has_a_stand_in_of_one_cell():
    assert all(cell_len(chr(glyph)) == 1 and len(other) == 1 and other.isascii() for glyph, other in ASCII.items())
    assert all(glyph.isascii() or ord(glyph) in ASCII for glyph, _, _ in STATES.values())


# ------------------------------------------------------------------ cells


def test_a_row_says_what_the_session_is():
    row = told(waiting(), strong=True)
    assert {name: cell.text for name, cell in row.items()} == {
        "for": "0:14", "agent": "claude-code", "project": "shop-api", "model": "opus-5-5",
        "doing": "Bash: rm -rf build ?", "verdict": "—", "ctx": "64%", "tokens": "1.2M", "cost": "$4.12",
    }  # fmt: skip
    assert row["for"].spec == "wait b"
    assert row["project"].spec == "ink b"


def test_a_narrow_row_has_the_short_name_of_the_agent():
    assert told(waiting(), short=True)["agent"].text == "claude"


def test_what_nobody_knows_is_a_dash_or_unpriced_and_never_a_zero():
    row = told(blind())
    assert (row["cost"].text, row["cost"].spec) == ("unpriced", "faint")
    assert (row["ctx"].text, row["ctx"].spec) == ("—", "faint")
    assert told(session("goose", "mute"))["doing"].text == "—"
    assert told(session("goose", "mute"))["model"].text == "—"


def test_a_session_without_a_billed_call_cost_nothing():
    assert told(session("goose", "new"))["cost"].text == "$0.00"


def test_helpers_count_in_the_row_of_the_session_that_started_them():
    helped = session("codex", "shop", cost=Cost(1.0), tokens=Tokens(input=1_000),
                     auxiliary=Auxiliary(2, Tokens(output=500), Cost(0.25)))  # fmt: skip
    assert (told(helped)["tokens"].text, told(helped)["cost"].text) == ("1.5k", "$1.25")
    unknown = replace(helped, auxiliary=Auxiliary(2, Tokens(), unpriced("odd")))
    assert told(unknown)["cost"].text == "unpriced"


@pytest.mark.parametrize(
    ("used", "limit", "text", "spec"),
    [(179_000, 200_000, "90%", "muted"), (180_000, 200_000, "90%", "wait b"), (250_000, 200_000, "125%", "wait b"),
     (5_000, None, "—", "faint")],
)  # fmt: skip
def test_a_nearly_full_context_asks_for_attention(used, limit, text, spec):
    cell = told(session("codex", "shop", context=Context(used, limit)))["ctx"]
    assert (cell.text, cell.spec) == (text, spec)


def test_the_branch_tells_two_rows_of_one_project_apart():
    twin = session("codex", "web-app", branch="cart-total")
    assert "cart-total" not in repr(told(twin))
    assert "cart-total" in repr(told(twin, twin=True)["project"])
    assert told(session("codex", "web-app"), twin=True)["project"].text == "web-app"


def test_rows_fade_by_how_little_they_ask():
    specs = {one.state: told(one)["project"].spec for one in morning()}
    assert specs["working"] == specs["waiting"] == specs["failed"] == "ink"
    assert specs["completed"] == specs["idle"] == "muted"
    assert specs["ended"] == "faint"


def test_a_failure_is_red_where_it_says_what_failed():
    failed = next(one for one in morning() if one.state == "failed")
    assert told(failed)["doing"].spec == "fail"


def test_an_age_in_the_future_is_now():
    assert told(session("codex", "shop", for_s=-30))["for"].text == "0:00"


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("claude-opus-5-5", "opus-5-5"),
        ("anthropic/claude-opus-5-5-20251101", "opus-5-5"),
        ("us.anthropic.claude-sonnet-5-20250929-v1:0", "sonnet-5"),
        ("claude-haiku-4-5@20251001", "haiku-4-5"),
        ("gpt-5.5-2026-04-01", "gpt-5.5"),
        ("models/gemini-3.5", "gemini-3.5"),
        ("qwen3-coder", "qwen3-coder"),
        (None, ""),
    ],
)
def test_a_model_is_named_without_its_vendor_and_date(model, name):
    assert model_name(model) == name
