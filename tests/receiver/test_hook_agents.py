"""The hooks of each agent, replayed from captures of the real client with nothing else: states, waits, turns, drift."""

import json
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from aimon_core.clock import SteppedClock
from aimon_core.events import (
    Drifted,
    PermissionAnswered,
    PermissionAsked,
    SessionEnded,
    SessionSeen,
    ToolFinished,
    TurnEnded,
)
from aimon_core.store import SessionStore
from receiver import hooks
from tests.fakes.captures import ROOT
from tests.fakes.events import START_NS

FOLDERS = sorted(path.parent for path in ROOT.glob("*/*/hooks.jsonl") if path.parts[-3] in hooks.HOOK_AGENTS)


class Fired(Struct, frozen=True):
    """One hook of a capture."""

    unix: float
    payload: dict[str, Any]

    @property
    def at_ns(self) -> int:
        return round(self.unix * 1e9)


def fired(folder: Path) -> list[Fired]:
    entries = map(json.loads, (folder / "hooks.jsonl").read_text().splitlines())
    return [Fired(one["unix"], one["argv"][0] if one["stdin"] is None else one["stdin"]) for one in entries]


def steps(folder: Path) -> dict[str, float]:
    """What the person at the keyboard did, and when."""
    lines = (folder / "steps.jsonl").read_text().splitlines()
    return {one["step"]: one["unix"] for one in map(json.loads, lines)}


class Replay:
    """A ledger that hears the hooks of one capture and nothing else, as far as it is told to go."""

    def __init__(self, agent: str, scenario: str) -> None:
        self.agent, self.folder = agent, ROOT / agent / scenario
        self.store = SessionStore(SteppedClock())
        self._left = sorted(fired(self.folder), key=lambda one: one.unix)

    def until(self, unix: float) -> list[str]:
        """The states of all sessions at a moment, in the order of their start."""
        while self._left and self._left[0].unix <= unix:
            one = self._left.pop(0)
            self.store.apply(hooks.translate(self.agent, one.payload, one.at_ns), one.at_ns)
        return [session.state for session in self.sessions]

    @property
    def sessions(self):
        return self.store.sessions(every=True)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: f"{folder.parent.name}/{folder.name}")
def test_every_event_of_a_real_client_is_known(folder):
    agent = folder.parent.name.replace("claude-live", "claude-code")
    for one in fired(folder):
        events = hooks.translate(agent, one.payload, one.at_ns)
        assert not any(isinstance(event, Drifted) for event in events), one.payload
        assert abs(events[0].at_ns - one.at_ns) < 2e9
        assert hooks.kept(agent, one.payload, None)


DENIED_IS_SEEN = {"qwen-code"}
"""Others fire nothing when a person says no: the next prompt ends the wait."""


@pytest.mark.parametrize("agent", ["codex", "gemini-cli", "qwen-code", "copilot"])
def test_states_agree_with_what_the_person_did(agent):
    replay = Replay(agent, "interactive-approval")
    did = steps(replay.folder)
    assert replay.until(did["prompt2_sent"]) == ["completed"]
    assert replay.until(did["approval_visible"]) == ["waiting"]
    assert replay.sessions[0].waiting_for == "permission"
    assert "CHANGELOG.md" in (replay.sessions[0].waiting_on or "")
    assert replay.until(did["approve_key"] - 0.1) == ["waiting"]
    assert replay.until(did["approve_key"] + 0.7) in (["working"], ["completed"])
    assert replay.until(did["prompt3_sent"]) == ["completed"]
    assert replay.until(did["deny_key"] - 0.1) == ["waiting"]
    denied = replay.until(did["prompt4_slow_sent"])
    assert denied == (["idle"] if agent in DENIED_IS_SEEN else ["waiting"])
    assert replay.until(did["prompt4_slow_sent"] + 1.5) == ["working"]
    assert set(replay.until(did["quit_sent"] + 5)) == {"ended"}


@pytest.mark.parametrize(
    ("agent", "approved_s"), [("codex", 40.2), ("gemini-cli", 12.0), ("copilot", 11.6), ("qwen-code", 12.7)]
)
def test_the_wait_is_as_long_as_the_person_took(agent, approved_s):
    replay = Replay(agent, "interactive-approval")
    replay.until(steps(replay.folder)["prompt3_sent"])
    (session,) = replay.sessions
    assert (session.waits, session.turns) == (1, 2)
    assert (session.waited_ns or 0) / 1e9 == pytest.approx(approved_s, abs=0.3)


