"""What holds for all tests of traces: none of them tells an aimon that runs on this machine."""

import pytest


@pytest.fixture(autouse=True)
def nobody_listens(monkeypatch):
    monkeypatch.setenv("AIMON_ENDPOINT", "off")
