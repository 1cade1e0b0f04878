"""Claude Code's status line is set up round the one that a person has, and theirs outlives ours."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from aimon_desktop import hook_program, setup
from aimon_desktop.setup import State
from aimon_desktop.setup import place as places
from aimon_desktop.setup.place import own_statusline
from tests.fakes.homes import home, tree

SETTINGS = ".claude/settings.json"
OWNS = [
    "~/.claude/line.sh",
    """jq -r '"\\(.model.display_name) it'"'"'s"'""",
    'printf "%s\\n" "a  b" $((1 + 1)); exit 3',
    "own=x; echo $own",
    "line one\nline 'two'",
    "größe; #",
    "echo a;",
]
LAYOUTS = [
    '{"statusLine":{"type":"command","command":%s}}',
    '{\r\n\t"statusLine": {"padding": 0,\r\n      "type": "command", "command": %s, "refreshInterval": 5}\r\n}\r\n',
    '{\n   "model": "opus",\n   "statusLine" : {\n "command" : %s\n\n }}\n\n',
]


@pytest.fixture
def place(tmp_path, monkeypatch):
    return home(tmp_path, monkeypatch, python=sys.executable)


def settled(place, text: str):
    path = place.home / SETTINGS
    path.parent.mkdir(parents=True)
    path.write_bytes(text.encode())
    return path


def plan(place):
    (only,) = setup.plans(place, ["claude-code"])
    return only


def command(place) -> str:
    return json.loads((place.home / SETTINGS).read_bytes())["statusLine"]["command"]


def shown(place, payload: bytes = b"{}") -> tuple[int, bytes]:
    """What Claude Code would show: it runs the command in a shell."""
    environment = {"HOME": str(place.home), "AIMON_RUNTIME_DIR": str(place.home / "run"), "AIMON_PORT": "1"}
    done = subprocess.run(["sh", "-c", command(place)], input=payload, env=environment, capture_output=True, timeout=20)
    assert done.stderr == b""
    return done.returncode, done.stdout


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("own", OWNS)
def test_a_status_line_of_ones_own_stands_within_ours_and_comes_back_to_the_byte(place, own, layout):
    text = layout % json.dumps(own, ensure_ascii=False)
    path = settled(place, text)
    before = tree(place.home)
    plan(place).apply()
    assert own_statusline(command(place)) == own
    assert plan(place).state is State.CONNECTED
    assert list(plan(place).diff()) == []
    plan(place).apply()
    assert own_statusline(command(place)) == own
    told = json.loads(path.read_bytes())["statusLine"]
    assert told | {"command": own} == {"type": "command"} | json.loads(text)["statusLine"]
    plan(place).undo()
    assert {name: one for name, one in tree(place.home).items() if name != "state"} == before


@pytest.mark.parametrize("gone", ["nothing", "program", "interpreter"])
def test_ones_own_line_is_shown_with_ours_and_without(place, monkeypatch, tmp_path, gone):
    own = "cat; printf '\\033[31mred\\033[0m\\nsecond\\n'; exit 3"
    if gone == "interpreter":
        place = home(tmp_path, monkeypatch, python="/nowhere/python3")
    settled(place, json.dumps({"statusLine": {"type": "command", "command": own}}))
    plan(place).apply()
    if gone == "program":
        place.statusline_file.unlink()
    assert shown(place, b'{"a": 1}\n') == (3, b'{"a": 1}\n\x1b[31mred\x1b[0m\nsecond\n')


def test_without_one_ours_is_shown_and_nothing_once_it_is_gone(place):
    plan(place).apply()
    assert shown(place, b'{"model": {"display_name": "Opus 5.5"}}') == (0, b"Opus 5.5\n")
    place.statusline_file.unlink()
    assert shown(place) == (0, b"")


def test_another_aimon_keeps_ones_own_line_even_where_the_record_is_lost(tmp_path, monkeypatch):
    own = OWNS[1]
    first = home(tmp_path, monkeypatch)
    settled(first, json.dumps({"statusLine": {"type": "command", "command": own}}))
    plan(first).apply()
    (first.state_dir / "setup/claude-code.json").unlink()
    moved = home(tmp_path, monkeypatch, python="/opt/python")
    assert plan(moved).state is State.OUTDATED
    plan(moved).apply()
    assert "/opt/python" in command(moved)
    assert own_statusline(command(moved)) == own


def test_another_line_since_is_kept_by_the_next_setup_and_by_undo(place):
    path = settled(place, '{"statusLine": {"type": "command", "command": "first"}}')
    plan(place).apply()
    told = json.loads(path.read_bytes())
    told["statusLine"]["command"] = "second"
    path.write_text(json.dumps(told))
    assert plan(place).state is State.OUTDATED
    plan(place).apply()
    assert own_statusline(command(place)) == "second"
    path.write_text(path.read_text() + "\n")
    plan(place).undo()
    assert json.loads(path.read_bytes()) == {"statusLine": {"type": "command", "command": "second"}}


@pytest.mark.parametrize("odd", [{"type": "builtin", "command": "x"}, {"type": "command", "command": 3}])
def test_what_is_no_command_is_left_and_told(place, odd):
    path = settled(place, json.dumps({"statusLine": odd}))
    assert any(words.startswith("status line: statusLine.") for words in plan(place).left)
    plan(place).apply()
    told = json.loads(path.read_bytes())
    assert told["statusLine"] == odd
    assert "Stop" in told["hooks"]


@pytest.mark.parametrize(
    "own",
    [
        "aimon statusline",
        "aimon  statusline '~/.claude/line.sh'",
        "other-line --then '[ -f /home/dev/.local/share/aimon/statusline_program.py ] && …'",
    ],
)
def test_one_that_calls_aimon_itself_stays_as_it_is(place, own):
    settled(place, json.dumps({"statusLine": {"type": "command", "command": own}}))
    plan(place).apply()
    assert command(place) == own
    assert plan(place).state is State.CONNECTED


def test_what_is_put_in_by_hand_has_ones_own_line_in_it(place):
    settled(place, json.dumps({"statusLine": {"type": "command", "command": OWNS[1]}}))
    ((_, text),) = plan(place).snippets()
    assert own_statusline(json.loads(text)["statusLine"]["command"]) == OWNS[1]


def test_a_command_that_somebody_spoilt_is_none_of_ones_own():
    assert own_statusline("own='x; exec /data/aimon/statusline_program.py") is None


def test_undo_takes_what_python_made_of_the_programs(place, monkeypatch):
    monkeypatch.setattr(places, "hook_program", lambda: Path(hook_program.__file__).read_bytes())
    plan(place).apply()
    shown(place)
    assert (place.data_dir / "__pycache__").is_dir()
    plan(place).undo()
    assert not place.data_dir.exists()