@pytest.mark.parametrize(
    ("agent", "turns", "tools"),
    [("codex", [4], [2]), ("copilot", [4], [2]), ("gemini-cli", [5, 1], [2, 1]), ("qwen-code", [5, 1], [1, 1])],
)
def test_turns_and_tools_are_counted(agent, turns, tools):
    replay = Replay(agent, "interactive-approval")
    replay.until(1e12)
    assert [session.turns for session in replay.sessions] == turns
    assert [session.tool_calls for session in replay.sessions] == tools


def test_an_interrupted_turn_is_not_done():
    replay = Replay("gemini-cli", "interactive-approval")
    did = steps(replay.folder)
    assert replay.until(did["interrupt_key"] + 1) == ["idle"]


def marks(scenario: str) -> dict[str, float]:
    lines = (ROOT / "claude-code" / scenario / "marks.jsonl").read_text().splitlines()
    return {one["mark"]: one["unix"] for one in map(json.loads, lines)}


def test_claude_codes_waits_agree_with_the_marks():
    replay, did = Replay("claude-code", "tui_permission"), marks("tui_permission")
    assert replay.until(did["approve (Enter)"] - 0.1) == ["waiting"]
    assert replay.until(did["prompt T-DENY"]) == ["completed"]
    assert replay.until(did["deny (Escape)"]) == ["waiting"]
    assert replay.until(did["deny (option No by number)"]) == ["waiting"]
    assert replay.until(did["prompt T-ASK"]) == ["completed"]
    assert replay.until(did["answer (Enter)"]) == ["waiting"]
    assert (replay.sessions[0].waiting_for, replay.sessions[0].waiting_on) == (
        "question",
        "AskUserQuestion: Which database shall I use?",
    )
    assert replay.until(did["exit"]) == ["completed"]
    assert replay.until(did["exit"] + 2) == ["ended"]


def test_claude_codes_dialog_is_a_wait():
    replay, did = Replay("claude-code", "tui_auto_check_dialog"), marks("tui_auto_check_dialog")
    assert replay.until(did["Escape while tool runs"]) == ["working"]
    assert replay.until(did["Escape while subagent runs"]) == ["waiting"]
    assert replay.sessions[0].waiting_for == "dialog"
    assert replay.until(did["exit"] + 2) == ["ended"]


def test_clear_ends_one_session_and_begins_another():
    replay = Replay("claude-code", "tui_clear_compact")
    replay.until(1e12)
    cleared, _ = replay.sessions
    assert cleared.state == "ended"


def test_the_notify_of_helper_threads_makes_no_rows():
    replay = Replay("codex", "interactive-approval")
    replay.until(1e12)
    assert len(replay.sessions) == 1
    notify = {"type": "agent-turn-complete", "thread-id": "t", "turn-id": "u", "last-assistant-message": "Done."}
    (event,) = hooks.translate("codex", notify, START_NS)
    assert isinstance(event, TurnEnded)
    assert (event.session_id, event.prompt_id, event.text) == ("t", "u", "Done.")


# ------------------------------------------------------------------------------------------ what captures lack


def one(agent, **payload):
    _, *events = hooks.translate(agent, payload, START_NS)
    return events


def copilot(**payload):
    return one("copilot", sessionId="s", timestamp=START_NS / 1e6, **payload)


def test_copilots_results_and_errors():
    refused, broken = (
        copilot(toolName="bash", toolArgs={}, toolResult={"resultType": kind})[0] for kind in ("denied", "failure")
    )
    assert isinstance(refused, ToolFinished)
    assert (refused.ok, refused.interrupted, broken.ok, broken.interrupted) == (False, True, False, False)
    (failed,) = copilot(toolName="bash", toolArgs="{}", error="exit 1")
    assert (failed.signal, failed.error) == ("postToolUseFailure", "exit 1")
    assert copilot(error={"message": "rate limit exceeded"}, recoverable=True) == []
    (ended,) = copilot(error={"message": "rate limit exceeded"}, errorContext="model_call", recoverable=False)
    assert (ended.reason, ended.error_type) == ("failed", "rate_limit")


