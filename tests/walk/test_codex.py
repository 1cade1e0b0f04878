"""What Codex's channels together tell of a session: where it stood when, who helped it, what failed."""

import json

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.session import Context, Session
from aimon_core.store import SessionStore
from receiver.dialects import Interpreter
from tests.fakes.captures import ROOT, sent
from tests.fakes.transcripts import events_of, files
from tests.walk.test_captures import PRICES, translated
from tests.walk.test_interleaving import heard, told

AGENT = "codex"
ALL = frozenset({"logs", "traces", "hooks", "transcripts"})


def joined(channels):
    """A name for some channels that is the same in every process."""
    return "+".join(sorted(channels))


class Replay:
    """A ledger that hears some channels of a scenario as they came in, as far as it is told to go."""

    def __init__(self, scenario: str, channels: frozenset[str] = ALL) -> None:
        folder, interpreter = ROOT / AGENT / scenario, Interpreter()
        self.did = {
            one["step"]: one["unix"] for one in map(json.loads, (folder / "steps.jsonl").read_text().splitlines())
        }
        self.store = SessionStore(clock := SteppedClock())
        self.store.prices = PRICES
        self._clock = clock
        heard = [(one.unix, translated(one, interpreter)) for one in sent(scenario, AGENT) if one.signal in channels]
        if "transcripts" in channels:
            paths = files(AGENT, scenario)
            heard += [(event.at_ns / 1e9, [event]) for path in paths for event in events_of(AGENT, path)]
        self._left = sorted(heard, key=lambda one: one[0])

    def until(self, step: str, after_s: float = 0.0) -> str:
        """The state of the one session some time after a step of the person."""
        unix = self.did[step] + after_s
        while self._left and self._left[0][0] <= unix:
            at, events = self._left.pop(0)
            self._clock.jump(max(self._clock.now_ns(), round(at * 1e9)))
            self.store.apply(events)
        self._clock.jump(max(self._clock.now_ns(), round(unix * 1e9)))
        self.store.tick()
        return self.session.state

    @property
    def session(self) -> Session:
        (one,) = self.store.sessions(every=True)
        return one


@pytest.mark.parametrize("channels", [ALL, ALL - {"transcripts"}, ALL - {"logs", "traces"}], ids=len)
def test_states_agree_with_what_the_person_did(channels):
    replay = Replay("interactive-approval", channels)
    assert replay.until("prompt1_sent", 0.4) == "working"
    assert replay.until("prompt2_sent") == "completed"
    assert replay.until("approval_visible") == "waiting"
    assert "CHANGELOG.md" in (replay.session.waiting_on or "")
    assert replay.until("approve_key", -0.1) == "waiting"
    assert replay.until("prompt3_sent") == "completed"
    assert replay.until("deny_key", -0.1) == "waiting"
    assert replay.until("prompt4_slow_sent", 1.5) == "working"
    assert replay.until("interrupt_key", 3.0) == "idle"
    assert replay.session.doing == "interrupted"
    assert replay.until("quit_sent", 5.0) == "ended"


def test_a_refusal_shows_at_once_in_the_transcript_and_with_the_next_spans_without():
    with_files, without = Replay("interactive-approval"), Replay("interactive-approval", ALL - {"transcripts"})
    assert (with_files.until("deny_key", 0.5), without.until("deny_key", 0.5)) == ("idle", "waiting")


def test_without_hooks_spans_end_the_turns():
    replay = Replay("interactive-approval", frozenset({"logs", "traces"}))
    assert replay.until("prompt2_sent") == "completed"
    assert replay.session.turn is not None
    assert replay.session.turn.end_reason == "span"
    assert replay.until("interrupt_key", 3.0) == "idle"
    assert replay.until("quit_sent", 5.0) == "ended"
    assert replay.session.blind_spots == ("no hooks: waits invisible",)


def test_spans_alone_know_turns_and_tools_and_say_that_they_know_no_tokens():
    replay = Replay("interactive-approval", frozenset({"traces"}))
    assert replay.until("prompt2_sent") == "completed"
    replay.until("quit_sent", 5.0)
    assert (replay.session.turns, replay.session.tool_calls, replay.session.llm_calls) == (4, 2, 0)
    assert "no logs: tokens and dollars unknown" in replay.session.blind_spots


