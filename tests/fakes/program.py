"""The real program in a process of its own, with a home, a state and a runtime folder that nobody else has."""

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from tests.fakes.captures import Sent

AIMON = str(Path(sys.executable).with_name("aimon"))
WAIT_S = 20


class Program:
    """`aimon` on a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.command: Sequence[str] = (AIMON,)
        self.runtime = folder / "run"
        self.runtime.mkdir(mode=0o700, exist_ok=True)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder / "config"),
            "XDG_STATE_HOME": str(folder / "state"),
            "XDG_RUNTIME_DIR": str(self.runtime),
            "LANG": "C.UTF-8",
            "AIMON_NOTIFY": "false",  # the desktop of who runs the tests is none of our business
            "AIMON_SOURCES": "otlp,hooks",  # nor are the processes of their machine
        } | {name: value for name, value in os.environ.items() if name.startswith("COV")}

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """One command to its end."""
        command = [*self.command, *arguments]
        everything = self.environment | environment
        return subprocess.run(
            command, env=everything, capture_output=True, text=True, encoding="utf-8", timeout=WAIT_S, cwd=self.folder
        )

    @contextmanager
    def serving(self, *arguments: str, stdout: Any = subprocess.PIPE) -> Iterator["Serving"]:
        """`aimon serve` on a free port, from its ready line to its end."""
        command = [*self.command, "serve", "--port", "0", *arguments]
        with subprocess.Popen(command, env=self.environment, stdout=stdout, stderr=subprocess.PIPE) as process:
            try:
                yield Serving(process)
            finally:
                process.kill()


class Serving:
    """A running `aimon serve`."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.words = []
        for line in process.stderr:
            self.words.append(line.decode().rstrip())
            if self.words[-1].startswith("listening "):
                break
        self.port = int(self.words[-1].rpartition(":")[2]) if self.words else 0

    def send(self, *requests: Sent) -> list[int]:
        """Post requests one after the other on one connection; the statuses of the answers."""
        statuses = []
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)) as door:
            for request in requests:
                door.request("POST", request.path, request.body, {"Content-Type": request.content_type})
                answer = door.getresponse()
                answer.read()
                statuses.append(answer.status)
        return statuses

    def ask(self, path: str) -> Any:
        """What a GET answers."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=WAIT_S)) as door:
            door.request("GET", path)
            return json.loads(door.getresponse().read())

    def end(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(WAIT_S)