def test_claude_codes_elicitation_waits_and_is_answered():
    base = {"session_id": "s", "message": "Which account?"}
    (asks,) = one("claude-code", hook_event_name="Elicitation", **base)
    (answer,) = one("claude-code", hook_event_name="ElicitationResult", **base)
    assert (asks.kind, asks.subject, answer.accepted) == ("question", "Which account?", True)
    store = SessionStore(SteppedClock())
    tool = {"tool_name": "mcp__bank__pay", "tool_use_id": "t1", "session_id": "s"}
    for name, payload in (
        ("PreToolUse", tool),
        ("Elicitation", base),
        ("ElicitationResult", base),
        ("PostToolUse", tool),
    ):
        store.apply(hooks.translate("claude-code", {"hook_event_name": name, **payload}, START_NS))
    (session,) = store.sessions()
    assert session.state == "working"
    assert store._entries[session.key].fold.status.tools == ()


def test_a_stop_that_comes_after_the_end_does_not_bring_it_back():
    store = SessionStore(SteppedClock())
    for seconds, name in enumerate(("UserPromptSubmit", "SessionEnd", "Stop")):
        payload = {"session_id": "s", "hook_event_name": name}
        store.apply(hooks.translate("qwen-code", payload, START_NS + seconds * 10**9))
    assert [session.state for session in store.sessions()] == ["ended"]


def test_an_agents_own_time_counts_if_it_is_credible():
    for told, at_ns in (
        ("2026-11-21T02:00:01.500Z", 1_500_000_000),
        ("2026-11-21T03:00:00Z", 0),
        ("yesterday", 0),
        (START_NS / 1e6 + 250, 250_000_000),
        (float("inf"), 0),
        (True, 0),
    ):
        payload = {"session_id": "s", "hook_event_name": "SessionEnd", "timestamp": told}
        assert hooks.translate("gemini-cli", payload, START_NS)[0].at_ns == START_NS + at_ns, told


def test_unknown_events_show_their_session_and_are_told_apart():
    for agent in hooks.HOOK_AGENTS:
        payload = {"session_id": "s", "hook_event_name": "BrandNew"}
        assert [type(event) for event in hooks.translate(agent, payload, START_NS)] == [SessionSeen, Drifted]


def test_the_process_is_noted_and_survives_the_journal():
    payload = {"session_id": "s", "hook_event_name": "SessionEnd", "aimon": [666, 1.0], "prompt": "secret"}
    kept = json.loads(json.dumps(hooks.kept("claude-code", payload, (42, 1.5))))
    assert "secret" not in json.dumps(kept)
    seen, ended = hooks.restored("claude-code", kept, START_NS)
    assert (seen.pid, seen.pid_started_at) == (42, 1.5)
    assert isinstance(ended, SessionEnded)
    for forged in (hooks.kept("claude-code", payload, None), {**payload, "aimon": 5}):
        assert hooks.restored("claude-code", forged, START_NS)[0].pid is None


OPENCODE = {"session_id": "ses_1", "cwd": "/srv/shop"}


def opencode(name, **payload):
    return one("opencode", hook_event_name=name, **OPENCODE | payload)


def test_opencodes_permission_is_asked_and_answered_for_its_call():
    call = {"tool_use_id": "c1", "tool_name": "bash"}
    (asks,) = opencode("permission.asked", message="git push", **call)
    (allowed,) = opencode("permission.replied", status="once", **call)
    (refused,) = opencode("permission.replied", status="reject", **call)
    assert isinstance(asks, PermissionAsked)
    assert isinstance(allowed, PermissionAnswered)
    assert (asks.call_id, asks.subject, allowed.accepted, refused.accepted) == ("c1", "git push", True, False)


def test_opencodes_errors_and_aborts():
    (failed,) = opencode("session.error", error="ProviderRateLimitError", message="rate limit exceeded")
    (aborted,) = opencode("session.error", error="MessageAbortedError", message="aborted")
    assert (failed.reason, failed.error_type, aborted.reason) == ("failed", "rate_limit", "interrupted")


def test_opencodes_subagents_are_no_sessions_and_no_turns():
    names = [type(event).__name__ for name in ("session.created", "chat.message", "session.idle", "session.deleted")
             for event in opencode(name, agent_id="ses_2")]  # fmt: skip
    assert names == ["SubagentStarted", "SubagentEnded"]
