"""What a person is told, when, and by which control sequences."""

import asyncio

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.errors import Unavailable
from aimon_core.session import Transition
from aimon_desktop.notifications import Notice, notice, notify_send
from aimon_desktop.notifications.notify_send import NotifySend
from aimon_desktop.notifications.rules import Rules
from aimon_desktop.notifications.terminal import Terminal
from aimon_desktop.terminals import Target
from tests.fakes.told import NOW_NS, session

ALL = ("waiting", "failed", "completed")
WAITS = Notice("k", "Codex · a;b", "Waits; now.", urgent=True)
DONE = Notice("d", "Codex · site", "Done.", urgent=False)


# ------------------------------------------------------------------ what is said


@pytest.mark.parametrize(
    ("facts", "body", "urgent"),
    [
        ({"state": "waiting", "waiting_for": "permission"}, "Waits for your permission.", True),
        ({"state": "waiting", "waiting_for": "question"}, "Waits for your answer.", True),
        ({"state": "waiting", "waiting_for": "dialog"}, "Waits: a dialog is open.", True),
        ({"state": "waiting"}, "Waits for you.", True),
        ({"state": "failed", "last_error_type": "rate_limit"}, "Failed: rate limit.", False),
        ({"state": "failed"}, "Failed.", False),
        ({"state": "completed"}, "Done.", False),
    ],
)
def test_a_notice_tells_agent_project_and_kind(facts, body, urgent):
    said = notice(session("a", **facts))
    assert said == Notice("claude-code:a", "Claude Code · shop", body, urgent=urgent)


def test_s26_a_notice_never_tells_the_subject():
    secret = "rm -rf build"
    facts = {"waiting_for": "permission", "waiting_on": f"Bash: {secret}", "doing": secret}
    assert secret not in repr(notice(session("a", "waiting", **facts)))


def test_s12_nothing_a_terminal_obeys_is_in_a_notice():
    said = notice(session("a", "failed", name="x\x1b]52;c;QUJD\x07\u202ey" * 50, last_error_type="\x1b[2J\ntoo_bad"))
    assert (said.title.isprintable(), said.body) == (True, "Failed: too bad.")
    assert len(said.title) < 90


def test_only_a_process_known_for_certain_is_looked_at():
    assert notice(session("a", "waiting", pid=7)).target is None
    assert notice(session("a", "waiting", pid=7, pid_started_at=1.5)).target == Target(7, 1.5)


# ------------------------------------------------------------------ when


@pytest.fixture
def clock():
    return SteppedClock(NOW_NS)


@pytest.fixture
def rules(clock):
    return Rules(clock, states=ALL, quiet_hours=None)


def move(rules, *states, key="k"):
    for state in states:
        rules.moved(Transition(key, None, state, NOW_NS))


def test_a_wait_is_told_after_a_second_and_once(rules, clock):
    move(rules, "waiting")
    clock.advance(0.9)
    assert list(rules.due()) == []
    clock.advance(0.1)
    assert list(rules.due()) == ["k"]
    clock.advance(9)
    assert (list(rules.due()), rules.answered()) == ([], set())


@pytest.mark.parametrize("state", ["failed", "completed"])
def test_what_is_over_is_told_within_a_second(rules, clock, state):
    move(rules, "waiting", state)
    clock.advance(0.5)
    assert list(rules.due()) == ["k"]


@pytest.mark.parametrize("states", [("waiting", "working"), ("completed", "working"), ("waiting", "idle")])
def test_what_was_answered_at_once_is_told_to_nobody(rules, clock, states):
    move(rules, *states)
    clock.advance(5)
    assert (list(rules.due()), rules.answered()) == ([], set())


def test_what_was_told_and_answered_is_taken_back_once(rules, clock):
    move(rules, "waiting")
    clock.advance(1)
    assert list(rules.due()) == ["k"]
    move(rules, "working", "waiting")
    assert (rules.answered(), rules.answered()) == ({"k"}, set())
    clock.advance(1)
    assert list(rules.due()) == ["k"], "it waits again, for something else"


def test_only_what_a_person_wants_to_hear_of_is_told(clock):
    rules = Rules(clock, states=("failed",), quiet_hours=None)
    for state in ("working", "waiting", "completed", "ended", "failed"):
        move(rules, state, key=state)
    clock.advance(1)
    assert list(rules.due()) == ["failed"]


