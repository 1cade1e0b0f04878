"""The title beacon: what it writes, to whom, and that it can be switched off."""

import os
import pty
import select

import pytest

from aimon_core.errors import Unavailable
from aimon_desktop import terminals
from aimon_desktop.terminals import Outcome, beacon, windows
from aimon_desktop.terminals.step import Boundary, Desktop, Shown, Step


@pytest.fixture
def terminal():
    """A terminal of ours, and all that was written to it."""
    ours, theirs = pty.openpty()
    written = bytearray()

    def read() -> str:
        while select.select([ours], [], [], 0)[0]:
            written.extend(os.read(ours, 4096))
        return written.decode()

    yield os.ttyname(theirs), read
    os.close(ours)
    os.close(theirs)


def titled(read, *windows: Shown):
    """A desktop that lists windows, the last of which shows the terminal."""

    def listed() -> list[Shown]:
        _, _, title = read().rpartition("\x1b]2;")
        *others, last = windows
        return [*others, Shown(last.pid, last.id, f"{title.partition(chr(27))[0]} - foot")]

    return listed


def test_the_window_that_shows_the_title_is_found_and_its_own_one_comes_back(terminal):
    tty, read = terminal
    found = beacon.window(tty, titled(read, Shown(41, "1", "sh"), Shown(41, "2", "sh")))
    name = found.title.removesuffix(" - foot")
    assert (found.id, len(name)) == ("2", len("aimon-") + 12)
    assert read() == f"\x1b[22;2t\x1b]2;{name}\x1b\\\x1b[23;2t"


def test_no_two_titles_are_the_same(terminal):
    tty, read = terminal
    listed = titled(read, Shown(41, "2"))
    assert beacon.window(tty, listed).title != beacon.window(tty, listed).title


def test_a_title_that_no_window_shows_is_taken_back_too(terminal, monkeypatch):
    tty, read = terminal
    monkeypatch.setattr(beacon, "LIMIT_S", 0.05)
    with pytest.raises(Unavailable, match="None of its terminal's windows shows it"):
        beacon.window(tty, lambda: [Shown(41, "1", "sh")])
    assert read().endswith("\x1b\\\x1b[23;2t")


def test_a_desktop_that_fails_meanwhile_leaves_no_title(terminal):
    tty, read = terminal

    def listed() -> list[Shown]:
        raise Unavailable("sway is gone.")

    with pytest.raises(Unavailable, match="sway is gone"):
        beacon.window(tty, listed)
    assert read().endswith("\x1b[23;2t")


def test_a_terminal_that_is_gone_is_a_reason():
    with pytest.raises(Unavailable, match="cannot be written to"):
        beacon.window("/dev/pts/999999", list)


@pytest.mark.parametrize(
    ("name", "tty", "works"),
    [
        ("foot", "/dev/pts/3", True),
        ("gnome-terminal-server", "/dev/pts/3", True),
        ("konsole", "/dev/pts/3", False),
        ("code", "/dev/pts/3", False),
        ("foot", None, False),
        ("foot", "/dev/tty1", False),
        ("foot", "/dev/pts/3\n/etc/passwd", False),
    ],
)
def test_only_a_terminal_that_gives_its_title_back_is_written_to(name, tty, works):
    assert beacon.works(Boundary(name, (41,), {}, tty)) is works


def shown_by(name, tty, listed, raised) -> Step:
    return windows._window(Desktop("sway window", listed, raised.append), Boundary(name, (41, 40), {}, tty))


def test_a_window_that_is_the_only_one_of_its_process_needs_no_title(terminal):
    tty, read = terminal
    raised = []
    step = shown_by("foot", tty, lambda: [Shown(41, "7"), Shown(90, "8")], raised)
    step.show()
    assert (str(step), step.writes, raised, read()) == ("sway window 7", False, ["7"], "")


def test_nothing_is_written_where_a_terminal_is_merely_looked_for(terminal):
    tty, read = terminal
    raised = []
    step = shown_by("foot", tty, titled(read, Shown(41, "1"), Shown(41, "2")), raised)
    assert (str(step), step.writes, read()) == ("sway window", True, "")
    step.show()
    assert raised == ["2"]


def test_a_list_that_can_no_longer_be_read_is_a_reason(terminal):
    listed = iter([[Shown(41, "1"), Shown(41, "2")]])

    def windows() -> list[Shown]:
        for one in listed:
            return one
        raise KeyError("pid")

    step = shown_by("foot", terminal[0], windows, [])
    with pytest.raises(Unavailable, match="list of windows cannot be read"):
        step.show()


@pytest.mark.parametrize("name", ["konsole", "ghostty"])
def test_where_titles_do_not_come_back_several_windows_are_a_reason(terminal, name):
    tty, read = terminal
    step = shown_by(name, tty, titled(read, Shown(41, "1"), Shown(41, "2")), [])
    assert (step.show, step.why_not) == (None, "Its terminal has several windows, and which one it is in is not known.")


def test_switched_off_it_is_never_used():
    raised = []
    hops = (Step("foot"), Step("sway window", lambda: raised.append(1), why_not="Which one is not known.", writes=True))
    assert terminals._show(terminals._unwritten(hops), ()) == Outcome(ok=False, line="Which one is not known.")
    assert terminals._show(hops, ()).ok
    assert raised == [1]
    assert (terminals.focusable(hops), terminals.focusable(hops, beacon=False)) == (True, False)


@pytest.mark.parametrize(
    ("focused", "told"), [((True,), True), ((False, False), False), ((False, True), None), ((None,), None)]
)
def test_whether_keys_go_to_it_is_known_of_one_window_and_of_none_of_several(terminal, focused, told):
    listed = [Shown(41, str(number), "", one) for number, one in enumerate(focused)]
    assert shown_by("foot", terminal[0], lambda: listed, []).focused is told
