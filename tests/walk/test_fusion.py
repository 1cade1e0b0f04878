"""What a session's channels tell together, one trap a test: each is a capture of the real client at its true times.

A story is the states that a person sees one after the other, with what a wait is for.
"""

from pathlib import Path

from tests.fakes.captures import ROOT
from tests.fakes.playback import looks

ALL, HOOKS, OTLP = "hooks logs traces", "hooks", "logs traces"


def story(name: str, channels: str = ALL, session: str = "", folder: str = "claude-code") -> list[str]:
    """The states of the session whose id begins so, of the only one where nothing is said."""
    seen: list[str] = []
    for look in looks(ROOT / folder / name, channels=channels):
        for session_id, row in look.rows.items():
            words = f"{row.state} {row.waiting_for}" if row.waiting_for else row.state
            if session_id.startswith(session) and seen[-1:] != [words]:
                seen.append(words)
    return seen


TURN = ["working", "completed"]


def test_a_denial_gives_the_word_back_though_nothing_announces_it() -> None:
    approved, denied = ["working", "waiting permission", *TURN], ["working", "waiting permission", "idle"]
    question = ["working", "waiting question", *TURN]
    assert story("tui_permission") == ["idle", *approved, *denied, *approved, *question, "ended"]


def test_hooks_without_telemetry_see_every_wait_and_miss_only_the_denial() -> None:
    told = story("tui_permission", HOOKS)
    assert told.count("waiting permission") == 3
    assert told.count("waiting question") == 1
    assert "idle" not in told[1:], "the refused turn looks as if it went on, until the next prompt"


def test_telemetry_without_hooks_tells_turns_and_denials_afterwards_and_no_wait() -> None:
    told = story("tui_permission", OTLP)
    assert not [state for state in told if "waiting" in state]
    assert (told.count("completed"), told.count("idle"), told[-1]) == (3, 1, "ended")


def test_escape_is_an_interrupt_and_no_failure() -> None:
    assert story("tui_interrupt") == ["idle", "working", "idle", *TURN, *TURN, "ended"]
    assert "idle" not in story("tui_interrupt", HOOKS)[1:], "no hook fires for it"


def test_background_subagents_outlive_the_stop_of_their_turn() -> None:
    assert story("tui_subagents") == ["idle", *TURN, "ended"], "three of them and two prompts: one piece of work"


def test_a_subagent_waits_on_through_the_turns_of_its_session() -> None:
    assert story("subagents", folder="claude-live") == ["working", "waiting permission", *TURN, "ended"]


def test_leaving_while_subagents_work_opens_a_dialog_and_ends_nothing() -> None:
    told = story("tui_interrupt_agent", HOOKS + " logs traces")
    assert told == ["idle", "working", "completed", "ended"], "the end is the hook's, two minutes later"


def test_clear_ends_one_session_and_compact_none() -> None:
    assert story("tui_clear_compact", session="8de3") == ["idle", *TURN, *TURN, "working", "idle", *TURN, "ended"]
    assert story("tui_clear_compact", session="7b61") == ["idle", *TURN, "ended", "idle", *TURN, "ended"]


def test_an_auto_mode_dialog_fires_no_permission_hook_and_is_seen_by_its_notification() -> None:
    interrupted = ["working", "idle"]
    assert story("tui_auto_check_dialog") == ["idle", *interrupted, "working", "waiting dialog", "idle", "ended"]


def test_a_dialog_whose_notification_never_fires_is_work_until_telemetry_says_how_it_ended() -> None:
    assert story("tui_auto_check_dialog", OTLP) == ["working", "idle", "working", "idle", "ended"]


def test_a_failed_stop_is_a_failure_until_somebody_asks_again() -> None:
    told = story("permission", folder="claude-live")
    assert told[-3:] == ["working", "failed", "ended"]


def test_a_killed_client_says_nothing_and_is_left_to_its_process() -> None:
    assert story("tui_kill9")[-1] == "working"


def test_no_capture_is_missing_here() -> None:
    """Each interactive capture tells a story above, or is a plain one."""
    told = Path(__file__).read_text()
    plain = {"tui_default_intervals", "tui_tools"}
    names = {folder.name for folder in (ROOT / "claude-code").iterdir() if folder.name.startswith("tui_")}
    assert {name for name in names - plain if f'"{name}"' not in told} == set()
