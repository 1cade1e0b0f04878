"""What a goal's figures are, and the homes they are measured in."""

import subprocess
import sys
import tempfile
from pathlib import Path

from msgspec import Struct

from bench.processes import ROOT, environment


class Result(Struct, frozen=True):
    """One figure and what was promised."""

    what: str
    figure: float
    unit: str
    goal: float | None = None
    """None where nothing was promised and the figure only explains another."""
    more_is_better: bool = False

    @property
    def met(self) -> bool:
        """Whether the promise is kept."""
        if self.goal is None:
            return True
        return self.figure >= self.goal if self.more_is_better else self.figure <= self.goal


def folder() -> "tempfile.TemporaryDirectory[str]":
    """A home for one run."""
    return tempfile.TemporaryDirectory(prefix="aimon-bench-", ignore_cleanup_errors=True)


def figures(module: str) -> list[float]:
    """What a module prints that measures in a process of its own."""
    with folder() as home:
        command = [sys.executable, "-m", module]
        told = subprocess.run(
            command, env=environment(Path(home)), cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True
        )
    return [float(figure) for figure in told.stdout.split()]
