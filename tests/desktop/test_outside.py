"""Programs that are asked: what they print, or one line that says why not."""

import time

import pytest

from aimon_core.errors import Unavailable
from aimon_desktop.terminals import outside
from aimon_desktop.terminals.outside import run


def test_what_a_program_prints_comes_back_whatever_its_bytes():
    assert run("printf", "a;b $(x) %s", "\N{SNOWMAN}") == "a;b $(x) \N{SNOWMAN}"
    assert run("printf", r"\377") == "\N{REPLACEMENT CHARACTER}"


def test_nobody_is_asked_to_type():
    assert run("cat") == ""


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("sh", "-c", "echo no way >&2; exit 3"), "sh: no way."),
        (("sh", "-c", r"printf '\033]0;x\007no\nway' >&2; exit 3"), "sh: no way."),
        (("sh", "-c", "exit 3"), "sh: exit code 3."),
        (("aimon-no-such-program",), "aimon-no-such-program is not on the PATH."),
        (("/",), "/ cannot be started: Permission denied."),
    ],
)
def test_a_failure_is_one_clean_line(command, said):
    with pytest.raises(Unavailable) as failure:
        run(*command)
    assert str(failure.value) == said


def test_s19_a_program_that_hangs_is_ended(monkeypatch):
    monkeypatch.setattr(outside, "LIMIT_S", 0.05)
    began = time.monotonic()
    with pytest.raises(Unavailable, match="sleep did not answer"):
        run("sleep", "600")
    assert time.monotonic() - began < 10
