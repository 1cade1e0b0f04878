"""Processes and sessions find each other, on processes and files that the tests make themselves."""

import json
import os
import time

import psutil
import pytest

from aimon_core.clock import SteppedClock
from aimon_core.events import SessionSeen
from aimon_core.evidence import NO_HOOKS
from aimon_core.scan import Scan
from aimon_core.store import SessionStore
from receiver.registry import SILENT_S, Registry
from tests.fakes.agents import Agents
from tests.fakes.events import prompted

DAY_S = 86_400


class Desk:
    """A registry on a folder of Claude Code's and on children of the test, and the ledger behind it."""

    def __init__(self, folder, agents: Agents) -> None:
        self.folder, self.agents = folder, agents
        (folder / "sessions").mkdir()
        self.clock = SteppedClock(time.time_ns() + 5 * 10**9)
        self.store = SessionStore(self.clock)
        self.again()

    def again(self) -> None:
        """aimon starts anew."""
        self.registry = Registry(self.clock, Scan(self.agents.pids), lambda: [self.folder])

    def look(self, seconds: float = 2) -> dict[str, str]:
        """Some seconds later: the rows and their states."""
        self.clock.advance(seconds)
        now_ns = self.clock.now_ns()
        for events, at_ns in self.registry.deliveries(self.registry.look(), self.store.sessions()):
            self.store.apply(events, min(at_ns, now_ns))
        self.store.tick()
        return {session.session_id: session.state for session in self.store.sessions()}

    def note(self, process: psutil.Process, session: str = "s1", **fields) -> None:
        """What Claude Code writes about itself."""
        started = round(process.create_time() * 1000) + 300
        told = {"pid": process.pid, "sessionId": session, "cwd": "/home/dev/shop-api", "startedAt": started}
        told |= {"status": "idle", "statusUpdatedAt": self.clock.now_ns() // 1_000_000}
        path = self.folder / "sessions" / f"{process.pid}.json"
        path.write_text(json.dumps(told | fields))
        os.utime(path, ns=(0, self.clock.now_ns()))

    def says(
        self, session: str, channel: str = "transcript", agent: str = "claude-code", cwd: str | None = "/x"
    ) -> None:
        """Somebody prompts in a session."""
        about = {"agent": agent, "session_id": session, "at_ns": self.clock.now_ns(), "channel": channel}
        facts = SessionSeen(**about, signal="user", cwd=cwd)
        self.store.apply([prompted(0, f"p-{session}", **about), facts], self.clock.now_ns())


@pytest.fixture
def desk(tmp_path):
    agents = Agents(tmp_path)
    yield Desk(tmp_path, agents)
    agents.end()


def test_an_agent_that_says_what_it_does_is_a_row(desk):
    process = desk.agents.native("claude")
    desk.note(process)
    assert desk.look() == {"s1": "idle"}
    row = desk.store.sessions()[0]
    assert (row.name, row.pid, row.started_at_ns > 0) == ("shop-api", process.pid, True)
    assert NO_HOOKS not in row.blind_spots
    desk.note(process, status="busy")
    assert desk.look() == {"s1": "working"}
    desk.note(process, status="waiting", waitingFor="approve Bash")
    assert desk.look() == {"s1": "waiting"}
    row = desk.store.sessions()[0]
    assert (row.waiting_for, row.waiting_on, row.evidence[0].signal) == ("permission", "Bash", "file:waiting")
    desk.note(process, status="busy")
    assert desk.look() == {"s1": "working"}
    desk.note(process, status="idle")
    assert desk.look() == {"s1": "idle"}


@pytest.mark.parametrize(("words", "kind"), [
    ("approve Bash", "permission"), ("permission prompt", "permission"), ("input needed", "question"),
    ("dialog open", "dialog"), (None, "dialog"),
])  # fmt: skip
def test_what_it_waits_for_is_told(desk, words, kind):
    desk.note(desk.agents.native("claude"), status="waiting", waitingFor=words)
    desk.look()
    assert desk.store.sessions()[0].waiting_for == kind


def test_a_killed_agent_ends_within_one_look(desk):
    process = desk.agents.native("claude")
    desk.note(process, status="busy")
    desk.look()
    desk.agents.reap(process)
    assert desk.look() == {"s1": "ended"}, "whatever its file still says"
    assert desk.look(61) == {}


def test_what_was_killed_while_nobody_looked_is_over(desk):
    process = desk.agents.native("claude")
    desk.note(process, status="busy")
    desk.says("s1")
    desk.agents.reap(process)
    desk.clock.advance(3600)
    assert desk.look() == {}
    assert desk.store.sessions(every=True)[0].state == "ended"


def test_a_pid_that_was_given_away_is_not_its_session(desk):
    process = desk.agents.native("unrelated")
    desk.note(process, startedAt=round(process.create_time() * 1000) - 5000)
    assert desk.look() == {}


def test_a_file_of_another_machine_says_nothing(desk):
    desk.note(desk.agents.native("unrelated"), pidDomain="linux:0:pid:[1]")
    assert desk.look() == {}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1, "sessionId": "s1", "startedAt": 1}'])
def test_a_file_that_is_none_says_nothing(desk, text):
    (desk.folder / "sessions" / "77.json").write_text(text)
    assert desk.look() == {}


