"""What is read of tmux's answers and what is told to it, word by word; needs no tmux."""

import pytest

from aimon_desktop.terminals import tmux


def test_the_terminal_used_last_comes_first_and_programs_do_not_come(monkeypatch):
    told = "5 11 $0 0 /dev/pts/1\n7 12 $0 0 /dev/pts/2\n9 13 $0 1 \n6 14 $1 0 /dev/pts/3\n"
    monkeypatch.setattr(tmux, "run", lambda *command: told)
    assert [client.pid for client in tmux._clients(tmux.Server(1, "/s"))] == [12, 14, 11]


def test_a_terminal_stays_in_its_own_session_when_that_has_the_window_too(monkeypatch):
    commands = []
    monkeypatch.setattr(tmux, "run", lambda *command: commands.append(command[-1]))
    ours, other = tmux.Client(1, "/dev/pts/1", "$0"), tmux.Client(2, "/dev/pts/2", "$1")
    windows = (tmux.Window("$1", "@4", active=True), tmux.Window("$0", "@4", active=False))
    hop = tmux.Hop(tmux.Server(9, "/s"), "%7", windows, (other, ours))
    tmux.switch(ours, hop)
    tmux.switch(tmux.Client(3, "/dev/pts/3", "$2"), hop)
    assert commands == ["$0:@4.%7", "$1:@4.%7"]


@pytest.mark.parametrize(
    ("row", "fits"),
    [
        ("12 $0 @0 %3 1 34 /dev/pts/5", True),
        ("12 $0 @0 %3 1 34 /dev/ttys005", True),
        ("12 $0 @0 %3; kill-server 1 34 /dev/pts/5", False),
        ("12 $0 @0 %3 1 34 /dev/pts/5 x", False),
        ("12 $0 @0 %3 1 34 /dev/pts/../sda", False),
        ("12 $x @0 %3 1 34 /dev/pts/5", False),
        ("12 $0 @0 %3 1 34 ", False),
    ],
)
def test_s15_only_what_has_the_shape_of_ids_is_read(row, fits):
    assert bool(tmux._matches(tmux._PANE, row)) is fits
