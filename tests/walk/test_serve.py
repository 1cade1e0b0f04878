"""`aimon serve` as a person runs it: a process, a port, a capture of a real client, and a kill -9 in between."""

import json
import os
import signal
import socket
import stat
import subprocess
import sys
from contextlib import suppress

import pytest

from tests.fakes.captures import expected, sent
from tests.fakes.program import AIMON, WAIT_S, Program

NAME = "tui_default_intervals"


@pytest.fixture
def program(tmp_path) -> Program:
    return Program(tmp_path)


def truth(document: dict) -> list:
    """What of a document must not depend on when it was asked for."""
    facts = ("key", "name", "model", "state", "llm_calls", "tool_calls", "turns", "tokens", "cost_usd", "waited_ms")
    return [{name: told[name] for name in facts} for told in document["sessions"]]


def test_a_capture_comes_in_and_is_told_by_every_way_out(program):
    requests = sent(NAME)
    with program.serving() as serving:
        assert set(serving.send(*requests)) == {200}
        assert serving.ask("/health")["pid"] == serving.process.pid
        document = json.loads(program.run("sessions", "--json", "--all").stdout)
        assert document == serving.ask("/api/v1/sessions?all=1")
        ((session_id, figures),) = expected(NAME)["sessions"].items()
        (told,) = document["sessions"]
        assert (told["session_id"], told["llm_calls"]) == (session_id, figures["llm_calls"])
        assert {part: told["tokens"][part] for part in ("input", "cache_read", "cache_write", "output")} == {
            part: figures["tokens"][part] for part in ("input", "cache_read", "cache_write", "output")
        }
        assert told["cost_usd"] == figures["cost_usd_reported"]
        assert "shop-api" in program.run("sessions", "--all").stdout
        assert serving.end() == 0
        lines = [json.loads(line) for line in serving.process.stdout]
    assert lines[0]["type"] == "session_list"
    assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    last = [line for line in lines if line["type"] == "session_update"][-1]
    assert last["metrics"]["cost_usd"] == figures["cost_usd_reported"]


def test_a_kill_loses_nothing_that_was_acknowledged_and_a_repetition_adds_nothing(program):
    requests = sent(NAME)
    half = len(requests) // 2
    with program.serving() as serving:
        serving.send(*requests)
        before = truth(serving.ask("/api/v1/sessions?all=1"))
        serving.end(signal.SIGKILL)
    assert before[0]["llm_calls"] > 0
    assert truth(json.loads(program.run("sessions", "--json", "--all").stdout)) == before
    with program.serving() as serving:
        assert truth(serving.ask("/api/v1/sessions?all=1")) == before
        assert set(serving.send(*requests[half:])) == {200}
        assert truth(serving.ask("/api/v1/sessions?all=1")) == before


def test_what_is_not_to_be_kept_leaves_no_trace(program):
    with program.serving("--no-persist") as serving:
        serving.send(*sent(NAME))
        assert serving.ask("/api/v1/sessions?all=1")["sessions"]
        assert serving.end() == 0
    assert not list(program.folder.rglob("journal.db"))
    assert json.loads(program.run("sessions", "--json", "--all").stdout)["sessions"] == []


def test_everything_it_leaves_is_its_users_alone(program):
    with program.serving() as serving:
        serving.send(*sent(NAME)[:2])
        serving.process.stdout.readline()  # the first frame is over: every output has begun
        left = [path for folder in ("run", "state") for path in (program.folder / folder).rglob("*")]
        modes = {}
        for path in left:
            with suppress(FileNotFoundError):  # status.json is written under another name and moved into its place
                if stat.S_ISREG(path.stat().st_mode):
                    modes[path.name] = stat.S_IMODE(path.stat().st_mode)
        assert modes.keys() >= {"journal.db", "aimon.log", "status.lock"}
        assert set(modes.values()) == {0o600}
        assert stat.S_IMODE((program.runtime / "aimon").stat().st_mode) == 0o700


def test_the_status_line_follows_and_ends_with_the_program(program):
    with program.serving() as serving:
        serving.send(*sent("tui_permission")[:12])
        first = next(line for line in serving.process.stdout if b'"session_update"' in line)
        assert json.loads(first)["project"]
        line = program.run("status")
        assert (line.returncode, line.stderr) == (0, "")
        assert "working" in line.stdout or "waiting" in line.stdout or "idle" in line.stdout
        assert "$" in program.run("status", "--short").stdout
        assert serving.end(signal.SIGINT) == 0
    assert program.run("status").returncode == 1


