"""`aimon focus`: which session is meant, and what is said."""

import functools
import json
import os
from datetime import UTC, datetime

import click
import pytest
from click.testing import CliRunner

from aimon_core import process
from aimon_core.errors import AimonError, Unavailable
from aimon_desktop import terminals
from aimon_desktop.terminals import Outcome, Target
from aimon_tui import peer
from aimon_tui.console import focus
from tests.fakes.tmux import desk as desk_of_its_own
from tests.fakes.tmux import needs_tmux
from tests.fakes.told import told
from tests.tui.test_peer import answering

STARTED = 1_795_226_300.25


def living(session_id="s1", state="working", pid=7, **facts):
    started_at = datetime.fromtimestamp(STARTED, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return told(session_id, state, pid=pid, **facts) | {"pid_started_at": started_at}


@pytest.fixture
def went(monkeypatch):
    """Where focus went, and whom it found in front; every pid above 90 cannot be reached."""
    went = []

    def focus_now(target, *, beacon):
        went.append(target.pid)
        return Outcome(ok=target.pid < 90, line=f"Went to {target.pid}.", command="" if target.pid < 90 else "do it")

    monkeypatch.setattr(terminals, "focus_now", focus_now)
    monkeypatch.setattr(terminals, "in_front", lambda target: went[-1:] == [target.pid])
    return went


@pytest.fixture
def run(monkeypatch, tmp_path):
    monkeypatch.setenv("AIMON_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    seen = []

    def run(*arguments, sessions=None):
        document = None if sessions is None else {"sessions": sessions}
        monkeypatch.setattr(peer, "sessions", lambda place, every: document)
        monkeypatch.setattr(peer, "acknowledge", lambda place, key: seen.append(key))
        return CliRunner().invoke(focus.command, arguments)

    run.seen = seen
    return run


SESSIONS = [
    living("abc-1", name="shop"),
    living("abd-2", name="site", pid=8),
    living("e-3", name="twin", pid=9),
    living("f-4", name="twin", pid=10),
]


@pytest.mark.parametrize(
    ("word", "session_id"),
    [("claude-code:abc-1", "abc-1"), ("abd-2", "abd-2"), ("abc", "abc-1"), ("site", "abd-2"), ("e", "e-3")],
)
def test_a_word_means_a_key_an_id_the_head_of_one_or_a_project(word, session_id):
    assert focus.chosen(SESSIONS, word)["session_id"] == session_id


@pytest.mark.parametrize(
    ("word", "said"), [("ab", "2 sessions"), ("twin", "claude-code:e-3 claude-code:f-4"), ("x", "no session")]
)
def test_a_word_that_means_no_one_session_is_refused(word, said):
    with pytest.raises(Unavailable, match=said):
        focus.chosen(SESSIONS, word)


def test_the_process_comes_with_its_start_time_or_not_at_all():
    assert focus.target(living()) == Target(7, STARTED)
    for unsure in (told(pid=7), living(pid=None), told()):
        with pytest.raises(Unavailable, match="process of shop is not known"):
            focus.target(unsure)


def test_a_session_is_focused_and_one_line_said(run, went):
    done = run("site", sessions=SESSIONS)
    assert (done.exit_code, done.stdout, done.stderr, went) == (0, "Went to 8.\n", "", [8])
    assert run.seen == ["claude-code:abd-2"]


def test_what_cannot_be_reached_is_said_with_a_command_to_copy(run, went):
    done = run("s1", sessions=[living(pid=99)])
    assert (done.exit_code, done.stdout, done.stderr, run.seen) == (1, "", "Went to 99. do it\n", [])


@pytest.mark.parametrize("words", [(), ("x", "--self"), ("--self", "--next-waiting"), ("x", "--next-waiting")])
def test_one_of_three_is_to_be_named(run, went, words):
    error = run(*words, sessions=SESSIONS).exception
    assert isinstance(error, AimonError)
    assert (error.exit_code, went) == (2, [])


def test_without_aimon_there_is_nothing_to_focus(run, went):
    error = run("x").exception
    assert isinstance(error, Unavailable)
    assert (error.exit_code, "No aimon answers at 127.0.0.1:4318" in str(error)) == (1, True)


def test_next_waiting_goes_round_beginning_with_who_waits_longest(run, went):
    waiting = [living(f"s{pid}", "waiting", pid, age_s=pid) for pid in (1, 3, 2)] + [living("w", "working", 4, age_s=9)]
    for _ in range(4):
        done = run("--next-waiting", sessions=waiting)
        assert done.exit_code == 0
    assert went == [3, 2, 1, 3]


def test_next_waiting_passes_over_whom_it_cannot_reach(run, went):
    waiting = [living("a", "waiting", 99, age_s=9), told("b", "waiting", age_s=8), living("c", "waiting", 5)]
    done = run("--next-waiting", sessions=waiting)
    assert (done.exit_code, done.stdout, went) == (0, "Went to 5.\n", [99, 5])
    done = run("--next-waiting", sessions=waiting[:2])
    assert (done.exit_code, done.stderr) == (1, "Went to 99. do it\n")


def test_next_waiting_says_when_there_is_nobody_or_nobody_else(run, went):
    assert run("--next-waiting", sessions=[living()]).stderr == "Nobody waits.\n"
    one = [living("a", "waiting")]
    assert [run("--next-waiting", sessions=one).stdout for _ in range(2)] == ["Went to 7.\n", "Nobody else waits.\n"]


def test_self_is_whoever_listens_and_says_that_it_is_aimon():
    with answering(200, json.dumps({"service": "aimon", "pid": 1}).encode()) as place:
        assert focus.itself(place) == Target(os.getpid(), process.facts(os.getpid()).started_at)
    with answering(200, b"{}") as place, pytest.raises(Unavailable, match="No aimon answers"):
        focus.itself(place)


def test_its_help_has_an_example(run):
    with click.Context(focus.command) as context:
        assert "Example:  aimon focus" in focus.command.get_help(context)


@pytest.mark.tmux
@needs_tmux
def test_from_a_session_document_to_the_pane(run, monkeypatch):
    with desk_of_its_own() as desk:
        main = desk.server()
        main.session("shell")
        pane, tty = main.session("work"), main.attach("shell")
        main("run-shell", "-b", f"echo $$ > {desk.folder}/key; exec sleep 600")
        viewer = desk.note("key")  # what a key of tmux starts
        monkeypatch.setattr(terminals, "focus_now", functools.partial(terminals.focus_now, viewer=viewer))
        monkeypatch.setattr(terminals, "in_front", functools.partial(terminals.in_front, viewer=viewer))
        started_at = datetime.fromtimestamp(pane.target.started_at, UTC).isoformat(timespec="milliseconds")
        document = told("s1", "waiting", pid=pane.pid) | {"pid_started_at": started_at}
        done = run("--next-waiting", sessions=[document])
        assert (done.exit_code, done.stdout) == (0, f"Switched to tmux {pane.id}.\n")
        assert main.shows(tty) == pane.id
        assert run("--next-waiting", sessions=[document]).stdout == "Nobody else waits.\n"
