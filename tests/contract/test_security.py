"""SECURITY.md promises what tests hold: every number and every promise of the README has one that is there."""

import re

import pytest

from tests.contract.house import ROOT
from tests.contract.test_docs import section

SECURITY = (ROOT / "SECURITY.md").read_text("utf-8")
NUMBERS = range(1, 28)
_TEST = re.compile(r"(?m)^(?:    )?(?:async )?def (test_\w+)")


def written() -> set[str]:
    """The names of all tests."""
    return {name for file in (ROOT / "tests").rglob("test_*.py") for name in _TEST.findall(file.read_text("utf-8"))}


def rows(title: str) -> dict[str, list[str]]:
    """The first cell of each row of a table, with the tests in its last."""
    table = SECURITY.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    cells = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines() if row.startswith("| ")]
    return {row[0]: re.findall(r"`(test_\w+)`", row[-1]) for row in cells if row[0] not in {"", "it says"}}


def lacking(promises: dict[str, list[str]], tests: set[str]) -> list[str]:
    """What is promised without a test, and names that are no tests."""
    return [
        *(promise for promise, names in promises.items() if not names),
        *(name for names in promises.values() for name in names if name not in tests),
    ]


@pytest.mark.parametrize("number", NUMBERS)
def test_every_requirement_has_a_test_that_is_named_after_it(number):
    named = rows("Promises")[f"S{number}"]
    assert [name for name in named if name.startswith(f"test_s{number:02d}_")]


@pytest.mark.parametrize("title", ["Promises", "What the README promises"])
def test_every_promise_is_held_by_tests_that_are_there(title):
    promises = rows(title)
    assert promises
    assert lacking(promises, written()) == []


def test_numbers_are_written_in_one_way():
    assert [name for name in written() if re.match(r"test_s\d_", name)] == []
    assert {int(found[1]) for name in written() if (found := re.match(r"test_s(\d\d)_", name))} == set(NUMBERS)


def test_everything_that_the_readme_promises_about_privacy_is_held():
    promised = [part.strip() for part in re.split(r"(?m)^- ", section("Privacy"))[1:]]
    held = list(rows("What the README promises"))
    assert [one for one in promised if not any(one.startswith(said) for said in held)] == []
    flat = " ".join(section("Privacy").split()) + " ".join(section("Limits").split())
    assert [said for said in held if said not in flat] == []


def test_a_promise_without_a_test_is_found():
    assert lacking({"S1": [], "S2": ["test_there"], "S3": ["test_gone"]}, {"test_there"}) == ["S1", "test_gone"]
