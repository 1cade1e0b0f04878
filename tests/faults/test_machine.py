"""The machine misbehaves: no room, no home, no runtime folder, time that jumps, a process that is stopped."""

import http.client
import json
import os
import resource
import signal
import socket
import subprocess
import threading
from contextlib import ExitStack

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.store import SessionStore
from receiver import codec, otlp
from receiver.dialects import Interpreter
from tests.fakes.captures import sent
from tests.fakes.program import AIMON, WAIT_S, Program
from tests.fakes.sender import call
from tests.fakes.tmux import until
from tests.faults import RACES

PROTOBUF = {"Content-Type": "application/x-protobuf"}
DAY_S = 86_400.0


def post(port: int, number: int) -> http.client.HTTPResponse:
    door = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
    door.request("POST", "/v1/logs", call(number), PROTOBUF)
    answer = door.getresponse()
    answer.read()
    door.close()
    return answer


def calls(serving) -> int:
    return serving.ask("/api/v1/sessions?all=1")["totals"]["llm_calls"]


def test_a_full_disk_is_answered_503_and_nothing_is_lost_or_counted_twice(program):
    """A limit on the size of files does to SQLite what a full disk does, and can be lifted from outside."""
    with program.serving() as serving:
        assert post(serving.port, 0).status == 200
        resource.prlimit(serving.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        refused = post(serving.port, 1)
        assert (refused.status, refused.headers["Retry-After"]) == (503, "1")
        assert serving.ask("/health")["status"] == "ok"
        resource.prlimit(serving.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
        assert post(serving.port, 1).status == 200
        assert post(serving.port, 2).status == 200
        assert calls(serving) == 3
        serving.end(signal.SIGKILL)
    with program.serving() as serving:
        assert calls(serving) == 3


@pytest.mark.parametrize("home", ["/proc/nobody", "/dev/null/nobody"])
def test_a_home_that_cannot_be_written_costs_the_journal_and_nothing_else(program, home):
    program.environment |= {"HOME": home, "XDG_CONFIG_HOME": f"{home}/config", "XDG_STATE_HOME": f"{home}/state"}
    with program.serving() as serving:
        assert any("cannot be used" in line and "--state-dir" in line for line in serving.words)
        assert post(serving.port, 0).status == 200
        assert calls(serving) == 1
        assert serving.end() == 0


@pytest.mark.parametrize("home", [None, ""])
def test_without_a_home_the_system_is_asked_and_all_goes_on(program, home):
    del program.environment["HOME"]
    if home is not None:
        program.environment["HOME"] = home
    with program.serving() as serving:
        assert post(serving.port, 0).status == 200
        assert serving.end() == 0
    assert (program.folder / "state" / "aimon" / "journal.db").exists()


def test_without_a_runtime_folder_one_is_made_for_this_user_alone(program):
    del program.environment["XDG_RUNTIME_DIR"]
    (program.folder / "tmp").mkdir()
    program.environment["TMPDIR"] = str(program.folder / "tmp")
    if os.path.isdir(f"/run/user/{os.getuid()}"):  # noqa: PTH112 - the very question that aimon asks
        pytest.skip("the system keeps a runtime folder for this user")
    with program.serving() as serving:
        made = program.folder / "tmp" / f"aimon-{os.getuid()}"
        assert made.stat().st_mode & 0o777 == 0o700
        until((made / "status.json").exists)
        assert json.loads(program.run("sessions", "--json").stdout)["sessions"] == []
        assert serving.end() == 0


def test_a_stopped_aimon_goes_on_where_it_was(program):
    with program.serving() as serving:
        post(serving.port, 0)
        serving.process.send_signal(signal.SIGSTOP)
        answers: list[int] = []
        waiting = [
            threading.Thread(target=lambda number=number: answers.append(post(serving.port, number).status))
            for number in range(1, 6)
        ]
        for one in waiting:
            one.start()
        os.waitid(os.P_PID, serving.process.pid, os.WSTOPPED | os.WNOWAIT)
        assert answers == []
        serving.process.send_signal(signal.SIGCONT)
        for one in waiting:
            one.join(WAIT_S)
        assert answers == [200] * 5
        assert calls(serving) == 6
        assert serving.end() == 0


@pytest.mark.parametrize("by_s", [-DAY_S, -3600.0, -1.0, 1.0, 3600.0, DAY_S, 400 * DAY_S])
def test_a_clock_that_jumps_changes_no_figure(by_s):
    """The time of day is set while a session runs: by NTP, by a laptop that wakes, by hand."""
    figures = []
    for jump_s in (0.0, by_s):
        clock = SteppedClock()
        store, interpreter = SessionStore(clock), Interpreter()
        requests = [one for one in sent("tui_permission") if one.signal != "hooks"]
        for number, one in enumerate(requests):
            if number == len(requests) // 2:
                clock.advance(jump_s)
            message = codec.decode(one.signal, one.body, "json" if "json" in one.content_type else "protobuf")
            store.apply(interpreter.translate(otlp.records(one.signal, message, clock.now_ns())))
            store.tick()
            store.drain()
            clock.advance(0.5)
        totals = store.totals()
        (session,) = store.sessions(every=True)
        figures.append((totals.llm_calls, totals.tool_calls, totals.tokens, session.turns, session.cost))
    assert figures[0] == figures[1]


@pytest.mark.parametrize("race", range(RACES))
def test_of_four_that_want_one_port_one_has_it_and_the_others_say_so(tmp_path, race):
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    programs = []
    for number in range(4):
        (tmp_path / str(number)).mkdir()
        programs.append(Program(tmp_path / str(number)))
    with ExitStack() as running:
        started = [
            running.enter_context(
                subprocess.Popen(
                    [AIMON, "serve", "--port", str(port)],
                    env=program.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                )
            )
            for program in programs
        ]  # fmt: skip
        for process in started:
            running.callback(process.kill)
        first = [process.stderr.readline() for process in started]
        ready = [process for process, line in zip(started, first, strict=True) if line.startswith("listening ")]
        assert len(ready) == 1
        for process, line in zip(started, first, strict=True):
            if process not in ready:
                assert process.wait(WAIT_S) == 1
                assert line.startswith(f"Port {port} is taken by ")
        assert post(port, 0).status == 200
