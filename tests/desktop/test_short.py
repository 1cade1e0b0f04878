"""The one line for status bars, and the file behind it."""

import io
import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aimon_core.session import Totals
from aimon_desktop.outputs import short
from tests.fakes.told import session

ROWS = [
    session("a", "waiting", waiting_for="permission", waiting_on="Bash: rm -rf build"),
    session("b", "working"),
    session("c", "working"),
    session("d", "completed"),
    session("e", "ended"),
]
CONTENT = short.document(ROWS, Totals(today_usd=1212.8449), "127.0.0.1:4318")


class Screen(io.StringIO):
    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    @property
    def encoding(self) -> str:
        return self._encoding


@pytest.fixture
def folder(tmp_path, monkeypatch) -> str:
    monkeypatch.setenv("AIMON_RUNTIME_DIR", str(tmp_path))
    return str(tmp_path)


@pytest.fixture
def claimed(folder) -> Iterator[str]:
    claim = short.claim(folder)
    yield folder
    os.close(claim)


def test_the_file_counts_and_names_but_tells_no_subject():
    assert CONTENT["counts"] == {"waiting": 1, "failed": 0, "working": 2, "completed": 1, "idle": 0}
    assert CONTENT["sessions"][0] == {
        "key": "claude-code:a", "agent": "claude-code", "name": "shop", "state": "waiting", "waiting_for": "permission",
    }  # fmt: skip
    assert "rm -rf" not in json.dumps(CONTENT)


def test_the_file_is_replaced_whole_and_only_ours(claimed):
    for _ in range(2):
        short.write(claimed, CONTENT)
    assert {path.name for path in Path(claimed).iterdir()} == {short.FILE, short.LOCK}
    assert {stat.S_IMODE(path.stat().st_mode) for path in Path(claimed).iterdir()} == {0o600}
    assert short.read(claimed) == CONTENT


def test_the_file_goes_with_its_writer(claimed):
    short.write(claimed, CONTENT)
    short.remove(claimed)
    short.remove(claimed)
    assert short.read(claimed) is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"v": 2}', "\xff"])
def test_a_file_that_is_none_is_no_status(claimed, text, capsys):
    Path(claimed, short.FILE).write_text(text, "latin-1")
    assert short.main([]) == 1
    assert "No aimon is running" in capsys.readouterr().err


def test_a_file_without_a_writer_is_no_status(folder, capsys):
    short.write(folder, CONTENT)
    assert short.main([]) == 1  # nobody ever held the lock
    claim = short.claim(folder)
    assert short.main([]) == 0
    assert short.claim(folder) is None  # one writer at a time
    os.close(claim)  # what a kill -9 does
    assert short.main([]) == 1
    os.close(short.claim(folder))


def test_the_line_names_what_wants_somebody_first():
    assert short.sentence(CONTENT | {"today_unpriced": True}, short=True) == "!1 ●2 ✓1 $1,212.84 + unpriced"
    assert short.sentence(CONTENT) == "! 1 waiting · ● 2 working · ✓ 1 done · $1,212.84 today"
    assert short.sentence(CONTENT, short=True) == "!1 ●2 ✓1 $1,212.84"
    empty = short.document([], Totals(), "")
    assert (short.sentence(empty), short.sentence(empty, short=True)) == ("no sessions · $0.00 today", "$0.00")


@pytest.mark.parametrize(("encoding", "line"), [("utf-8", "!1 ●2 ✓1 $1,212.84\n"), ("ascii", "!1 *2 +1 $1,212.84\n")])
def test_a_screen_gets_the_glyphs_it_can_draw(claimed, monkeypatch, encoding, line):
    short.write(claimed, CONTENT)
    screen = Screen(encoding)
    monkeypatch.setattr(sys, "stdout", screen)
    assert short.main(["--short"]) == 0
    assert screen.getvalue() == line
