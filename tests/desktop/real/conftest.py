"""Says first which of other people's programs this machine lacks: what needs them is skipped, by name."""

import pytest

from tests.desktop.real.programs import missing
from tests.fakes.tmux import desk as desk_of_its_own


@pytest.fixture
def desk():
    """A folder with tmux servers and terminals in it."""
    with desk_of_its_own() as desk:
        yield desk


def pytest_report_header(config):
    if "desktop" not in config.option.markexpr.split():
        return None
    lacking = missing()
    if not lacking:
        return "desktop: every program is here"
    packages = " ".join(sorted({package for package in lacking.values() if package}))
    return [f"desktop: not installed here: {', '.join(lacking)}", f"desktop: Debian has them in: {packages}"]
