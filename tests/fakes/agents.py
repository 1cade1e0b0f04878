"""Processes that look like agents, started by the tests: the only ones that a scan of theirs may see."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import psutil

_SLEEPS = "import time\ntime.sleep(60)\n"
_FORKS = f"import os\nos.fork()\n{_SLEEPS}"
_LAUNCHES = """import subprocess, sys
subprocess.run([sys.executable, __file__, "--child"] if len(sys.argv) < 2 else ["sleep", "60"])
"""


class Agents:
    """Children that run under the names of agents, each in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._started: list[subprocess.Popen[bytes]] = []

    def native(self, name: str, *arguments: str, cwd: Path | None = None) -> psutil.Process:
        """A program of that name."""
        program = self._folder / "bin" / name
        if not program.exists():
            program.parent.mkdir(exist_ok=True)
            shutil.copy(shutil.which("sleep") or "", program)
        return self._run([str(program), *(arguments or ("60",))], cwd)

    def script(
        self, path: str, *, launches: bool = False, forks: bool = False, cwd: Path | None = None
    ) -> psutil.Process:
        """A script that an interpreter runs; a launcher runs itself once more and waits for it, another only forks."""
        script = self._folder / path
        script.parent.mkdir(parents=True, exist_ok=True)
        script.write_text(_LAUNCHES if launches else _FORKS if forks else _SLEEPS)
        return self._run([sys.executable, str(script)], cwd)

    def holding(self, name: str, file: Path) -> psutil.Process:
        """A program of that name which holds a file open."""
        program = self._folder / "bin" / name
        self.native(name).kill()
        with file.open("ab") as held:
            return self._run([str(program), "60"], None, held.fileno())

    def pids(self) -> list[int]:
        """The children, and theirs."""
        pids = []
        for child in self._started:
            try:
                pids += [child.pid, *(one.pid for one in psutil.Process(child.pid).children(recursive=True))]
            except psutil.Error:
                continue
        return pids

    def end(self) -> None:
        """Kill all of them."""
        for pid in reversed(self.pids()):
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                continue
        for child in self._started:
            child.wait()

    def reap(self, process: psutil.Process) -> None:
        """Kill one, and wait until it is gone."""
        child = next(one for one in self._started if one.pid == process.pid)
        child.kill()
        child.wait()

    def _run(self, command: list[str], cwd: Path | None, *held: int, stdin: int | None = None) -> psutil.Process:
        child = subprocess.Popen(command, cwd=cwd or self._folder, pass_fds=held, stdin=stdin)
        self._started.append(child)
        process = psutil.Process(child.pid)
        deadline = time.monotonic() + 10
        while process.cmdline()[:1] != command[:1]:  # between fork and exec it is still us
            assert time.monotonic() < deadline
        return process