@pytest.mark.parametrize(
    ("quiet_hours", "hour", "told"),
    [
        ("22:00-07:00", 23, False), ("22:00-07:00", 3, False), ("22:00-07:00", 7, True), ("22:00-07:00", 12, True),
        ("12:00-13:30", 12, False), ("12:00-13:30", 14, True), ("12:00-13:30", 11, True),
    ],
)  # fmt: skip
def test_quiet_hours_are_quiet_and_nothing_is_told_later(monkeypatch, quiet_hours, hour, told):
    midnight_s = local_midnight_s()
    clock = SteppedClock(round((midnight_s + hour * 3600) * 1e9))
    rules = Rules(clock, states=ALL, quiet_hours=quiet_hours)
    move(rules, "waiting")
    clock.advance(1)
    assert list(rules.due()) == (["k"] if told else [])
    clock.advance(24 * 3600)
    assert list(rules.due()) == []


def local_midnight_s() -> float:
    """In the middle of winter, so that no clock is changed on that day."""
    from datetime import datetime

    return datetime(2026, 1, 15).timestamp()  # noqa: DTZ001 - local, as the person's night is


# ------------------------------------------------------------------ how


def told(environment, *notices, bell=True) -> list[str]:
    written = []
    terminal = Terminal(written.append, environment, bell=bell)

    async def tell():
        for one in notices:
            await terminal.tell(one)
        await terminal.withdraw("k")
        await terminal.close()

    asyncio.run(tell())
    return written


@pytest.mark.parametrize("environment", [{"KITTY_WINDOW_ID": "1"}, {"TERM": "xterm-kitty"}])
def test_kitty_replaces_a_notice_and_takes_it_back(environment):
    begin = "\x1b]99;i=aimon-0:d=0:u=2;Codex · a,b\x1b\\\x1b]99;i=aimon-0:d=1:p=body;Waits, now.\x1b\\"
    done = "\x1b]99;i=aimon-1:d=0:u=1;Codex · site\x1b\\\x1b]99;i=aimon-1:d=1:p=body;Done.\x1b\\"
    assert told(environment, WAITS, DONE, WAITS) == [begin, done, begin, "\x1b]99;i=aimon-0:p=close;\x1b\\"]


@pytest.mark.parametrize(
    ("environment", "sequence"),
    [
        ({"TERM": "foot"}, "\x1b]777;notify;Codex · a,b;Waits, now.\x1b\\"),
        ({"TERM": "rxvt-unicode-256color"}, "\x1b]777;notify;Codex · a,b;Waits, now.\x1b\\"),
        ({"TERM_PROGRAM": "iTerm.app"}, "\x1b]9;Codex · a,b: Waits, now.\x1b\\"),
        ({"TERM_PROGRAM": "ghostty"}, "\x1b]9;Codex · a,b: Waits, now.\x1b\\"),
    ],
)
def test_each_terminal_is_told_in_its_own_words(environment, sequence):
    assert told(environment, WAITS) == [sequence]


def test_another_terminal_rings_unless_the_screen_has_rung_already():
    assert told({"TERM": "xterm"}, DONE) == ["\x07"]
    for environment, one, bell in (({}, WAITS, True), ({}, DONE, False)):
        with pytest.raises(Unavailable):
            told(environment, one, bell=bell)


def test_a_sequence_that_would_not_come_through_is_not_sent():
    with pytest.raises(Unavailable):
        told({"KITTY_WINDOW_ID": "1", "TMUX": "socket,1,0"}, WAITS)


def test_s23_notify_send_is_given_words_that_are_neither_options_nor_markup(monkeypatch):
    ran = []
    monkeypatch.setattr(notify_send, "run", lambda *command: ran.append(command))
    asyncio.run(NotifySend().tell(Notice("k", "-x · y", "<b>", urgent=True)))
    assert ran == [("notify-send", "--app-name=aimon", "--urgency=critical", "--", "-x · y", "&lt;b&gt;")]


def test_without_notify_send_the_reason_is_told(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Unavailable, match="notify-send is not on the PATH"):
        asyncio.run(NotifySend().tell(DONE))
