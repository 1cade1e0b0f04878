"""The lines of status bars, byte for byte."""

import json
import os
import subprocess
import sys

import pytest

from aimon_core.session import Totals
from aimon_desktop.outputs import short
from aimon_desktop.outputs.bars import FORMATS, OFF, listed
from tests.fakes.told import session

ROWS = [
    session("b", "working"),
    session("a", "waiting", name="<b>é&\x1b[2J", waiting_for="permission", waiting_on="Bash: rm -rf build"),
    session("c", "completed"),
    session("e", "ended"),
]
CONTENT = short.document(ROWS, Totals(today_usd=1212.8449), "127.0.0.1:4318")

GOLDEN = {
    "waybar": rb'{"text": "!1 \u25cf1 \u27131", "alt": "waiting", '
    rb'"tooltip": "(b)\u00e9+: waiting\nshop: working\nshop: done", "class": ["waiting"]}',
    "eww": rb'{"state": "waiting", "text": "!1 \u25cf1 \u27131", "waiting": 1, "failed": 0, "working": 1, '
    rb'"completed": 1, "idle": 0, "today_usd": 1212.8449, "sessions": ['
    rb'{"key": "claude-code:a", "agent": "claude-code", "name": "<b>\u00e9&", "state": "waiting", '
    rb'"waiting_for": "permission", "glyph": "!", "word": "waiting", "focus": "aimon focus claude-code:a"}, '
    rb'{"key": "claude-code:b", "agent": "claude-code", "name": "shop", "state": "working", "waiting_for": null, '
    rb'"glyph": "\u25cf", "word": "working", "focus": "aimon focus claude-code:b"}, '
    rb'{"key": "claude-code:c", "agent": "claude-code", "name": "shop", "state": "completed", "waiting_for": null, '
    rb'"glyph": "\u2713", "word": "done", "focus": "aimon focus claude-code:c"}]}',
    "i3status-rust": rb'{"icon": "", "state": "Warning", "text": "!1 \u25cf1 \u27131 $1,212.84", '
    rb'"short_text": "!1 \u25cf1 \u27131"}',
    "starship": "!1 ●1 ✓1".encode(),
}
NOBODY = {
    "waybar": b'{"text": "", "alt": "none", "tooltip": "", "class": ["none"]}',
    "eww": b'{"state": "none", "text": "", "waiting": 0, "failed": 0, "working": 0, "completed": 0, "idle": 0, '
    b'"today_usd": 0.0, "sessions": []}',
    "i3status-rust": b'{"icon": "", "state": "Idle", "text": "", "short_text": ""}',
    "starship": b"",
}


@pytest.mark.parametrize("form", FORMATS)
def test_each_bar_is_told_in_its_own_words(form):
    assert FORMATS[form](CONTENT).encode() == GOLDEN[form]
    assert FORMATS[form](OFF).encode() == NOBODY[form]


@pytest.mark.parametrize("form", FORMATS)
def test_s26_no_bar_says_what_a_session_works_on(form):
    assert "rm -rf" not in FORMATS[form](CONTENT)


@pytest.mark.parametrize("name", ["$(touch ran)", "a b;touch ran", "'`touch ran`'", "x\ntouch ran", "\x1b]52;c;x\x07"])
def test_s16_what_a_click_on_a_session_runs_names_it_and_runs_nothing_else(name, tmp_path):
    (row,) = json.loads(FORMATS["eww"](short.document([session(name, "working")], Totals(), "")))["sessions"]
    says = f"aimon() {{ printf '%s|' \"$@\"; }}; {row['focus']} &\nwait"
    told = subprocess.run(["/bin/sh", "-c", says], capture_output=True, text=True, cwd=tmp_path, timeout=10)
    assert (told.stdout, told.stderr) == (f"focus|claude-code:{name}|", "")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("state", "level"),
    [("waiting", "Warning"), ("failed", "Critical"), ("working", "Info"), ("completed", "Good"), ("idle", "Idle")],
)
def test_i3status_rust_has_a_level_for_each_state(state, level):
    content = short.document([session("a", state)], Totals(), "")
    assert json.loads(FORMATS["i3status-rust"](content))["state"] == level


def test_the_stream_and_the_status_file_say_the_same():
    from aimon_core.lines import session_list
    from aimon_core.wire import session_dict, totals_dict

    told = session_list((session_dict(row), row.state) for row in ROWS)
    told["totals"] = totals_dict(Totals(today_usd=1212.8449))
    for form in FORMATS.values():
        assert form(listed(told)) == form(CONTENT)


@pytest.mark.parametrize("form", FORMATS)
def test_the_status_command_prints_it(form, tmp_path, monkeypatch, capsysbinary):
    from aimon_tui import cli

    monkeypatch.setenv("AIMON_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["aimon", "status", "--format", form])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert (ended.value.code, capsysbinary.readouterr().out) == (1, b"")
    claim = short.claim(str(tmp_path))
    short.write(str(tmp_path), CONTENT)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    os.close(claim)
    assert (ended.value.code, capsysbinary.readouterr().out) == (0, GOLDEN[form] + b"\n")
