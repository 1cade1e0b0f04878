"""`aimon statusline`: the status line program in place of this process, for whoever writes their settings by hand."""

import os
import sys
from pathlib import Path
from typing import NoReturn

PROGRAM = Path(__file__).parents[1] / "statusline_program.py"


def become(own: str = "") -> NoReturn:
    """Run it as `aimon setup` has it run, with a status line of one's own in it."""
    command = [sys.executable, "-S", "-E", str(PROGRAM), own]
    os.execv(sys.executable, command)  # noqa: S606 - ours, and no shell's business
