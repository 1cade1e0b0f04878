"""A program of its own for each fault."""

from pathlib import Path

import pytest

from tests.fakes.program import Program

HERE = Path(__file__).parent


@pytest.fixture
def program(tmp_path) -> Program:
    return Program(tmp_path)


def pytest_collection_modifyitems(items):
    """Everything here is a fault: `-m faults` picks them."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.faults)