def test_the_title_threads_of_a_process_are_priced_beside_its_session():
    replay = Replay("interactive-approval")
    replay.until("quit_sent", 5.0)
    assert replay.session.auxiliary.cost.usd == pytest.approx(4 * 60 * 30e-6 + 5500 * 5e-6)
    assert replay.store.totals().cost.usd == pytest.approx(
        (replay.session.cost.usd or 0) + (replay.session.auxiliary.cost.usd or 0)
    )


@pytest.mark.parametrize(
    "channels",
    [{"log"}, {"log", "hook"}, {"log", "hook", "transcript"}],
    ids=joined,
)
def test_fourteen_attempts_are_one_failed_call(channels):
    (one,) = heard([event for event in told(AGENT, "exec-500-fatal") if event.channel in channels]).sessions(every=True)
    figures = (one.llm_calls, one.llm_calls_failed, one.retries, one.errors, one.last_error_type)
    assert figures == (0, 1, 13, 1, "server")
    assert one.state == ("ended" if "hook" in channels else "working")


def test_a_fatal_refusal_is_told_by_the_transcript_alone():
    (one,) = heard(told(AGENT, "error-429-fatal")).sessions(every=True)
    assert (one.errors, one.last_error_type, one.state) == (1, "rate_limit", "ended")


@pytest.mark.parametrize("channels", [{"log"}, {"hook", "transcript"}, {"log", "span", "hook", "transcript"}])
def test_a_subagent_has_its_own_figures_within_its_session(channels):
    events = [event for event in told(AGENT, "exec-subagent") if event.channel in channels]
    (one,) = heard(events).sessions(every=True)
    (agent,) = one.subagents
    assert (one.llm_calls, agent.llm_calls, agent.tokens.total, agent.state) == (4, 1, 1552, "completed")
    assert one.turns == 1


@pytest.mark.parametrize("channels", [{"log"}, {"span", "log"}, {"transcript"}], ids=joined)
def test_rules_are_told_by_logs_spans_and_transcripts_alike(channels):
    events = [event for event in told(AGENT, "interactive-approval") if event.channel in channels]
    (one,) = heard(events).sessions(every=True)
    assert (one.approval_policy, one.sandbox, one.models) == ("on-request", "workspace-write", ("gpt-5.5",))
    assert (one.effort, one.mcp_servers) == (("medium", ("codex_tui",)) if "log" in channels else (None, ()))


REVIEWER = "01a1fef4-3eaa-7bb0-89c9-2d9b30d6b9ab"


@pytest.mark.parametrize(
    "channels", [{"log", "span"}, {"transcript"}, {"log", "span", "hook", "transcript"}], ids=joined
)
def test_a_reviewers_calls_are_those_of_the_session_that_asked_for_the_review(channels):
    (one,) = heard([event for event in told(AGENT, "exec-review") if event.channel in channels]).sessions(every=True)
    assert (one.turns, one.llm_calls, one.subagents[0].agent_id, one.subagents[0].llm_calls) == (1, 1, REVIEWER, 1)


def test_to_logs_alone_a_reviewers_thread_is_the_session_and_nothing_is_lost():
    (one,) = heard([event for event in told(AGENT, "exec-review") if event.channel == "log"]).sessions(every=True)
    assert (one.session_id, one.llm_calls, one.tokens.total) == (REVIEWER, 1, 1160)


def test_a_context_that_overflowed_is_full_and_no_call():
    (one,) = heard(told(AGENT, "exec-overflow")).sessions(every=True)
    assert (one.llm_calls, one.errors, one.last_error_type) == (0, 1, "validation")
    assert one.context == Context(258_400, 258_400)


@pytest.mark.parametrize("channels", [ALL, ALL - {"transcripts"}, frozenset({"hooks"}), frozenset({"transcripts"})])
def test_a_summary_is_work_that_nobody_need_be_told_of(channels):
    replay = Replay("interactive-compact", channels)
    assert replay.until("say /compact") == "completed"
    assert replay.until("saw ompacted", 0.5) == "idle"
    assert replay.until("say /quit") == "completed"
    assert replay.session.turns == 2


def test_after_a_summary_the_context_holds_what_the_client_says():
    replay = Replay("interactive-compact")
    before = (replay.until("say /compact"), replay.session.context)
    assert before == ("completed", Context(2050, 258_400))
    replay.until("saw ompacted", 0.5)
    assert replay.session.context == Context(7_201, 258_400)
    replay.until("say /quit")
    assert replay.session.context == Context(1200, 258_400)
