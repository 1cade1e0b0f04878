"""The state machine, one story a test: what happened, and what a person should see."""

from itertools import permutations

import pytest

from aimon_core.events import Event, LlmTried, SessionEnded
from aimon_core.fold import Fold
from aimon_core.lifecycle import elapse
from aimon_core.standing import Options, Status
from tests.fakes.events import (
    answered,
    asked,
    at,
    compacted,
    compacts,
    decided,
    ended,
    event,
    failed,
    helper_began,
    helper_ended,
    prompted,
    says,
    spoke,
    started,
    tool_began,
    tool_ended,
    turn_ended,
)


def after(*events: Event) -> Status:
    fold = Fold()
    for one in events:
        fold.add(one)
    return fold.status


def test_a_session_that_opened_is_idle() -> None:
    assert after(started()).state == "idle"


def test_a_prompt_starts_work_and_the_stop_hook_ends_it() -> None:
    status = after(started(), prompted(1), answered(2), turn_ended(3, text="All done."))
    assert (status.state, status.end_reason, status.words) == ("completed", "stop_hook", "All done.")
    assert status.since_ns == at(3)


def test_the_same_prompt_by_log_and_hook_is_one_turn() -> None:
    status = after(prompted(1, channel="log"), tool_began(1.1), prompted(1.2))
    assert status.turn_began_ns == at(1)
    assert [tool.key for tool in status.tools] == ["t1"]


def test_a_permission_request_waits_until_it_is_decided() -> None:
    story = [prompted(1), tool_began(2), asked(2.1, subject="rm -rf build")]
    assert after(*story).state == "waiting"
    assert after(*story).waits[0].subject == "rm -rf build"
    assert after(*story, decided(9)).state == "working"
    assert after(*story, tool_ended(9)).state == "working", "a result proves the answer"


def test_two_waits_are_two_answers() -> None:
    story = [prompted(1), asked(2, "t1"), asked(2.1, "t2"), decided(3, "t1")]
    assert after(*story).state == "waiting"
    assert after(*story, decided(4, "t2")).state == "working"


def test_a_notification_of_a_wait_already_known_adds_nothing() -> None:
    story = [prompted(1), asked(2, "t1"), asked(8, None, name="")]
    assert len(after(*story).waits) == 1
    assert after(*story, decided(9, "t1")).state == "working"


def test_a_dialog_without_a_tool_is_closed_by_the_next_decision() -> None:
    story = [prompted(1), tool_began(2), asked(8, None, name="", kind="dialog")]
    assert after(*story).state == "waiting"
    assert after(*story, decided(9)).state == "working"


def test_a_refusal_by_the_person_gives_the_word_back_at_once() -> None:
    status = after(prompted(1), tool_began(2), asked(2.1), decided(5, accepted=False, ends_turn=True))
    assert (status.state, status.end_reason) == ("idle", "denied")


def test_a_refusal_by_rule_goes_on() -> None:
    assert after(prompted(1), tool_began(2), decided(2.1, accepted=False, by_person=False)).state == "working"


def test_a_failed_turn_is_failed_until_the_next_prompt() -> None:
    story = [prompted(1), failed(2), turn_ended(2.1, "failed", error_type="rate_limit", text="slow down")]
    assert (after(*story).state, after(*story).error_type) == ("failed", "rate_limit")
    assert after(*story, prompted(9, "p2")).state == "working"


def test_an_error_that_a_retry_mends_is_no_failure() -> None:
    assert after(prompted(1), failed(2), answered(4), turn_ended(5)).state == "completed"


def test_an_answer_that_asks_for_a_tool_is_not_the_last_one_whichever_channel_says_so() -> None:
    span, log = answered(2, "r1", "span", asks_tool=True), answered(2, "r1", "log")
    for order in ([span, log], [log, span]):
        assert elapse(after(prompted(1), *order), at(60), 50.0, Options()).state == "working", (
            "a tool may take its time"
        )
    assert elapse(after(prompted(1), span, log, answered(4, "r2")), at(60), 50.0, Options()).state == "completed"


