"""Pictures of the setup page and of the screen without a session, on a machine that is the same everywhere.

Beside `test_snapshots`, whose sessions need no machine; drawn anew in the same way.
"""

from typing import Any

import pytest
from msgspec import Struct
from msgspec.structs import replace

from aimon_desktop import setup
from tests.fakes.fleet import StillDoor, blind, waiting
from tests.fakes.machine import CLAUDE, CODEX, SOME, install, machine, write
from tests.tui.screen import COLOURLESS, MEDIUM, SMALL, TAKEN, TRUECOLOR, WIDE, Played

pytestmark = pytest.mark.usefixtures("at_once")


class Shot(Struct, frozen=True):
    """What is on the machine and on the screen, and what was done before looking at it."""

    size: tuple[int, int]
    theme: str = "aimon-dark"
    keys: tuple[str, ...] = ("S",)
    files: Any = None
    connected: tuple[str, ...] = ()
    port: int = 4318
    """Where those that are connected send to."""
    sessions: Any = None
    problem: str | None = None
    ascii: bool = False
    sources: tuple[str, ...] = ("otlp", "hooks", "transcripts")


NOBODY: tuple = ()
THEIRS = SOME | {CLAUDE: '{\n  "env": {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://collector.example"}\n}\n'}
QUIET = {name: SOME[name] for name in (CLAUDE, CODEX)}
LACKING = replace(blind(), agent="codex", blind_spots=("no hooks: waits invisible",))

SHOTS = {
    "wide-dark": Shot(WIDE),
    "wide-light": Shot(WIDE, "aimon-light"),
    "wide-ansi": Shot(WIDE, "aimon-ansi"),
    "wide-ascii": Shot(WIDE, "aimon-ansi", ascii=True),
    "medium-dark": Shot(MEDIUM),
    "medium-light": Shot(MEDIUM, "aimon-light"),
    "small-dark": Shot(SMALL),
    "small-light": Shot(SMALL, "aimon-light"),
    "small-ascii": Shot(SMALL, "aimon-ansi", ascii=True),
    "done": Shot(MEDIUM, keys=("S", "j", "enter")),
    "done-small": Shot(SMALL, keys=("S", "j", "enter")),
    "undone": Shot(MEDIUM, keys=("S", "enter", "u")),
    "connected": Shot(MEDIUM, connected=("codex",), keys=("S", "j")),
    "outdated": Shot(MEDIUM, connected=("codex",), port=5318, keys=("S", "j")),
    "broken": Shot(MEDIUM, keys=("S", "j", "j")),
    "absent": Shot(MEDIUM, keys=("S", "G")),
    "asked": Shot(MEDIUM, keys=("S", "G", "enter")),
    "left": Shot(MEDIUM, "aimon-light", files=THEIRS),
    "partly": Shot(MEDIUM, files=THEIRS, connected=("claude-code",), keys=("S", "g")),
    "sideways": Shot(WIDE, keys=("S", "pagedown", "right", "right", "right")),
    "port-taken": Shot(MEDIUM, problem=TAKEN),
    "help": Shot(MEDIUM, keys=("S", "question_mark")),
    "copied": Shot(MEDIUM, keys=("S", "y")),
    "empty-wide": Shot(WIDE, keys=(), sessions=NOBODY),
    "empty-medium": Shot(MEDIUM, keys=(), sessions=NOBODY),
    "empty-medium-light": Shot(MEDIUM, "aimon-light", keys=(), sessions=NOBODY),
    "empty-small": Shot(SMALL, keys=(), sessions=NOBODY),
    "empty-ascii": Shot(MEDIUM, "aimon-ansi", keys=(), sessions=NOBODY, ascii=True),
    "empty-quiet": Shot(MEDIUM, keys=(), sessions=NOBODY, files=QUIET, connected=("claude-code", "codex")),
    "empty-no-agent": Shot(MEDIUM, keys=(), sessions=NOBODY, files={}),
    "empty-no-transcripts": Shot(MEDIUM, keys=(), sessions=NOBODY, sources=("otlp", "hooks")),
    "empty-port-taken": Shot(MEDIUM, keys=(), sessions=NOBODY, problem=TAKEN),
    "mends": Shot(WIDE, keys=(), sessions=(LACKING,)),
    "mends-why": Shot(MEDIUM, keys=("w",), sessions=(LACKING, waiting())),
}


@pytest.mark.parametrize("name", SHOTS)
def test_the_page_looks_as_it_did(snap_compare, tmp_path, monkeypatch, name):
    shot = SHOTS[name]
    here = machine(tmp_path, monkeypatch, SOME if shot.files is None else shot.files, sources=shot.sources)
    if shot.files != {}:
        install(tmp_path)
        write(tmp_path)
    if shot.connected:
        for plan in setup.plans(here.place(f"127.0.0.1:{shot.port}"), shot.connected):
            plan.apply()
    app = Played(
        shot.sessions,
        theme=shot.theme,
        ascii=shot.ascii,
        machine=here,
        door=StillDoor(shot.problem, rate=0),
        environment=COLOURLESS if shot.theme == "aimon-ansi" else TRUECOLOR,
    )

    async def play(pilot):
        await pilot.pause()
        for key in (None, *shot.keys):
            if key is not None:
                await pilot.press(key)
            await app.workers.wait_for_complete()
            await pilot.pause()

    assert snap_compare(app, run_before=play, terminal_size=shot.size)
