"""A machine for pictures: agents that are there by name only, and what they wrote, in a folder that vanishes.

Nothing of whoever draws is read: programs and transcripts are found in the folder, settings in a home that nobody has.
"""

import json
import os
from pathlib import Path

from aimon_core.clock import Clock
from aimon_core.config import Settings
from aimon_desktop.setup import Place
from aimon_tui.machine import Machine

HOME = Path("/home/you")
PROGRAMS = {"claude": "2.1.329", "codex": "0.169.0", "gemini": "0.61.0"}
TRANSCRIPTS = {".claude/projects/-home-you-shop-api/{}.jsonl": 214, ".codex/sessions/rollout-{}.jsonl": 38}
YESTERDAY_S = 86_400.0


def machine(folder: Path, clock: Clock) -> Machine:
    """Three agents, found by their programs. From now on this process takes the folder for its home."""
    for name, version in PROGRAMS.items():
        package = folder / "lib" / name
        package.mkdir(parents=True)
        (package / "package.json").write_text(json.dumps({"version": version}))
        (package / "cli").touch(0o755)
        (folder / "bin").mkdir(exist_ok=True)
        (folder / "bin" / name).symlink_to(package / "cli")
    at_s = clock.now_ns() / 1e9 - YESTERDAY_S
    for name, number in TRANSCRIPTS.items():
        for turn in range(number):
            path = folder / name.format(turn)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            os.utime(path, (at_s, at_s))
    _live_in(folder)
    place = Place(
        home=HOME,
        environment={"PATH": str(folder / "bin")},
        data_dir=HOME / ".local/share/aimon",
        state_dir=HOME / ".local/state/aimon",
        python="/usr/bin/python3",
    )
    found = Machine(Settings(), clock, place)
    found.ready.set()
    return found


def _live_in(folder: Path) -> None:
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "GEMINI_CLI_HOME", "XDG_CONFIG_HOME"):
        os.environ.pop(name, None)
    os.environ["HOME"] = str(folder)
