"""Sizes, names and docstrings of every module; each rule is shown a house that breaks it."""

import subprocess
import sys

import pytest

from tests.contract.house import FILE_LINES, FUNCTION_LINES, ROOT, faults, modules


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_keeps_the_house_rules(path):
    assert faults(path.name, path.read_text("utf-8")) == []


def test_there_is_a_house():
    assert len(modules()) > 50
    assert {path.parts[len(ROOT.parts)] for path in modules()} >= {"aimon_core", "receiver", "aimon_tui"}


FINE = '"""A module."""\n\n\ndef advance():\n    """Do."""\n'
LONG_FUNCTION = '"""A module."""\n\n\ndef advance():\n    """Do."""\n' + "    x = 1\n" * FUNCTION_LINES
LONG_DOCSTRING = '"""A module."""\n\n\ndef advance():\n    """Do.\n' + "\n    More.\n" * FUNCTION_LINES + '    """\n'


@pytest.mark.parametrize(
    ("name", "source", "fault"),
    [
        ("long.py", FINE + "x = 1\n" * FILE_LINES, "split it by noun"),
        ("utils.py", FINE, "says nothing"),
        ("mute.py", "x = 1\n", "no docstring"),
        ("heavy.py", LONG_FUNCTION, f"{FUNCTION_LINES + 1} lines"),
        ("heavy.py", LONG_FUNCTION.replace("def advance", "async def advance"), "lines without its docstring"),
        ("java.py", FINE.replace("advance", "get_price"), "name what it gives"),
        ("java.py", FINE.replace("advance", "set_price"), "name what it gives"),
    ],
)
def test_each_rule_can_fail(name, source, fault):
    (found,) = faults(name, source)
    assert fault in found


@pytest.mark.parametrize("source", ["", FINE, LONG_DOCSTRING, FINE.replace("advance", "getter")])
def test_what_keeps_the_rules_is_left_alone(source):
    assert faults("session.py", source) == []


def test_a_tangled_function_is_refused_by_ruff():
    tangled = '"""A module."""\n\n\ndef advance(x: int) -> int:\n    """Do."""\n'
    for number in range(10):
        tangled += f"    if x == {number}:\n        x += 1\n"
    arguments = [sys.executable, "-m", "ruff", "check", "--select", "C901", "--stdin-filename", "aimon_core/tangled.py"]
    verdict = subprocess.run(
        [*arguments, "-"], input=tangled + "    return x\n", cwd=ROOT, capture_output=True, text=True
    )
    assert verdict.returncode == 1
    assert "C901" in verdict.stdout
