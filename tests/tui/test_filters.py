"""What a person types behind the slash, and which of the morning's sessions that leaves."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimon_tui.filters import FIELDS, Filter
from tests.fakes.fleet import blind, morning

EVERYBODY = [one.name for one in morning()]


def passed(typed: str) -> list[str]:
    return [one.name for one in morning() if Filter(typed).passes(one)]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("", EVERYBODY),
        ("   ", EVERYBODY),
        ("shop", ["shop-api"]),
        ("SHOP", ["shop-api"]),
        ("rm build", ["shop-api"]),  # every word, in any order
        ("npm cart", ["web-app"]),  # what it does and its branch
        ("state:waiting", ["shop-api"]),
        ("state:done", ["docs"]),  # by the word on the screen
        ("state:completed", ["docs"]),  # and by the one of the API
        ("agent:codex", ["web-app", "web-app"]),
        ("agent:codex state:ended", ["web-app"]),
        ("project:web", ["web-app", "web-app"]),
        ("model:gpt-5.5 cost>1", ["billing-reconciler"]),
        ("branch:main", ["shop-api", "web-app"]),
        ("cost>1", ["shop-api", "billing-reconciler"]),
        ("cost<0.5", ["data-pipeline", "web-app"]),  # what has no price is neither below nor above
        ("tokens>1M", ["shop-api", "billing-reconciler"]),
        ("tokens<50k", ["docs", "notes"]),
        ("ctx>90%", ["billing-reconciler"]),
        ("ctx>90", ["billing-reconciler"]),
        ("turns>1", ["shop-api"]),
        ("agent:goose", []),
        ("host:elsewhere", []),
        ("state:", EVERYBODY),  # still being typed
        ("nonsense:web", []),  # no field of ours: a word like any other
        ("cost>", []),
        ("cost>1.2.3", []),
        ("[b]", []),
        ("(", ["infra"]),  # a word, never a pattern
    ],
)
def test_what_a_filter_lets_through(typed, names):
    assert passed(typed) == names


def test_an_unknown_price_meets_no_bound():
    assert not Filter("cost>0").passes(blind())
    assert not Filter("cost<1000000").passes(blind())


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_can_be_asked_of_a_session_that_knows_nothing(field):
    for typed in (f"{field}:x", f"{field}>1", f"{field}<1"):
        Filter(typed).passes(blind())


def test_only_blanks_are_no_filter():
    assert not Filter("  \t")
    assert Filter(" x ")


@given(st.text(max_size=40))
def test_nothing_that_can_be_typed_breaks_the_list(typed):
    assert set(passed(typed)) <= set(EVERYBODY)
