"""A pane of a tmux server that nobody else uses, with a program in it and somebody who looks and types."""

import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

needs_tmux = pytest.mark.skipif(shutil.which("tmux") is None, reason="no tmux: no look at a real terminal")


class Pane:
    """What a person sees and types."""

    def __init__(self, socket: str, painted: int) -> None:
        self._socket, self._painted = socket, painted

    def see(self) -> str:
        """The screen as text."""
        return self._tmux("capture-pane", "-p")

    def type(self, *keys: str) -> None:
        """Press keys."""
        self._tmux("send-keys", *keys)

    def until(self, text: str, *, gone: bool = False, wait_s: float = 20.0) -> str:
        """The screen once it shows some text, or with `gone` no longer: looked at whenever the program has painted."""
        deadline = time.monotonic() + wait_s
        while (text in (seen := self.see())) is gone:
            left = deadline - time.monotonic()
            assert left > 0, f"{'always' if gone else 'never'} saw {text!r}:\n{seen}"
            if select.select([self._painted], [], [], min(left, 1.0))[0]:
                os.read(self._painted, 1 << 16)
        return seen

    def _tmux(self, *arguments: str) -> str:
        command = ["tmux", "-S", self._socket, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout


@contextmanager
def pane(
    folder: Path, environment: Mapping[str, str], command: str, size: tuple[int, int] = (120, 40)
) -> Iterator[Pane]:
    """Run a shell command in a pane, which stays when the command has ended."""
    socket, pipe = str(folder / "tmux.sock"), folder / "painted"
    os.mkfifo(pipe)
    painted = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    tmux = ["tmux", "-S", socket, "-f", "/dev/null"]
    begin = ["new-session", "-d", "-x", str(size[0]), "-y", str(size[1]), "sh"]
    subprocess.run([*tmux, *begin], env=dict(environment), cwd=folder, check=True)
    try:
        subprocess.run([*tmux, "pipe-pane", "-O", f"exec cat > {pipe}"], check=True)
        subprocess.run([*tmux, "send-keys", command, "Enter"], check=True)
        yield Pane(socket, painted)
    finally:
        subprocess.run([*tmux, "kill-server"], check=False)
        os.close(painted)
