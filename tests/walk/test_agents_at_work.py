"""What the sessions of Copilot CLI and opencode with subagents, refusals and Esc come to, channel by channel."""

import json

import pytest

from aimon_core.evidence import FROM_HOOKS
from aimon_core.session import Session
from tests.fakes.captures import ROOT, sent
from tests.walk.test_captures import fed

ALL, TELEMETRY, HOOKS = {"logs", "traces", "hooks"}, {"logs", "traces"}, {"hooks"}
COPILOT, OPENCODE = ("copilot", "interactive-agents-protobuf"), ("opencode", "interactive-agents")


def told(case: tuple[str, str], channels: set[str], until_s: float = 1e12) -> list[Session]:
    """The sessions of a capture in the order of their starts, by what some channels said until a moment."""
    agent, name = case
    store = fed(one for one in sent(name, agent) if one.signal in channels and one.unix <= until_s)
    return sorted(store.sessions(every=True), key=lambda one: one.started_at_ns)


def did(case: tuple[str, str], step: str) -> float:
    """When the person at the keyboard did something."""
    lines = (ROOT / case[0] / case[1] / "steps.jsonl").read_text().splitlines()
    return next(one["unix"] for one in map(json.loads, lines) if one["step"] == step)


@pytest.mark.parametrize("case", [COPILOT, OPENCODE])
@pytest.mark.parametrize("channels", [ALL, TELEMETRY, HOOKS], ids=["all", "telemetry", "hooks"])
def test_two_subagents_are_two_whoever_tells(case, channels):
    subagents = told(case, channels)[0].subagents
    assert [(one.type, one.state, one.tool_calls) for one in subagents] == [("explore", "completed", 1)] * 2
    if (case, channels) != (COPILOT, HOOKS):
        assert [one.llm_calls for one in subagents] == [2, 2]


@pytest.mark.parametrize(
    ("case", "channels", "tools", "errors", "waits"),
    [
        (COPILOT, ALL, 8, 1, 0),
        (COPILOT, TELEMETRY, 8, 1, 0),
        (COPILOT, HOOKS, 6, 1, 0),  # none fires for the two `read_agent` that the client asks itself
        (OPENCODE, ALL, 7, 1, 2),
        (OPENCODE, TELEMETRY, 7, 0, 2),  # a command's exit code stands in its output, which is not kept
        (OPENCODE, HOOKS, 7, 1, 2),
    ],
)
def test_tools_and_waits_are_counted_once(case, channels, tools, errors, waits):
    session = told(case, channels)[0]
    assert (session.tool_calls, session.tool_errors, session.waits) == (tools, errors, waits)
    assert session.turns == (4 if case == COPILOT else 5)


@pytest.mark.parametrize(
    ("case", "step", "later_s", "stands"),
    [
        (COPILOT, "prompt2_mcp", 0, ("completed", "stop_hook")),
        (COPILOT, "prompt4_long", 1, ("working", None)),
        (COPILOT, "clear", 0, ("idle", "interrupted")),
        (COPILOT, "prompt5_plain", 0, ("ended", "interrupted")),
        (OPENCODE, "approval_visible", 0, ("waiting", None)),
        (OPENCODE, "deny_key", 4, ("idle", "denied")),
        (OPENCODE, "esc2", 5, ("idle", "interrupted")),
        (OPENCODE, "ctrl_c", 0, ("completed", "idle")),
    ],
)
def test_the_state_is_the_clients(case, step, later_s, stands):
    session = told(case, ALL, did(case, step) + later_s)[0]
    assert session.turn is not None
    assert (session.state, session.turn.end_reason) == stands


def test_subagents_in_the_background_keep_their_session_at_work():
    """The hook of the first answer's end comes while both still work; what wakes the agent then is no prompt."""
    stops = [
        one.unix for one in sent(COPILOT[1], COPILOT[0]) if b"stopReason" in one.body and b"agentId" not in one.body
    ]
    assert [told(COPILOT, HOOKS, until)[0].state for until in stops[:2]] == ["working", "completed"]


@pytest.mark.parametrize(("case", "until", "calls", "tools"), [
    (COPILOT, "prompt3_toolfail", 2, 1), (COPILOT, "prompt4_long", 2, 1),
    (OPENCODE, "prompt2_toolfail", 7, 4), (OPENCODE, "prompt3_write", 2, 1),
])  # fmt: skip
def test_a_turn_counts_each_call_and_tool_once_though_two_channels_tell(case, until, calls, tools):
    turn = told(case, ALL, did(case, until))[0].turn
    assert turn is not None
    assert (turn.llm_calls, turn.tool_calls) == (calls, tools)


@pytest.mark.parametrize("channels", [ALL, TELEMETRY], ids=["all", "telemetry"])
def test_copilots_window_is_what_it_fills_of_the_models(channels):
    assert [session.context.limit for session in told(COPILOT, channels) if session.context] == [922_000, 922_000]


def test_clear_begins_another_session():
    assert [session.state for session in told(COPILOT, ALL)] == ["ended", "ended"]
    assert [session.turns for session in told(COPILOT, ALL)] == [4, 1]


@pytest.mark.parametrize(("channels", "calls"), [(ALL, 4), (TELEMETRY, 2), (HOOKS, 3)])
def test_opencodes_run_is_told_whole_by_both(channels, calls):
    (session,) = told(("opencode", "run-tools"), channels)
    assert session.llm_calls == calls
    assert (FROM_HOOKS in session.blind_spots) == (channels == HOOKS)


def test_opencodes_dollars_are_its_own():
    (session,) = told(("opencode", "run-tools"), HOOKS)
    assert (session.cost.basis, session.cost.usd) == ("reported", 0.012732)


@pytest.mark.parametrize(("channels", "error"), [(ALL, "auth"), (TELEMETRY, "auth"), (HOOKS, "unknown")])
def test_a_refused_key_is_one_failed_turn(channels, error):
    (session,) = told(("copilot", "print-401"), channels)
    assert session.turn is not None
    assert (session.turn.end_reason, session.errors, session.last_error_type) == ("failed", 1, error)
    if channels != HOOKS:
        assert (session.llm_calls_failed, session.retries) == (1, 2)