def test_the_stream_begins_with_the_list_and_ends_with_the_program(program):
    with program.serving() as serving:
        serving.send(*sent(NAME))
        command = [sys.executable, "-m", "aimon_tui.cli", "stream"]
        with subprocess.Popen(command, env=program.environment, stdout=subprocess.PIPE) as stream:
            first, second = (json.loads(stream.stdout.readline()) for _ in range(2))
            assert (first["type"], len(first["sessions"])) == ("session_list", 1)
            assert (second["type"], second["project"]) == ("session_update", "shop-api")
            serving.end()
            assert stream.wait(WAIT_S) == 0


def test_a_reader_that_goes_away_is_a_quiet_end(program):
    source, sink = os.pipe()
    with program.serving(stdout=sink) as serving:
        os.close(sink)
        os.close(source)
        with suppress(OSError):  # it may be gone before it has answered everything
            serving.send(*sent(NAME)[:3])
        assert serving.process.wait(WAIT_S) == 0
        assert serving.process.stderr.read() == b""


@pytest.mark.parametrize("command", [("sessions",), ("config", "show"), ("status", "--help")])
def test_a_reader_that_has_seen_enough_is_a_quiet_end_for_every_command(program, command):
    source, sink = os.pipe()
    os.close(source)
    done = subprocess.run([AIMON, *command], env=program.environment, stdout=sink, stderr=subprocess.PIPE)
    os.close(sink)
    assert (done.returncode, b"Traceback" in done.stderr, b"BrokenPipe" in done.stderr) == (0, False, False)


def test_a_reader_that_stops_never_delays_the_doors(program):
    source, sink = os.pipe()
    os.set_blocking(sink, False)
    while True:  # a pipe that is full to the brim
        try:
            os.write(sink, b" " * 4096)
        except BlockingIOError:
            break
    os.set_blocking(sink, True)
    with program.serving(stdout=sink) as serving:
        for name in (NAME, "tui_permission", "print_subagents2"):
            assert set(serving.send(*sent(name))) == {200}
        assert len(serving.ask("/api/v1/sessions?all=1")["sessions"]) == 3
        assert serving.end() == 0
    os.close(sink)
    os.close(source)


def test_a_taken_port_is_named_with_its_owner(program):
    with socket.create_server(("127.0.0.1", 0)) as owner:
        done = program.run("serve", "--port", str(owner.getsockname()[1]))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"(pid {os.getpid()})" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("command", [("serve",), ()])
def test_an_address_of_the_network_is_refused_before_anything_opens(program, command):
    done = program.run("--host", "0.0.0.0", *command)
    assert (done.returncode, done.stdout) == (2, "")
    assert "loopback only, not on 0.0.0.0" in done.stderr


def test_the_bare_command_reads_its_settings_too(program):
    done = program.run(AIMON_HOST="10.0.0.1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("aimon listens on loopback only, not on 10.0.0.1.")
    assert len(done.stderr.splitlines()) == 1


def test_a_runtime_folder_of_somebody_else_is_refused(program):
    (program.runtime / "aimon").symlink_to(program.folder)
    done = program.run("serve", "--port", "0")
    assert done.returncode == 2
    assert "is a link" in done.stderr


def test_a_damaged_journal_is_moved_aside_and_told(program):
    folder = program.folder / "state" / "aimon"
    folder.mkdir(parents=True)
    (folder / "journal.db").write_bytes(b"no database at all, but long enough to be looked at" * 40)
    with program.serving() as serving:
        assert any("was moved to" in words for words in serving.words)
        assert serving.send(*sent(NAME)[:1]) == [200]


def test_without_a_running_aimon_the_words_say_what_to_do(program):
    stream = program.run("stream", "--port", "1")
    assert (stream.returncode, stream.stdout) == (1, "")
    assert stream.stderr == "No aimon answers at 127.0.0.1:1. Start one: aimon, or aimon serve.\n"
    sessions = program.run("sessions", "--port", "1")
    assert (sessions.returncode, sessions.stdout) == (0, "No sessions.\n")