def test_esc_is_told_by_nothing_but_the_span() -> None:
    status = after(prompted(1), turn_ended(5, "span", channel="span"))
    assert (status.state, status.end_reason) == ("idle", "interrupted")


def test_a_span_that_ends_after_an_answer_is_a_turn_well_done() -> None:
    assert after(prompted(1), answered(4), turn_ended(5, "span", channel="span")).state == "completed"


def test_a_span_that_ends_after_an_error_is_a_failed_turn() -> None:
    assert after(prompted(1), failed(4), turn_ended(5, "span", channel="span")).state == "failed"


def test_a_late_log_does_not_reopen_what_a_hook_has_just_closed() -> None:
    assert after(prompted(1), turn_ended(3), answered(3.2)).state == "completed"
    assert after(prompted(1), turn_ended(3), answered(4)).state == "working", "half a second later it is news"


def test_a_turn_shorter_than_its_channels_agree_ends_by_its_own_span_and_by_no_other() -> None:
    def turn(began: float) -> Status:
        end = turn_ended(0.4, "span", channel="span", began_ns=at(began))
        return after(prompted(0, channel="log"), answered(0.35), end)

    assert (turn(-0.05).state, turn(-0.05).end_reason) == ("completed", "span")
    assert turn(-3).state == "working", "it is the end of the turn before, told late"


def test_an_end_that_bears_the_turns_id_is_believed_however_soon_it_comes() -> None:
    def told(prompt_id: str) -> Status:
        failure = turn_ended(1.2, "failed", channel="transcript", prompt_id=prompt_id, error_type="rate_limit")
        return after(prompted(1, "p2"), failure)

    assert (told("p2").state, told("p2").error_type) == ("failed", "rate_limit")
    assert told("p1").state == "working", "it is the end of the turn before, told late"


def test_the_call_that_writes_a_summary_begins_no_turn() -> None:
    summary = [prompted(0), turn_ended(1), compacts(2), failed(2.5), answered(3)]
    assert after(*summary).state == "working"
    assert after(*summary, compacted(4)).state == "idle"


def test_an_interruption_counts_however_soon_it_comes() -> None:
    assert after(prompted(1), turn_ended(1.3, channel="transcript", reason="interrupted")).state == "idle"
    assert after(prompted(1), turn_ended(1.3, channel="transcript", reason="transcript")).state == "working"


def test_background_subagents_keep_a_session_working_after_its_stop() -> None:
    story = [prompted(1), helper_began(2), turn_ended(3, background=("a1",))]
    assert after(*story).state == "working"
    done = after(*story, helper_ended(9))
    assert done.state == "working", "its completion comes as a new prompt"
    assert elapse(done, at(20), 11.0, Options()).state == "completed"


def test_a_subagent_of_a_closed_turn_can_ask_for_permission() -> None:
    story = [prompted(1), helper_began(2), turn_ended(3, background=("a1",)), asked(4, "t9", agent_id="a1")]
    assert after(*story).state == "waiting"
    assert after(*story, tool_ended(5, "t9", agent_id="a1")).state == "working"


def test_a_subagent_that_waits_goes_on_waiting_through_the_turns_of_its_session() -> None:
    story = [prompted(1), helper_began(2), helper_began(2, "a2"), asked(3, "t9", agent_id="a1")]
    told = [turn_ended(4, background=("a1", "a2")), helper_ended(5, "a2"), prompted(5.1, "p2")]
    told += [turn_ended(6, background=("a1",)), asked(11, None, name="")]
    for count in range(len(told) + 1):
        status = after(*story, *told[:count])
        assert (status.state, len(status.waits)) == ("waiting", 1), count
    assert after(*story, *told, tool_ended(12, "t9", agent_id="a1")).state == "working"
    assert after(*story, *told, helper_ended(12)).state == "working"
    assert after(*story, *told, ended(12)).state == "ended"


