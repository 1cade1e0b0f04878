"""Foreign text may say anything, but never to the terminal."""

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aimon_core import clean as gate
from aimon_core.clean import LIMIT, MARKS, clean

ESC_PIECES = ("\x1b[31m", "\x1b]52;c;", "\x07", "\x9b2J", "\x1b\\", "\x9d0;", "\x1bP", "\x1b(0", "\u202e", "\u2066")
ODD_PIECES = ("\u200d", "\ufe0f", "\u0301", "\u2190", "\u0338", "\u2adc", "\U0001f469", "\u3164", "\ud83d", "\ude00")
ODD_LETTERS = st.characters(categories=("Cc", "Cf", "Cs", "Mn", "Zs"))
PIECES = st.one_of(st.text(max_size=6), st.sampled_from(ESC_PIECES + ODD_PIECES), ODD_LETTERS)
HOSTILE = st.lists(PIECES, max_size=60).map("".join)
FORBIDDEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\u200b\u200c\u200e\u200f\u061c\ufeff\ud800-\udfff]"
)


@given(HOSTILE, st.integers(min_value=0, max_value=80))
def test_nothing_a_terminal_obeys_comes_through(text: str, limit: int) -> None:
    shown = clean(text, limit)
    assert not FORBIDDEN.search(shown)
    assert len(shown) <= limit
    shown.encode()


@given(HOSTILE)
def test_the_result_is_one_tidy_line(text: str) -> None:
    shown = clean(text)
    assert shown == shown.strip()
    assert "  " not in shown
    assert all(letter == " " or not letter.isspace() for letter in shown)
    assert unicodedata.is_normalized("NFC", shown)


@given(HOSTILE, st.integers(min_value=0, max_value=80))
def test_cleaning_twice_changes_nothing(text: str, limit: int) -> None:
    assert clean(clean(text, limit), limit) == clean(text, limit)


@given(HOSTILE)
def test_marks_never_pile_up(text: str) -> None:
    run = 0
    for letter in clean(text):
        run = run + 1 if unicodedata.category(letter).startswith("M") else 0
        assert run <= MARKS


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), max_size=LIMIT))
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("rm -rf build\n\t&& make", "rm -rf build && make"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("a\x1b]52;c;ZXZpbA==\x07b", "ab"),
        ("a\x9d0;title\x9cb", "ab"),
        ("a\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\b", "alinkb"),
        ("a\x1b]0;never ended", "a0;never ended"),
        ("x\u202egnp.exe", "xgnp.exe"),
        ("pay\u200bpal\ufeff", "paypal"),
        ("e\u0301te\u0301", "été"),
        ("e\u200b\u0301", "é"),
        ("Z" + "\u0335" * 40 + "algo", "Z" + "\u0335" * MARKS + "algo"),
        ("\u0301a", "a"),
        ("cut \ud83d here", "cut \ufffd here"),
        ("two \ud83d\ude00 halves", "two 😀 halves"),
        ("東京\u3000タワー", "東京 タワー"),
        ("👩🏽‍🚒 ❤️‍🔥 👨‍👩‍👧 🇫🇮 1️⃣", "👩🏽‍🚒 ❤️‍🔥 👨‍👩‍👧 🇫🇮 1️⃣"),
        ("a\u200db", "ab"),
        ("hidden\U000e0041\U000e0042 tags", "hidden tags"),
        ("blank\u3164\u3164\u2800name", "blank name"),
        ("\x00\x1b\x7f", ""),
    ],
)
def test_examples(text: str, shown: str) -> None:
    assert clean(text) == shown


@pytest.mark.parametrize("letter", ["a", "é", "東", "\u0301", "\x1b]", "\x1b[", "\x9d", "\u200d", " "])
def test_a_megabyte_is_cut_before_it_is_worked_on(letter: str, monkeypatch: pytest.MonkeyPatch) -> None:
    worked_on: list[int] = []
    whole = gate._visible

    def counted(text: str) -> str:
        worked_on.append(len(text))
        return whole(text)

    monkeypatch.setattr(gate, "_visible", counted)
    assert len(clean(letter * (1_000_000 // len(letter)))) <= LIMIT
    assert sum(worked_on) <= LIMIT * gate.RAW_PER_KEPT


def test_a_cut_is_seen() -> None:
    assert clean("x" * 300, 10) == "x" * 9 + "…"
    assert clean("x" * 10, 10) == "x" * 10
    assert clean(" " * 5000 + "unseen") == "…"
