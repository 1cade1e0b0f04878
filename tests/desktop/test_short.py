"""The one line for status bars, and the file behind it."""

import io
import json
import os
import stat
import subprocess
import sys
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


def test_the_file_counts_and_names_but_tells_no_subject():
    assert CONTENT["counts"] == {"waiting": 1, "failed": 0, "working": 2, "completed": 1, "idle": 0}
    assert CONTENT["sessions"][0] == {
        "key": "claude-code:a", "agent": "claude-code", "name": "shop", "state": "waiting", "waiting_for": "permission",
    }  # fmt: skip
    assert "rm -rf" not in json.dumps(CONTENT)


def test_the_file_is_replaced_whole_and_only_ours(folder):
    for _ in range(2):
        short.write(folder, CONTENT)
    assert [path.name for path in Path(folder).iterdir()] == [short.FILE]
    assert stat.S_IMODE(Path(folder, short.FILE).stat().st_mode) == 0o600
    assert short.read(folder) == CONTENT


def test_only_its_own_writer_removes_the_file(folder):
    short.write(folder, CONTENT | {"pid": 1})
    short.remove(folder)
    assert short.read(folder) is not None
    short.write(folder, CONTENT)
    short.remove(folder)
    short.remove(folder)
    assert short.read(folder) is None


@pytest.mark.parametrize("text", ["", "[]", "{", '{"v": 2}', "\xff"])
def test_a_file_that_is_none_is_no_status(folder, text, capsys):
    Path(folder, short.FILE).write_text(text, "latin-1")
    assert short.main([]) == 1
    assert "No aimon is running" in capsys.readouterr().err


def test_the_line_names_what_wants_somebody_first():
    assert short.sentence(CONTENT) == "! 1 waiting · ● 2 working · ✓ 1 done · $1,212.84 today"
    assert short.sentence(CONTENT, short=True) == "!1 ●2 ✓1 $1,212.84"
    empty = short.document([], Totals(), "")
    assert (short.sentence(empty), short.sentence(empty, short=True)) == ("no sessions · $0.00 today", "$0.00")


@pytest.mark.parametrize(("encoding", "line"), [("utf-8", "!1 ●2 ✓1 $1,212.84\n"), ("ascii", "!1 *2 +1 $1,212.84\n")])
def test_a_screen_gets_the_glyphs_it_can_draw(folder, monkeypatch, encoding, line):
    short.write(folder, CONTENT)
    screen = Screen(encoding)
    monkeypatch.setattr(sys, "stdout", screen)
    assert short.main(["--short"]) == 0
    assert screen.getvalue() == line


def test_an_aimon_that_was_killed_is_not_running(folder, capsys):
    with subprocess.Popen([sys.executable, "-S", "-c", "pass"]) as child:
        pass
    for pid in (child.pid, "x", 2**80):
        short.write(folder, CONTENT | {"pid": pid})
        assert short.main([]) == 1
    assert capsys.readouterr().out == ""


def test_an_aimon_of_another_user_is_running(folder, monkeypatch, capsys):
    def refuse(pid, signal):
        raise PermissionError

    short.write(folder, CONTENT)
    monkeypatch.setattr(os, "kill", refuse)
    assert short.main([]) == 0
    assert capsys.readouterr().out
