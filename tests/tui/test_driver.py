"""A terminal that vanishes ends the dashboard: nothing is left behind that holds the port or a core."""

import fcntl
import os
import pty
import select
import struct
import sys
import termios
import time
from pathlib import Path

import pytest
from textual.driver import Driver

from aimon_tui.driver import Lost, enduring
from tests.fakes.program import Program

WAIT_S = 20.0


class Gone:
    """A file whose reader has left."""

    encoding = "utf-8"

    def write(self, text):
        raise OSError(5, "Input/output error")

    def flush(self):
        self.write("")


def test_what_nobody_can_read_is_dropped():
    file = Lost(Gone())
    assert file.write("abc") == 3
    assert file.encoding == "utf-8"


def test_flushing_to_nobody_is_quiet(tmp_path):
    path = tmp_path / "file"
    with path.open("w") as opened:
        Lost(opened).write("abc")
        Lost(opened).flush()
        assert path.read_text() == "abc"
    Lost(Gone()).flush()


class Fake(Driver):
    """A driver that counts how often it was told to go on."""

    def __init__(self):
        self._file, self.resumed, self._must_signal_resume = Gone(), 0, False

    def write(self, data):
        self._file.write(data)

    def _sigcont_application(self, *_):
        self.resumed += 1

    start_application_mode = stop_application_mode = disable_input = None


def test_only_what_was_stopped_goes_on():
    """SIGCONT comes with every SIGHUP: https://man7.org/linux/man-pages/man3/termios.3.html (CLOCAL)."""
    driver = enduring(type("Whole", (Fake,), {"__abstractmethods__": frozenset()}))()
    driver._sigcont_application()
    assert driver.resumed == 0
    driver._must_signal_resume = True
    driver._sigcont_application()
    assert driver.resumed == 1
    driver.write("nobody reads this")


def test_while_the_terminal_is_lent_nothing_is_put_on_a_queue_that_nobody_reads():
    written = []

    class Base:
        def write(self, data):
            written.append(data)

        def suspend_application_mode(self):
            self.write("leave")

        def resume_application_mode(self):
            self.write("enter")

    driver = enduring(Base)()
    driver.suspend_application_mode()
    for _ in range(99):  # Textual's queue has room for thirty
        driver.write("frame")
    driver.resume_application_mode()
    driver.write("frame")
    assert written == ["leave", "enter", "frame"]


@pytest.mark.parametrize(("key", "size"), [(b"", (24, 80)), (b"q", (24, 80)), (b"", (0, 0))])
def test_a_closed_window_ends_the_dashboard(tmp_path, key, size):
    """A window of no size is a script's, or a container's: it must not be painted for ever either."""
    environment = Program(tmp_path).environment | {"TERM": "xterm-256color"}
    child, terminal = pty.fork()
    if child == 0:
        os.execve(sys.executable, [sys.executable, "-m", "aimon_tui.cli", "--port", "0"], environment)  # noqa: S606
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", *size, 0, 0))
    painted = b""
    until = time.monotonic() + WAIT_S
    while b"No sessions" not in painted and time.monotonic() < until:
        if select.select([terminal], [], [], 0.1)[0]:
            painted += os.read(terminal, 65_536)
    os.write(terminal, key)
    os.close(terminal)
    until, ended = time.monotonic() + WAIT_S, 0
    while not ended and time.monotonic() < until:
        ended, _ = os.waitpid(child, os.WNOHANG)
        select.select([], [], [], 0.02)
    if not ended:
        os.kill(child, 9)
        os.waitpid(child, 0)
    assert b"No sessions" in painted
    assert ended == child, "it went on without a terminal"
    assert not Path(f"/proc/{child}").exists()
