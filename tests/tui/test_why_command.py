"""`aimon why`: the state of a session and its reasons, for a person and for a script."""

import json
from datetime import UTC, datetime

import pytest

from aimon_core.session import Evidence
from aimon_tui.console.why import answer, text
from receiver import shapes
from tests.fakes.captures import sent
from tests.fakes.program import Program
from tests.fakes.told import NOW_NS, told

NOW = datetime.fromtimestamp(NOW_NS / 1e9, UTC)


def ago(seconds: float) -> int:
    return NOW_NS - round(seconds * 1e9)


EVIDENCE = (
    Evidence("hook:PermissionRequest", ago(14), "waiting", decides=True),
    Evidence("span:claude_code.tool", ago(14.2), "waiting"),
    Evidence("log:claude_code.api_request", ago(200), "working"),
)
WAITS = told(
    "s1", "waiting", age_s=14, waiting_for="permission", name="shop\x1b[31m-api", evidence=EVIDENCE,
    blind_spots=("no telemetry: tokens and dollars unknown",),
)  # fmt: skip


def test_a_person_reads_who_says_what_how_old_it_is_and_what_was_not_believed():
    assert text(WAITS, NOW).splitlines() == [
        "shop-api · claude-code · claude-code:s1",
        "",
        "says     signal                        age",
        "waiting  hook:PermissionRequest       0:14  decides",
        "waiting  span:claude_code.tool        0:14  agrees",
        "working  log:claude_code.api_request  3:20  older, weaker",
        "",
        "Waiting for a permission since 01:59:46.",
        "Hooks outrank log events; one signal of three disagrees and is older.",
        "Blind: no telemetry: tokens and dollars unknown.",
    ]


def test_of_a_session_without_signals_there_is_still_something_to_say():
    lines = text(told("s1", "idle"), NOW).splitlines()
    assert lines[1:2] == [""]
    assert lines[2].startswith("Idle since ")
    assert lines[3] == "No signal was kept."


def test_a_script_reads_the_same():
    document = answer(WAITS)
    shapes.SHAPES["why"].validate_json(json.dumps(document))
    assert [one["verdict"] for one in document["evidence"]] == ["decides", "agrees", "older, weaker"]
    assert document["says"][0] == "Waiting for a permission since 01:59:46."


@pytest.fixture
def program(tmp_path) -> Program:
    return Program(tmp_path)


def test_it_asks_the_running_aimon_and_else_the_journal(program):
    with program.serving() as serving:
        assert serving.send(*sent("tui_default_intervals")) == [200] * len(sent("tui_default_intervals"))
        there = program.run("why", "shop-api", "--json")
        assert (there.returncode, there.stderr) == (0, "")
        document = json.loads(there.stdout)
        shapes.SHAPES["why"].validate_json(there.stdout)
        assert [one["decides"] for one in document["evidence"]].count(True) == 1
        assert "decides" in program.run("why", document["key"]).stdout
    gone = program.run("why", "shop-api", "--json")
    assert gone.stderr == "No aimon is running: this is what its journal holds.\n"
    assert json.loads(gone.stdout)["key"] == document["key"]


def test_a_session_that_is_not_there_is_a_no_with_what_to_do(program):
    done = program.run("why", "nobody", "--port", "1")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.endswith("There is no session nobody. `aimon sessions --all` lists them.\n")
