"""Processes that are measured: each with a home of its own, on a terminal of its own where it draws."""

import fcntl
import http.client
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Self

import psutil

ROOT = Path(__file__).parents[1]
AIMON = str(Path(sys.executable).with_name("aimon"))
WAIT_S = 20.0
COLUMNS, ROWS = 160, 48


def environment(folder: Path) -> dict[str, str]:
    """Nothing of the user's, and a terminal that can do everything."""
    runtime = folder / "run"
    runtime.mkdir(mode=0o700, exist_ok=True)
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder / "config"),
        "XDG_STATE_HOME": str(folder / "state"),
        "XDG_RUNTIME_DIR": str(runtime),
        "AIMON_SOURCES": "otlp,hooks",
        "LANG": "C.UTF-8",
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
    }


def cpu_s(process: psutil.Process) -> float:
    """CPU seconds that a process has used so far."""
    used = process.cpu_times()
    return float(used.user + used.system)


class Sender:
    """Posts bodies one after the other on one connection."""

    def __init__(self, port: int, headers: Mapping[str, str] = MappingProxyType({})) -> None:
        self._door = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
        self._headers = headers

    def post(self, body: bytes, path: str = "/v1/logs", content_type: str = "application/x-protobuf") -> None:
        """Post one body. Raises RuntimeError when it is not taken."""
        self._door.request("POST", path, body, {"Content-Type": content_type, **self._headers})
        answer = self._door.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {text[:200]!r}")

    def close(self) -> None:
        """Hang up."""
        self._door.close()


@contextmanager
def serving(folder: Path, *arguments: str, stdout: int = subprocess.DEVNULL) -> Iterator[tuple[psutil.Process, int]]:
    """`aimon serve` on a free port: the process and its port, when it is ready."""
    command = [AIMON, "serve", "--port", "0", *arguments]
    with subprocess.Popen(
        command, env=environment(folder), stdout=stdout, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            ready = next(line for line in process.stderr if line.startswith("listening "))
            yield psutil.Process(process.pid), int(ready.rpartition(":")[2])
        finally:
            process.kill()


class Screen:
    """A program on a pseudo-terminal that somebody reads."""

    def __init__(self, folder: Path, *command: str) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.written = 0
        """Bytes drawn so far."""
        self._drawn = bytearray()
        self._ended = False
        self._seen = threading.Condition()
        self.began = time.monotonic()
        self._process = subprocess.Popen(
            command, env=environment(folder), stdin=slave, stdout=slave, stderr=slave, cwd=ROOT, start_new_session=True
        )
        os.close(slave)
        self.process = psutil.Process(self._process.pid)
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._master)

    def shows(self, text: str) -> float:
        """Wait until a text is drawn; seconds since the start. Raises TimeoutError."""
        with self._seen:
            self._seen.wait_for(lambda: text.encode() in self._drawn or self._ended, WAIT_S)
            if text.encode() not in self._drawn:
                last = re.sub(rb"\x1b\[[0-9;?]*\w|[^ -~\x1b]+|\x1b", b" ", bytes(self._drawn)).split()[-30:]
                raise TimeoutError(f"{text!r} was not drawn, but … {b' '.join(last).decode()}")
        return time.monotonic() - self.began

    def _read(self) -> None:
        while not self._ended:
            try:
                drawn = os.read(self._master, 1 << 16)
            except OSError:  # nobody draws any more
                drawn = b""
            with self._seen:
                self.written += len(drawn)
                self._drawn += drawn
                del self._drawn[: -(1 << 20)]
                self._ended = not drawn
                self._seen.notify_all()
