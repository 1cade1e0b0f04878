"""aimon that looks at no process but those a file names: tests have no business with the others of this machine.

python -m tests.real.narrow FILE serve --port 0
"""

import sys
from pathlib import Path

from aimon_tui import sources
from aimon_tui.cli import main

FILE = Path(sys.argv.pop(1))


class Narrow(sources.Sources):
    """What aimon sees for itself, of the processes in the file."""

    def __init__(self, settings, clock) -> None:
        super().__init__(settings, clock, pids=lambda: map(int, FILE.read_text().split() if FILE.exists() else ()))


if __name__ == "__main__":
    sources.Sources = Narrow
    main()
