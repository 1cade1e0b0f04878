"""The terminal misbehaves: it is resized all the time, or it is gone while the dashboard is on it."""

import fcntl
import os
import pty
import random
import signal
import struct
import subprocess
import termios
import threading
from contextlib import suppress

import psutil
import pytest

from aimon_core.journal import Journal
from tests.fakes.program import AIMON, WAIT_S
from tests.fakes.tmux import until
from tests.faults import RESIZES
from tests.faults.test_machine import post

QUIET_S = 0.002


class Terminal:
    """A pseudo-terminal with the dashboard on it, and somebody who reads all of it."""

    def __init__(self, program) -> None:
        self.ours, theirs = pty.openpty()
        self.resize(120, 40)
        environment = program.environment | {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self.process = subprocess.Popen(
            [AIMON, "--port", "0"], env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - one call, and no lock
        )  # fmt: skip
        os.close(theirs)
        self.drawn = b""
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def shows(self, text: bytes) -> None:
        until(lambda: text in self.drawn)

    def port(self) -> int:
        """The port that it listens on, once it does."""

        def found() -> int:
            ports = psutil.Process(self.process.pid).net_connections(kind="tcp4")
            return next((one.laddr.port for one in ports if one.status == psutil.CONN_LISTEN), 0)

        return until(found)

    def press(self, key: bytes) -> None:
        os.write(self.ours, key)

    def close(self) -> None:
        """Take the terminal away: what is on it gets SIGHUP, and errors wherever it writes."""
        ours, self.ours = self.ours, -1
        os.close(ours)

    def end(self) -> None:
        self.process.kill()
        self.process.wait()
        if self.ours >= 0:
            with suppress(OSError):
                os.close(self.ours)

    def _read(self) -> None:
        with suppress(OSError):
            while piece := os.read(self.ours, 1 << 16):
                self.drawn = self.drawn[-100_000:] + piece


@pytest.fixture
def terminal(program):
    one = Terminal(program)
    yield one
    one.end()


def test_a_storm_of_sizes_is_survived(terminal):
    terminal.shows(b"waiting")
    chance = random.Random(11)
    for number in range(RESIZES):
        terminal.resize(chance.choice((1, 2, 20, 60, 80, 300)), chance.choice((1, 2, 5, 15, 24, 120)))
        if number % 10 == 0:
            terminal.press(chance.choice((b"j", b"k", b"t", b"?", b"\x1b[27u")))
        threading.Event().wait(QUIET_S)
    assert post(terminal.port(), 0).status == 200
    terminal.press(b"\x1b[27u")
    terminal.resize(120, 40)
    terminal.drawn = b""
    terminal.shows(b"waiting")
    terminal.press(b"q")
    assert terminal.process.wait(WAIT_S) == 0


def test_a_terminal_that_goes_away_ends_the_dashboard_and_keeps_what_was_acknowledged(terminal, program):
    terminal.shows(b"waiting")
    port = terminal.port()
    assert post(port, 0).status == 200
    terminal.close()
    terminal.process.wait(WAIT_S)
    with pytest.raises(ConnectionRefusedError):
        post(port, 1)
    journal = Journal.read_only(program.folder / "state" / "aimon" / "journal.db")
    assert len([one for one in journal.deliveries() if one.kind.startswith("logs")]) == 1
    assert not (program.runtime / "aimon" / "status.json").exists()


def test_a_hangup_ends_the_dashboard_in_order(terminal, program):
    terminal.shows(b"waiting")
    assert post(terminal.port(), 0).status == 200
    terminal.process.send_signal(signal.SIGHUP)
    terminal.process.wait(WAIT_S)
    assert not (program.runtime / "aimon" / "status.json").exists()
