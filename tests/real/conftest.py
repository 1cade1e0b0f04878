"""What runs of real clients need: the clients, a stage, and a folder for those who want to keep what they see."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.real import claude_code, clients, scripts
from tests.real.stage import Stage, stage
from tests.real.witness import Looks, Witness, witness


def pytest_addoption(parser):
    parser.addoption("--record", type=Path, metavar="DIR", help="keep each run as a capture below DIR")


@pytest.fixture(scope="session")
def program() -> Path:
    """Claude Code, installed."""
    return _installed("claude")


@pytest.fixture(scope="session")
def codex() -> Path:
    """Codex, installed."""
    return _installed("codex")


def _installed(name: str) -> Path:
    try:
        return clients.installed(name)
    except clients.Missing as error:
        pytest.skip(f"{error}")


@pytest.fixture
def tape(request) -> Path | None:
    """Where to keep this run; None where nobody wants it kept."""
    folder = request.config.getoption("--record")
    return folder and folder / request.node.name.removeprefix("test_")


@pytest.fixture(scope="session")
def tell(request) -> Callable[[str], None]:
    """A line for whoever watches the run."""
    plugins = request.config.pluginmanager
    terminal, capture = plugins.getplugin("terminalreporter"), plugins.getplugin("capturemanager")

    def tell(line: str) -> None:
        with capture.global_and_fixture_disabled():
            terminal.write_line(f"  {line}")

    return tell


@pytest.fixture(scope="session")
def looks(tell) -> Iterator[Looks]:
    """What witnesses of all runs saw; the client and aimon must agree in 97 of 100 looks."""
    together = Looks()
    yield together
    tell(f"all runs: {together}")
    assert together.share >= 0.97, together


@pytest.fixture
def play(program, tape, looks, tell):
    """Claude Code on a stage of its own, with somebody who looks."""

    @asynccontextmanager
    async def playing(**options: object) -> AsyncIterator[tuple[Stage, claude_code.ClaudeCode, Witness]]:
        async with stage("claude-code", scripts.CLAUDE_CODE, record=tape, **options) as here:
            client = await claude_code.started(here, program)
            async with witness(client) as seen:
                yield here, client, seen
                if tape is not None:
                    await client.leave()
            tell(f"{seen.looks}")
            looks.add(seen.looks)

    return playing
