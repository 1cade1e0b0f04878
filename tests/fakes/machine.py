"""A machine with agents on it: a person's home with real files in it, called the same in every test and picture."""

import os
from pathlib import Path

from aimon_core.clock import Clock, SteppedClock
from aimon_core.config import Settings
from aimon_tui.machine import DAYS, Machine
from tests.fakes.homes import home

CLAUDE, CODEX, GEMINI = ".claude/settings.json", ".codex/config.toml", ".gemini/settings.json"
SOME = {CLAUDE: '{\n  "model": "opus"\n}\n', CODEX: 'model = "gpt-5.5"\n', GEMINI: '{\n  "theme": "dark",\n}\n'}
"""Settings of three agents; those of the last one are broken in their third line."""
VERSIONS = {"claude": "2.1.329", "codex": "0.169.0"}
WROTE = {
    ".claude/projects/-home-dev-shop/{}.jsonl": 214,
    ".codex/sessions/2026/11/rollout-{}.jsonl": 38,
}


def machine(folder: Path, monkeypatch, files=SOME, *, sources=("otlp", "hooks"), ready: bool = True) -> Machine:
    """Whoever lives in a folder; relative to it, the home is called the same everywhere."""
    monkeypatch.chdir(folder)
    mine = Path("home/dev")
    for name, text in files.items():
        path = mine / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setenv("HOME", str(mine))
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME", "GEMINI_CLI_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    place = home(
        mine,
        monkeypatch,
        environment={"PATH": str(mine / "bin")},
        data_dir=mine / ".local/share/aimon",
        state_dir=mine / ".local/state/aimon",
    )
    clock: Clock = SteppedClock()
    made = Machine(Settings(sources=sources), clock, place)
    if ready:
        made.ready.set()
    return made


def install(folder: Path) -> None:
    """Two programs of agents, with their versions."""
    for name, version in VERSIONS.items():
        package = folder / "home/dev/lib" / name
        package.mkdir(parents=True)
        (package / "package.json").write_text(f'{{"version": "{version}"}}')
        (package / "cli.js").write_text("")
        (package / "cli.js").chmod(0o755)
        program = folder / "home/dev/bin" / name
        program.parent.mkdir(exist_ok=True)
        program.symlink_to(package / "cli.js")


def write(folder: Path, wrote=WROTE, *, days_ago: float = 1) -> None:
    """Transcripts, some days before where a stepped clock stands."""
    at_s = SteppedClock().now_ns() / 1e9 - days_ago * 86_400
    for name, number in wrote.items():
        for turn in range(number):
            path = folder / "home/dev" / name.format(f"{days_ago}-{turn}")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            os.utime(path, (at_s, at_s))


LONG_AGO = DAYS + 1
"""Days ago, before those that are counted."""
