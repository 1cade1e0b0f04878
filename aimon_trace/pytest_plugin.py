"""The pytest plugin: `aimon_trace` in a test is the trace of `--aimon-trace`, or reads others, and says what is wrong.

pytest loads it in every run of every project that has aimon installed, so it imports pytest and nothing else.
"""

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from os import PathLike

    from aimon_trace.asserting import Trace


def pytest_addoption(parser: pytest.Parser) -> None:
    """Give pytest the option."""
    parser.getgroup("aimon").addoption(
        "--aimon-trace",
        metavar="PATH|SESSION",
        help="The trace that tests with the fixture aimon_trace judge: a transcript, a captured run, or a session.",
    )


class Traces:
    """What the fixture is: the trace of the command line, and a way to read others."""

    def __init__(self, word: str | None) -> None:
        self._word = word
        self._trace: Trace | None = None

    def __call__(self, source: "str | PathLike[str]") -> "Trace":
        """The trace of a file, or of a session by key, id or project."""
        from aimon_trace.asserting import Trace  # noqa: PLC0415 - loaded by the test that asks

        return Trace.of(source)

    def __getattr__(self, name: str) -> Any:
        """Whatever the trace of the command line has: `metrics` and `expect`."""
        if name.startswith("_"):
            raise AttributeError(name)
        if self._trace is None:
            if self._word is None:
                raise pytest.UsageError("No trace is named: run pytest with --aimon-trace=PATH|SESSION.")
            self._trace = self(self._word)
        return getattr(self._trace, name)


@pytest.fixture(scope="session")
def aimon_trace(request: pytest.FixtureRequest) -> Traces:
    """The trace of `--aimon-trace`; called with a path or a session, that one."""
    return Traces(request.config.getoption("--aimon-trace"))
