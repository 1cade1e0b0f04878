"""Transcripts that are broken or mean harm: read as far as they can be, never an exception but an AimonError."""

import random
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aimon_core.errors import AimonError
from aimon_trace import sources
from aimon_trace.expectations import Expectations
from aimon_trace.metrics import ToolCall, TraceMetrics
from aimon_trace.scorers import SCORERS, judge
from tests.fakes.captures import ROOT
from tests.fakes.transcript import TRANSCRIPTS
from tests.trace.test_scorers import EVERYTHING

FILES = [*sorted(TRANSCRIPTS.glob("*.jsonl")), *sorted(ROOT.glob("*/*/transcripts/*.jsonl"))]
VALUE = re.compile(rb':\s*("(?:[^"\\]|\\.)*"|[-\d.]+|true|false|null|\[\]|\{\})')
HARM = [
    b"null", b"-1", b'"x"', b"[]", b"{}", b"[1]", b'[{"text": 7}]', b"1e999", b"9" * 30, b'"\xff"', b'"\\ud800"',
    b"[" * 3_000, b'{"a":' * 3_000,
]  # fmt: skip


@settings(max_examples=150)
@given(seed=st.integers(0, 2**32))
def test_whatever_a_line_holds_the_others_are_read(tmp_path_factory, seed):
    chance = random.Random(seed)
    lines = chance.choice(FILES).read_bytes().split(b"\n")
    for _ in range(chance.randint(1, 5)):
        place = chance.randrange(len(lines))
        if values := [found.span(1) for found in VALUE.finditer(lines[place])]:
            start, end = chance.choice(values)
            lines[place] = lines[place][:start] + chance.choice(HARM) + lines[place][end:]
    path = tmp_path_factory.getbasetemp() / "hostile.jsonl"
    path.write_bytes(b"\n".join(lines))
    try:
        metrics = sources.read(path)
    except AimonError:
        return
    metrics.to_dict()
    scores = judge(metrics, Expectations.of(EVERYTHING))
    assert len(scores) == len(SCORERS)
    assert not [score for score in scores if score.rationale.startswith("Scorer failed")]


@pytest.mark.parametrize("piece", ["(", "\n", "sudo ", "a/", "A=b ", "sudo -n ", "; A=", " "])
def test_no_command_makes_looking_for_a_program_take_forever(piece):
    """A part of the pattern that reached over a separator would take minutes here, square to the length."""
    call = ToolCall(name="Bash", input={"command": piece * 100_000})
    expected = Expectations.of({"banned_tools": ["curl", "Bash(x*)", "rm -rf"]})
    (score,) = [one for one in judge(TraceMetrics(tool_calls=(call,)), expected) if one.value != "skip"]
    assert score.value == "yes"
