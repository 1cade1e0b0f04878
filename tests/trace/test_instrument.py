"""The registry of instrumentors, and what somebody is told who lacks what one needs."""

import re
import sys
import tomllib
from importlib.util import find_spec
from pathlib import Path

import pytest

from aimon_trace import InstrumentorUnavailable, instrument
from aimon_trace.instrument import Instrumentor, instrumentor, names
from tests.contract.house import ROOT

OURS = ["anthropic", "crewai", "langchain", "llama-index", "openai", "openai-agents", "pydantic-ai"]
bare = pytest.mark.skipif(find_spec("langchain_core") is not None, reason="the extras are installed")


def test_every_framework_has_its_name_and_its_extra():
    assert [name for name in names() if name in OURS] == OURS
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    for name in OURS:
        made = instrumentor(name)
        assert isinstance(made, Instrumentor)
        assert (made.name, made.is_active) == (name, False)
        assert name in extras


@pytest.mark.parametrize("name", instrument.__all__)
def test_every_name_is_there(name):
    assert getattr(instrument, name) is not None
    assert name in dir(instrument)


def test_type_checkers_know_the_same_names():
    source = Path(instrument.__file__).read_text()
    found = re.findall(r"(?m)^    from aimon_trace\.instrument\.(\w+) import (\w+) as \2$", source)
    assert {name: module for module, name in found} == instrument._WHERE


def test_no_other_name_is_there():
    with pytest.raises(AttributeError, match="Nonsense"):
        _ = instrument.Nonsense


@bare
@pytest.mark.parametrize("name", OURS)
def test_who_lacks_an_extra_is_told_what_to_install(name):
    one = instrumentor(name)
    with pytest.raises(InstrumentorUnavailable) as refused:
        one.instrument()
    assert refused.value.hint == f"pip install 'aimon-tui[{name}]'"
    assert not one.is_active


@bare
def test_the_handler_says_what_to_install():
    with pytest.raises(InstrumentorUnavailable) as refused:
        import aimon_trace.callback  # noqa: F401
    assert "aimon-tui[langchain]" in refused.value.hint


def test_a_framework_that_nobody_knows_is_refused_by_name():
    with pytest.raises(InstrumentorUnavailable, match="nonsense") as refused:
        instrumentor("nonsense")
    assert "langchain" in refused.value.hint


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """A package of somebody else's, installed."""
    (tmp_path / "their_agents.py").write_text(
        "from aimon_trace.instrument import Instrumentor\n\n\n"
        "class TheirInstrumentor(Instrumentor):\n    name = 'theirs'\n    package = 'their-agents'\n    needs = ()\n"
    )
    info = tmp_path / "their_agents-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-agents\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[aimon.instrumentors]\ntheirs = their_agents:TheirInstrumentor\nlost = their_lost:Nothing\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    yield
    sys.modules.pop("their_agents", None)


@pytest.mark.usefixtures("plugin")
def test_other_packages_bring_instrumentors_of_their_own(tmp_path):
    assert {"theirs", "lost"} <= set(names())
    made = instrumentor("theirs", tmp_path, agent_name="a")
    assert (type(made).__name__, made.name) == ("TheirInstrumentor", "theirs")
    with pytest.raises(InstrumentorUnavailable, match="their_lost"):
        instrumentor("lost")
