"""A machine for pictures: agents that are there by name only, and what they wrote, in a folder that vanishes.

Nothing of whoever draws is read: programs and transcripts are found in the folder, settings in a home that nobody has.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import gmtime
from typing import Any

from aimon_core.clock import Clock
from aimon_core.config import Settings
from aimon_desktop.setup import Place
from aimon_tui.machine import Machine

HOME = Path("/home/you")
PROGRAMS = {"claude": "2.1.329", "codex": "0.169.0", "gemini": "0.61.0"}
TRANSCRIPTS = 252
"""Of two weeks, one of six by Codex."""
PROJECTS = ("shop-api", "billing-reconciler", "web-app", "infra", "notes")
MODELS = ("claude-opus-5-5", "claude-sonnet-5-5", "claude-haiku-4-5")
DAY_S = 86_400.0


def machine(folder: Path, clock: Clock) -> Machine:
    """Three agents, found by their programs. From now on this process takes the folder for its home."""
    for name, version in PROGRAMS.items():
        package = folder / "lib" / name
        package.mkdir(parents=True)
        (package / "package.json").write_text(json.dumps({"version": version}))
        (package / "cli").touch(0o755)
        (folder / "bin").mkdir(exist_ok=True)
        (folder / "bin" / name).symlink_to(package / "cli")
    _write_transcripts(folder, clock.now_ns() / 1e9)
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
    for name in ("CLAUDE_CONFIG_DIR", "CODEX_HOME", "COPILOT_HOME", "GEMINI_CLI_HOME", "XDG_CONFIG_HOME"):
        os.environ.pop(name, None)
    os.environ["HOME"] = str(folder)


def _write_transcripts(folder: Path, now_s: float) -> None:
    """What agents wrote in two weeks, less at the weekends, nothing of it today: nobody works there now."""
    chance = Random(14)
    for number in range(TRANSCRIPTS):
        at_s = now_s - DAY_S * (1 + chance.random() * 13)
        if gmtime(at_s).tm_wday > 4 and chance.random() < 0.7:
            at_s -= 2 * DAY_S
        usage = {"input_tokens": 4_000, "output_tokens": chance.randint(4_000, 40_000)}
        cwd = f"{HOME}/{chance.choices(PROJECTS, (8, 5, 4, 2, 1))[0]}"
        if number % 6:
            path, lines = f".claude/projects/{cwd.replace('/', '-')}/{number}.jsonl", _claude(number, at_s, cwd, usage)
        else:
            path, lines = f".codex/sessions/rollout-{number}.jsonl", _codex(number, at_s, cwd, usage)
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
        os.utime(place, (at_s, at_s))


def _claude(number: int, at_s: float, cwd: str, usage: dict[str, int]) -> list[dict[str, Any]]:
    model = MODELS[number % 7 % 3]
    told = usage | {"cache_read_input_tokens": 60 * usage["output_tokens"]}
    message = {"id": f"msg_{number}", "model": model, "content": [], "usage": told, "stop_reason": "end_turn"}
    common = {"sessionId": f"s{number}", "cwd": cwd, "timestamp": _iso(at_s), "requestId": f"req_{number}"}
    return [{"type": "assistant", **common, "message": message}]


def _codex(number: int, at_s: float, cwd: str, usage: dict[str, int]) -> list[dict[str, Any]]:
    told = (
        ("session_meta", {"id": f"c{number}", "cwd": cwd}),
        ("turn_context", {"model": "gpt-5.5"}),
        ("token_usage_record", {"response_id": f"resp_{number}", "usage": usage}),
    )
    return [{"timestamp": _iso(at_s), "type": kind, "payload": payload} for kind, payload in told]


def _iso(at_s: float) -> str:
    return f"{datetime.fromtimestamp(at_s, UTC):%Y-%m-%dT%H:%M:%S}.000Z"
