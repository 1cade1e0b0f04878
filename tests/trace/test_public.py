"""What `aimon_trace` gives by name: each loads what it needs, and type checkers know the same names."""

import re
from pathlib import Path

import pytest

import aimon_trace


@pytest.mark.parametrize("name", aimon_trace.__all__)
def test_every_name_is_there(name):
    assert getattr(aimon_trace, name) is not None
    assert name in dir(aimon_trace)


def test_type_checkers_know_the_same_names():
    source = Path(aimon_trace.__file__).read_text()
    told = dict(
        reversed(found) for found in re.findall(r"(?m)^    from aimon_trace\.(\w+) import (\w+) as \2$", source)
    )
    assert told == aimon_trace._WHERE


def test_no_other_name_is_there():
    with pytest.raises(AttributeError, match="Nonsense"):
        _ = aimon_trace.Nonsense