def test_clear_and_exit_end_a_session_and_resume_brings_it_back() -> None:
    assert after(started(), prompted(1), ended(5)).state == "ended"
    assert after(started(), prompted(1), ended(5), started(9, how="resume")).state == "idle"


def test_compacting_is_not_a_new_start() -> None:
    assert after(prompted(1), started(2, how="compact")).state == "working"


def test_a_compaction_by_hand_is_work_and_leaves_nothing_to_be_seen() -> None:
    story = [prompted(1), turn_ended(2), compacts(5)]
    assert after(*story).state == "working"
    assert elapse(after(*story), at(60), 50.0, Options()).state == "working", "a summary may take its time"
    for end in (compacted(8), started(8, how="compact"), says(8, "idle"), turn_ended(68, "idle")):
        assert after(*story, end).state == "idle", end
    assert after(*story, compacted(8), answered(7.9, side=True)).state == "idle", "its own call is no work of a turn"


def test_a_compaction_within_a_turn_ends_nothing() -> None:
    assert after(prompted(1), compacts(2), compacted(5)).state == "working"
    assert after(prompted(1), compacts(2), compacted(5), turn_ended(6)).state == "completed"


def test_leaving_by_command_while_subagents_work_only_opens_a_dialog() -> None:
    story = [prompted(1), helper_began(2), turn_ended(3, background=("a1",)), event(SessionEnded, 9, "log")]
    assert after(*story).state == "working"
    assert after(*story, ended(40)).state == "ended", "the hook tells when it is really over"
    assert after(prompted(1), turn_ended(3), event(SessionEnded, 9, "log")).state == "ended"


@pytest.mark.parametrize(
    ("story", "state"),
    [
        ([prompted(1), answered(2)], "completed"),
        ([prompted(1), answered(2, asks_tool=True)], "working"),
        ([prompted(1), answered(2), tool_began(2.1)], "working"),
        ([prompted(1)], "working"),
        ([prompted(1), failed(2)], "failed"),
        ([prompted(1), tool_began(2), asked(3)], "waiting"),
    ],
)
def test_silence_ends_a_turn_only_after_an_answer(story: list[Event], state: str) -> None:
    assert elapse(after(*story), at(30), 10.0, Options()).state == state
    assert elapse(after(*story), at(11), 9.9, Options()).state == after(*story).state


def test_calls_side_by_side_are_asked_for_one_by_one() -> None:
    both = [asked(2, None, "Bash", subject="make a"), asked(2.1, None, "Bash", subject="make b")]
    again = asked(2.2, None, "Bash", subject="make a"), asked(2.3, None, "", subject="Bash?")
    status = after(prompted(1), *both, *again)
    assert [wait.subject for wait in status.waits] == ["make a", "make b"]
    answered_one = after(prompted(1), *both, decided(5, "t1"))
    assert (answered_one.state, [wait.subject for wait in answered_one.waits]) == ("waiting", ["make b"])
    assert after(prompted(1), *both, decided(5, "t1"), decided(9, "t2")).state == "working"


def test_a_client_that_waits_to_try_again_has_not_failed_yet() -> None:
    attempt = event(LlmTried, 2, "log", unit="u", model="m", error_type="server", error="503", again_s=45.0)
    status = after(prompted(1), attempt)
    assert [elapse(status, at(60), silent_s, Options()).state for silent_s in (44, 45)] == ["working", "failed"]
    again = after(prompted(1), attempt, answered(30))
    assert (elapse(again, at(60), 10, Options()).state, again.words) == ("completed", ""), "nor is the error its word"


def test_a_turn_that_does_not_say_why_it_failed_did_so_by_its_last_call() -> None:
    status = after(prompted(1), failed(2, error_type="auth"), turn_ended(3, "failed"))
    assert (status.state, status.error_type) == ("failed", "auth")