def test_a_new_session_in_the_same_process_ends_the_old_one(desk):
    process = desk.agents.native("claude")
    desk.note(process)
    desk.look()
    desk.says("s1")
    desk.note(process, "s2", statusUpdatedAt=desk.clock.now_ns() // 1_000_000 - 9_000)
    assert desk.look() == {"s1": "ended", "s2": "idle"}


def test_an_id_that_was_never_used_leaves_no_row(desk):
    """A client that resumes first shows an id it gives up."""
    process = desk.agents.native("claude")
    desk.note(process, "never used")
    assert desk.look() == {"never used": "idle"}
    desk.note(process, "resumed")
    assert desk.look() == {"resumed": "idle"}
    assert len(desk.store.sessions(every=True)) == 1


def test_a_process_of_which_nothing_is_known_is_a_row_until_its_session_is(desk, tmp_path):
    process = desk.agents.native("goose")
    assert desk.look() == {f"pid-{process.pid}": "idle"}
    row = desk.store.sessions()[0]
    assert (row.name, row.agent, row.pid) == (tmp_path.name, "goose", process.pid)
    assert row.blind_spots == (NO_HOOKS, "no telemetry: tokens and dollars unknown")
    assert desk.look(13 * 3600) == {f"pid-{process.pid}": "idle"}, "its process lives: silence does not expire it"
    desk.says("s1", agent="goose", cwd=str(tmp_path))
    assert desk.look() == {"s1": "working"}
    assert len(desk.store.sessions(every=True)) == 1, "never two rows"
    desk.agents.reap(process)
    assert desk.look() == {"s1": "ended"}


def test_a_launcher_gives_its_row_to_the_process_it_starts(desk):
    launcher = desk.agents.script("lib/gemini", launches=True)
    seen = [launcher.pid]
    desk.registry = Registry(desk.clock, Scan(lambda: seen), list)
    row = {f"pid-{launcher.pid}": "idle"}
    assert desk.look() == row
    deadline = time.monotonic() + 10
    while not (children := launcher.children()) or "--child" not in children[0].cmdline():
        assert time.monotonic() < deadline
    seen.append(children[0].pid)
    assert desk.look() == row
    assert (desk.store.sessions()[0].pid, len(desk.store.sessions(every=True))) == (children[0].pid, 1)
    seen.clear()
    assert desk.look() == dict.fromkeys(row, "ended")


def test_a_process_that_may_be_a_known_session_is_no_second_row(desk):
    desk.agents.native("goose")
    desk.says("s1", "log", "goose", cwd=None)
    assert desk.look() == {"s1": "working"}


def test_two_agents_in_one_folder_each_get_their_own_session(desk, tmp_path):
    first = desk.agents.native("codex")
    desk.says("s1", agent="codex", cwd=str(tmp_path))
    desk.look()
    second = desk.agents.native("codex")
    desk.clock.advance(60)
    desk.says("s2", agent="codex", cwd=str(tmp_path))
    desk.look()
    assert {session.session_id: session.pid for session in desk.store.sessions()} == {"s1": first.pid, "s2": second.pid}


def test_codex_is_known_by_the_rollout_it_writes(desk, tmp_path):
    session = "01a1fbe0-0791-73e3-a8ab-73344fba7327"
    process = desk.agents.holding("codex", tmp_path / f"rollout-2026-11-21T02-12-05-{session}.jsonl")
    desk.agents._started[0].wait()
    assert desk.look() == {session: "idle"}
    assert desk.registry.living == {session}
    desk.agents.reap(process)
    assert desk.look() == {session: "ended"}


def test_copilot_is_known_by_the_session_that_it_holds(desk, tmp_path):
    session = "47684b04-0b72-4810-8f51-6b18db88da3b"
    (place := tmp_path / "session-state" / session).mkdir(parents=True)
    process = desk.agents.holding("copilot", place / "inuse.4711.hold")
    desk.agents._started[0].wait()
    assert desk.look() == {session: "idle"}
    desk.agents.reap(process)
    assert desk.look() == {session: "ended"}


def test_qwen_is_known_by_what_it_writes_beside_its_chat(desk, monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    session, chats = "c58d75a5-40f3-46d0-9436-d22de6f34b50", tmp_path / ".qwen/projects/-home-dev-shop/chats"
    process = desk.agents.native("qwen")
    chats.mkdir(parents=True)
    told = {"schema_version": 1, "pid": process.pid, "session_id": session, "started_at": process.create_time() + 0.8}
    (chats / "torn.runtime.json").write_text("{")
    os.mkfifo(chats / "pipe.runtime.json")
    (chats / "old.runtime.json").write_text(json.dumps(told | {"session_id": "old", "started_at": 1.0}))
    assert desk.look() == {f"pid-{process.pid}": "idle"}, "another process had that pid"
    (chats / f"{session}.runtime.json").write_text(json.dumps(told))
    assert desk.look() == {session: "idle"}
    desk.agents.reap(process)
    assert desk.look() == {session: "ended"}


def test_a_session_without_a_process_is_over_after_a_while(desk):
    desk.says("s1", cwd="/elsewhere")
    desk.says("s2", "log")
    desk.says("s3", "hook")
    desk.says("s4", cwd="/elsewhere", agent="copilot")  # its file tells of waits, too
    assert desk.look(SILENT_S - 10) == dict.fromkeys(("s1", "s2", "s3", "s4"), "working")
    assert desk.look(20) == dict.fromkeys(("s2", "s3"), "working"), "telemetry may come from another machine"


def test_a_restart_finds_what_lives(desk):
    process = desk.agents.native("claude")
    desk.note(process, status="busy")
    desk.look()
    desk.again()
    assert desk.look() == {"s1": "working"}
    desk.agents.reap(process)
    assert desk.look() == {"s1": "ended"}
