"""Where real sessions stood at moments that the driver of the clients noted, by all that was told until then."""

import pytest

from tests.fakes.captures import ROOT
from tests.walk.test_interleaving import heard, told

STEPS = 1_795_200_000
"""What the moments below are seconds after."""
TELEMETRY = {"log", "span"}
ALL = {"log", "span", "hook"}


def standing(agent, until_s, channels):
    """State, what for and why, of the first session of an interactive capture."""
    name = "interactive-approval"
    assert (ROOT / agent / name / "README.md").exists()
    until_ns = round((STEPS + until_s) * 1e9)
    events = [one for one in told(agent, name) if one.channel in channels and one.at_ns <= until_ns]
    session = min(heard(events).sessions(every=True), key=lambda one: one.started_at_ns)
    return session.state, session.waiting_for, session.turn.end_reason


@pytest.mark.parametrize(
    ("agent", "until_s", "stands"),
    [
        ("gemini-cli", 27771, ("completed", None, "stop_hook")),
        ("gemini-cli", 27780, ("waiting", "permission", None)),
        ("gemini-cli", 27834, ("idle", None, "denied")),
        ("gemini-cli", 27842, ("idle", None, "interrupted")),
        ("qwen-code", 28017, ("completed", None, "stop_hook")),
        ("qwen-code", 28029, ("waiting", "permission", None)),
        ("qwen-code", 28050, ("idle", None, "denied")),
        ("qwen-code", 28058, ("idle", None, "interrupted")),
        ("copilot", 28243, ("completed", None, "stop_hook")),
        ("copilot", 28253, ("waiting", "permission", None)),
        ("copilot", 28272, ("idle", None, "denied")),
    ],
)
def test_with_hooks(agent, until_s, stands):
    assert standing(agent, until_s, ALL) == stands


@pytest.mark.parametrize(
    ("agent", "until_s", "stands"),
    [
        ("gemini-cli", 27834, ("idle", None, "denied")),
        ("gemini-cli", 27842, ("idle", None, "interrupted")),
        ("qwen-code", 28017, ("completed", None, "span")),
        ("qwen-code", 28050, ("idle", None, "denied")),
        ("qwen-code", 28058, ("idle", None, "interrupted")),
        ("copilot", 28243, ("completed", None, "span")),
        ("copilot", 28272, ("idle", None, "denied")),
        ("opencode", 28826, ("waiting", "permission", None)),
        ("opencode", 28831, ("working", None, None)),
        ("opencode", 28836, ("completed", None, "idle")),
    ],
)
def test_by_telemetry_alone(agent, until_s, stands):
    assert standing(agent, until_s, TELEMETRY) == stands
