"""Who looks at a pane, and the line that the others are shown."""

import os
import time

import psutil
import pytest

from aimon_core import process
from aimon_core.errors import Unavailable
from aimon_desktop.terminals import Target, viewers
from tests.fakes.tmux import desk as desk_of_its_own
from tests.fakes.tmux import needs_tmux, target, until

pytestmark = [pytest.mark.tmux, needs_tmux]

FOCUS_OUT, FOCUS_IN = b"\x1b[O", b"\x1b[I"


@pytest.fixture
def desk():
    with desk_of_its_own() as desk:
        yield desk


@pytest.fixture
def main(desk):
    """A server with two windows, the first of them before a terminal, and a process outside of it."""
    main = desk.server()
    main.outside = desk.outside()
    main.work, main.other = main.session("work"), main.window("work")
    main.tty = main.attach("work")
    return main


def press(main, keys: bytes) -> None:
    main._terminals[main.tty].press(keys)


def watched(pane) -> bool:
    return viewers.watched(pane.target, time.time())


def test_the_pane_before_a_terminal_is_watched_and_the_others_are_not(main):
    split = main.split(main.work)
    assert [watched(pane) for pane in (main.work, split, main.other)] == [True, False, False]
    main("select-window", "-t", main.other.id)
    assert [watched(pane) for pane in (main.work, main.other)] == [False, True]


def test_a_terminal_that_lost_the_focus_is_not_looked_at(main):
    main("set-option", "-g", "focus-events", "on")
    press(main, FOCUS_OUT)
    until(lambda: not watched(main.work))
    press(main, FOCUS_IN)
    until(lambda: watched(main.work))


def test_where_tmux_is_not_told_of_the_focus_the_last_key_counts(main):
    later_s = time.time() + viewers.LATELY_S + 1
    assert not viewers.watched(main.work.target, later_s)
    main("set-option", "-g", "focus-events", "on")
    assert viewers.watched(main.work.target, later_s)


def test_a_detached_pane_is_watched_by_nobody(main):
    assert not watched(main.session("away"))


def test_in_a_tmux_within_a_tmux_both_have_to_show_it(desk, main):
    inner = desk.server("inner")
    pane = inner.session("deep")
    shown = main.window("work", "env", "-u", "TMUX", "tmux", "-S", inner.socket, "attach", "-t", "deep")
    until(inner.clients)
    assert not watched(pane)
    main("select-window", "-t", shown.id)
    assert watched(pane)


def test_in_a_terminal_without_tmux_the_last_key_counts(desk):
    terminal = desk.terminal("sh", "-c", f"echo $$ > {desk.folder}/pid; exec cat")
    pane = target(desk.note("pid"))
    tty = until(lambda: process.terminal(psutil.Process(pane.pid)))
    os.utime(tty, (1, 1))
    assert not viewers.watched(pane, time.time())
    terminal.press(b"x\n")
    until(lambda: viewers.watched(pane, time.time()))
    assert not viewers.watched(pane, time.time() + viewers.LATELY_S + 10)


def test_a_process_in_no_terminal_is_watched_by_nobody_and_a_dead_one_is_a_reason(desk):
    assert not viewers.watched(target(desk.outside()), time.time())
    with pytest.raises(Unavailable):
        viewers.watched(Target(2**22 + 1, 1.0), time.time())


def said(main) -> list[str]:
    """The lines that the terminal was shown, oldest first."""
    lines = main("show-messages", "-t", main.tty).splitlines()
    return [line.partition(" message: ")[2] for line in reversed(lines) if " message: " in line]


def test_who_looks_at_another_pane_is_shown_a_line(main):
    viewers.announce("Codex · site: Done.", main.other.target, main.outside)
    with pytest.raises(Unavailable, match="No terminal shows a tmux"):
        viewers.announce("not for who sees it anyway", main.work.target, main.outside)
    assert len(said(main)) == 1
    assert said(main)[0].startswith("Codex ")


@pytest.mark.parametrize(
    "text",
    ["#(touch ran)", "#{E:#(touch ran)}", "##(touch ran)", "100%H %%", "#S #[fg=red]x", "x ; kill-server ;", ";"],
)
def test_s18_no_text_is_a_format_a_time_or_a_command(main, text):
    viewers.announce(text, main.other.target, main.outside)
    viewers.announce("and on", main.other.target, main.outside)
    shown = said(main)
    assert shown[-1] == "and on"
    assert shown[0].replace("##[", "#[") == text.rstrip("; ") or text == ";"
    assert not (main.desk.folder / "ran").exists()


def test_s18_control_characters_go():
    assert viewers.literal("a\x1b]52;c;x\x07b\x9bHc\n#;") == "abc ##"


def test_our_own_tmux_is_told_of_a_session_that_is_in_none(main):
    viewers.announce("Done.", None, main.other.pid)
    assert said(main) == ["Done."]


@pytest.mark.parametrize("target", [None, Target(2**22 + 1, 1.0)])
def test_without_any_tmux_there_is_nobody_to_show_it_to(desk, target):
    with pytest.raises(Unavailable, match="No terminal"):
        viewers.announce("x", target, desk.outside())
