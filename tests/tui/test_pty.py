"""A real terminal: what really goes over the line to it, byte for byte."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WAIT_S = 20

CSI = re.compile(rb"\x1b\[([?<>=]?[\d;:]*)([ -/]*[@-~])")
OSC = re.compile(rb"\x1b\](\d*)([^\x07\x1b]*)(?:\x07|\x1b\\)")
POINTER = b"\x1b]22;default\x07"
"""The shape of the mouse pointer: Textual's own."""
TRUECOLOR = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}


class Terminal:
    """Somebody who reads everything and types a little."""

    def __init__(self, name: str, folder: Path, environment: dict[str, str], size: tuple[int, int]) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        everything = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_RUNTIME_DIR": str(folder),
        } | environment
        command = [sys.executable, "-m", "tests.tui.on_terminal", name]
        self._process = subprocess.Popen(command, cwd=ROOT, env=everything, stdin=theirs, stdout=theirs, stderr=theirs)
        os.close(theirs)
        self.sent = b""

    def until(self, wanted: bytes, after: int = 0) -> None:
        """Read until something has been sent."""
        deadline = time.monotonic() + WAIT_S
        while wanted not in self.sent[after:]:
            assert time.monotonic() < deadline, f"never sent {wanted!r}: …{self.sent[-2_000:]!r}"
            assert self._read(deadline), f"ended before {wanted!r}: …{self.sent[-2_000:]!r}"

    def press(self, keys: bytes, shows: bytes = b"") -> None:
        """Type, and wait for what that brings to the screen."""
        before = len(self.sent)
        os.write(self._ours, keys)
        if shows:
            self.until(shows, before)

    def leave(self) -> bytes:
        """Press q and read to the end; everything that was sent."""
        self.press(b"q")
        deadline = time.monotonic() + WAIT_S
        while self._read(deadline):
            assert time.monotonic() < deadline, "q does not leave"
        assert self._process.wait(WAIT_S) == 0
        return self.sent

    def close(self) -> None:
        """Nothing is left behind."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        os.close(self._ours)

    def _read(self, deadline: float) -> bool:
        if not select.select([self._ours], [], [], max(0.0, deadline - time.monotonic()))[0]:
            return True
        try:
            piece = os.read(self._ours, 1 << 16)
        except OSError:  # Linux says so when the other side is closed
            return False
        self.sent += piece
        return bool(piece)


@pytest.fixture
def terminal(tmp_path) -> Iterator:
    opened: list[Terminal] = []

    def open_one(name: str, environment: dict[str, str], size: tuple[int, int] = (120, 40)) -> Terminal:
        opened.append(Terminal(name, tmp_path, environment, size))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()


def styles(sent: bytes) -> set[str]:
    """Every parameter of every SGR sequence, a colour with what belongs to it as one."""
    found = set()
    for parameters, final in CSI.findall(sent):
        if final == b"m" and not parameters.startswith((b"?", b">", b"<", b"=")):
            parts = parameters.decode().replace(":", ";").split(";")
            while parts:
                code = parts.pop(0)
                taken = {"2": 4, "5": 2}.get(parts[0], 0) if code in {"38", "48"} and parts else 0
                found.add(";".join([code, *parts[:taken]]))
                del parts[:taken]
    return found


def coloured(code: str) -> bool:
    """Whether an SGR parameter sets a colour; 39 and 49 give the terminal's own back."""
    number = int(code.partition(";")[0] or 0)
    return number in {38, 48} or 30 <= number <= 37 or 40 <= number <= 47 or 90 <= number <= 107


def test_no_color_sends_no_colour_whatever_is_pressed(terminal):
    screen = terminal("morning", TRUECOLOR | {"NO_COLOR": "1"})
    screen.until(b"quit")
    screen.press(b"j", b"held")
    screen.press(b"t", b"16 colours")
    screen.press(b"?", b" close")
    screen.press(b"\x1b[27u", b"quit")  # esc, said in a way that can be nothing else
    screen.press(b"/", b"show all")
    screen.press(b"goose\r", b"Nothing matches")
    sent = screen.leave()
    assert not {code for code in styles(sent) if coloured(code)}
    assert "7" in styles(sent)  # the pill is reversed


def test_sixteen_colours_get_the_theme_that_is_made_for_them(terminal):
    screen = terminal("morning", {"TERM": "xterm"})
    screen.until(b"quit")
    colours = {code for code in styles(screen.leave()) if coloured(code)}
    assert "31" in colours  # a failure is red
    assert colours <= {str(code) for code in (*range(30, 38), *range(90, 98))}


def test_true_colour_gets_the_palette(terminal):
    screen = terminal("morning", TRUECOLOR)
    screen.until(b"quit")
    assert "48;2;255;180;84" in styles(screen.leave())  # the pill


@pytest.mark.parametrize("size", [(120, 40), (80, 24), (60, 15)], ids="{0[0]}x{0[1]}".format)
def test_s12_nothing_that_telemetry_says_reaches_the_terminal(terminal, size):
    screen = terminal("hostile", TRUECOLOR, size)
    screen.until(b"quit")
    for _ in range(20):
        screen.press(b"j")
    screen.press(b"s", b"cost")
    screen.press(b"/", b"show all")
    screen.press(b"owned\r", b"next waiting")
    sent = screen.leave().replace(POINTER, b"")
    assert b"\x07" not in sent
    assert not OSC.findall(sent), OSC.findall(sent)
    rest = CSI.sub(b"", sent)
    finals = {final for _, final in CSI.findall(sent)}
    assert finals <= {b"m", b"H", b"h", b"l", b"u", b"t", b"n", b"$p", b"J", b"K", b"A", b"D"}, finals
    assert sent.count(b"\x1b[?1049l") == 1
    assert b"\x1b" not in rest.replace(b"\x1b7", b"").replace(b"\x1b8", b"").replace(b"\x1bP", b""), rest
    assert not re.search("[\x80-\x9f\u202a-\u202e\u2066-\u2069]", sent.decode())


def test_a_new_wait_rings_and_names_the_window_and_both_are_given_back(terminal):
    screen = terminal("wait", TRUECOLOR)
    screen.until(b"aimon !2")
    screen.until(b"\x07")
    sent = screen.leave()
    titles = [title for code, title in OSC.findall(sent) if code == b"2"]
    assert titles == [b";aimon", b";aimon !1", b";aimon !2"]
    assert OSC.sub(b"", sent).count(b"\x07") == 1  # the pointer's stands in an OSC
    assert sent.index(b"\x1b[22;2t") < sent.index(b"\x1b]2;") < sent.index(b"\x1b[23;2t")


def test_the_terminal_is_left_as_it_was(terminal):
    screen = terminal("morning", TRUECOLOR)
    screen.until(b"quit")
    sent = screen.leave()
    on = set(re.findall(rb"\x1b\[\?(\d+)h", sent)) - {b"25"}
    off = re.findall(rb"\x1b\[\?(\d+)l", sent)
    assert on <= set(off)
    assert sent.rindex(b"\x1b[?25h") > sent.rindex(b"\x1b[?25l")
