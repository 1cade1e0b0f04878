"""Counting one set of things through several channels."""

from itertools import permutations

import pytest

from aimon_core import bag
from aimon_core.bag import Bag


def test_a_thing_with_an_id_counts_once_over_all_channels() -> None:
    found = Bag()
    assert found.add("log", "toolu_1", "")
    assert found.add("hook", "toolu_1", "")
    assert not found.add("log", "toolu_1", "")
    assert found.size == 1


def test_without_ids_the_channel_that_saw_most_is_right() -> None:
    found = Bag()
    for unit in ("1", "2", "3", "3"):
        found.add("log", None, unit)
    found.add("span", None, "a")
    assert found.size == 3


@pytest.mark.parametrize(
    "order", list(permutations([("hook", "x", ""), ("hook", "y", ""), ("log", None, "1"), ("log", None, "2")]))
)
def test_a_channel_with_ids_and_one_without_see_the_same_things(order: list[tuple[str, str | None, str]]) -> None:
    found = Bag()
    for report in order:
        found.add(*report)
    assert found.size == 2


def test_one_channel_may_name_some_and_not_others() -> None:
    found = Bag()
    found.add("log", "x", "")
    found.add("log", None, "1")
    found.add("span", "x", "")
    assert found.size == 2


def test_memory_is_bounded_and_the_count_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bag, "REMEMBERED", 100)
    found = Bag()
    for number in range(1_000):
        found.add("log", f"id-{number}", "")
    assert found.size == 1_000
    assert len(found._keyed) <= 100


def test_memory_is_bounded_without_ids_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bag, "REMEMBERED", 100)
    found = Bag()
    for number in range(1_000):
        assert found.add("log", None, str(number))
        assert not found.add("log", None, str(number))
    assert found.size == 1_000
    assert len(found._units["log"]) <= 100