STORY = [
    started(),
    prompted(1),
    answered(2, "r1", asks_tool=True),
    tool_began(2.1),
    asked(2.7),
    decided(6),
    tool_ended(8),
    answered(9, "r2"),
    turn_ended(10),
]


def test_the_order_of_arrival_does_not_matter() -> None:
    truth = after(*STORY)
    for order in list(permutations(range(len(STORY))))[::997]:
        assert after(*[STORY[index] for index in order]) == truth


def test_hearing_everything_twice_does_not_matter() -> None:
    assert after(*STORY, *STORY) == after(*STORY)


def test_the_window_is_bounded_and_the_state_goes_on() -> None:
    fold = Fold()
    for number in range(2_000):
        fold.add(prompted(number, f"p{number}"))
    assert fold.status.prompt_id == "p1999"
    assert len(fold._events) <= 256


def test_an_agents_own_word_is_enough() -> None:
    assert after(says(1, "busy")).state == "working"
    assert after(says(1, "busy"), says(2, "idle")).state == "idle"
    status = after(says(1, "busy"), says(2, "waiting", "Bash"))
    assert (status.state, status.waits[0].name, status.waits[0].kind) == ("waiting", "Bash", "permission")
    assert after(says(1, "busy"), says(2, "waiting", "Bash"), says(3, "busy")).state == "working"


def test_an_agents_own_word_adds_nothing_to_what_others_tell() -> None:
    story = [prompted(1), says(1.1, "busy"), tool_began(2), asked(2.1), says(2.2, "waiting", "Bash")]
    waiting = after(*story)
    assert [wait.key for wait in waiting.waits] == ["t1"]
    done = after(*story, decided(5), says(5.1, "busy"), tool_ended(6), answered(7), turn_ended(8), says(8.1, "idle"))
    assert (done.state, done.end_reason) == ("completed", "stop_hook")


def test_a_wait_told_twice_is_one_wait_whoever_comes_first() -> None:
    story = [prompted(1), tool_began(2), says(2.1, "waiting", "Bash"), asked(2.9)]
    assert {len(after(*order).waits) for order in permutations(story)} == {1}
    assert after(*story, decided(5)).state == "working"
    assert after(*story[:3], decided(5)).state == "working", "the decision names the same tool"


def test_a_wait_is_believed_whoever_tells_of_it_though_a_hook_has_just_told_of_the_prompt() -> None:
    status = after(prompted(0), tool_began(0.2, None), asked(0.4, call_id="t1", subject="make", channel="transcript"))
    assert (status.state, [wait.subject for wait in status.waits]) == ("waiting", ["make"])


def test_words_that_were_spoken_stay_when_the_turn_ends() -> None:
    words = spoke(2, "All 3 tests pass.")
    status = after(prompted(1), words, answered(2.1), turn_ended(3, "transcript"))
    assert (status.state, status.end_reason, status.words) == ("completed", "transcript", "All 3 tests pass.")
    assert after(prompted(1), answered(2), turn_ended(3), spoke(4, "late")).words == ""


def test_a_start_told_a_moment_after_its_prompt_takes_nothing_back() -> None:
    assert after(prompted(1), started(1.2)).state == "working"
    assert after(prompted(1), started(9)).state == "idle"


def test_a_turn_that_is_told_to_be_complete_got_over_its_errors() -> None:
    story = [prompted(1, channel="log"), failed(2, channel="span")]
    assert after(*story, turn_ended(3, "idle", channel="log")).state == "failed"
    assert after(*story, turn_ended(3, "idle", channel="log", complete=True)).state == "completed"


def test_who_is_still_in_the_background_may_be_known_from_before() -> None:
    story = [prompted(1), helper_began(2), turn_ended(3, background=None)]
    assert after(*story).state == "working"
    assert after(*story, helper_ended(4), turn_ended(5, background=None)).state == "completed"
