"""`aimon record` beside a running aimon, and `aimon replay` of what it wrote, as a person calls them."""

import json
import os
import signal
import subprocess
import time
from contextlib import contextmanager

import pytest

from receiver import reel
from tests.fakes.captures import sent
from tests.fakes.program import WAIT_S, Program

CAPTURE = "tui_tools"


@pytest.fixture
def program(tmp_path):
    return Program(tmp_path)


@contextmanager
def recording(program: Program, *arguments: str):
    """`aimon record`, from the line that says it records."""
    command = [*program.command, "record", *arguments]
    with subprocess.Popen(command, env=program.environment, stderr=subprocess.PIPE, cwd=program.folder) as process:
        try:
            assert process.stderr.readline().startswith(b"recording ")
            yield process
        finally:
            process.kill()


def entries(folder) -> list[reel.Line]:
    return list(reel.read(folder / reel.NAME))


def until(true) -> None:
    """Wait for what another process does."""
    for _ in range(WAIT_S * 100):
        if true():
            return
        time.sleep(0.01)
    raise AssertionError("it never came")


def test_what_was_recorded_is_played_with_the_same_figures(program, tmp_path):
    requests = sent(CAPTURE)
    with program.serving() as serving:
        port = str(serving.port)
        with recording(program, "tape", "--raw", "--port", port) as process:
            assert set(serving.send(*requests)) == {200}
            told = json.loads(program.run("sessions", "--json", "--all", "--port", port).stdout)
            until(lambda: len(entries(tmp_path / "tape")) > len(requests))
            process.send_signal(signal.SIGINT)
            assert process.wait(WAIT_S) == 0
            assert process.stderr.read().startswith(b"Done. tape/tape.gz has ")
    assert isinstance(entries(tmp_path / "tape")[-1], reel.End)
    again = json.loads(program.run("replay", "tape", "--json").stdout)
    for one in (told, again):
        assert one["totals"]["llm_calls"]
        one["totals"] = {name: one["totals"][name] for name in ("llm_calls", "tool_calls", "tokens", "cost_usd")}
    assert again["totals"] == told["totals"]
    assert [(one["key"], one["tokens"]) for one in again["sessions"]] == [
        (one["key"], one["tokens"]) for one in told["sessions"]
    ]


def test_a_recording_that_was_killed_is_played_up_to_there(program, tmp_path):
    requests = sent(CAPTURE)
    with program.serving() as serving:
        with recording(program, "tape", "--port", str(serving.port)) as process:
            serving.send(*requests)
            until(lambda: len(entries(tmp_path / "tape")) > 10)
            process.send_signal(signal.SIGKILL)
            process.wait(WAIT_S)
        assert serving.send(*requests[:1]) == [200], "who is recorded does not notice"
    assert json.loads(program.run("replay", "tape/tape.gz", "--json").stdout)["sessions"]


@pytest.mark.parametrize(
    ("end", "code", "says"),
    [(signal.SIGTERM, 0, b"That aimon has ended."), (signal.SIGKILL, 1, b"It broke off: that aimon is gone")],
)
def test_a_recording_ends_with_the_aimon_that_it_records(program, end, code, says):
    with program.serving() as serving, recording(program, "tape", "--port", str(serving.port)) as process:
        serving.end(end)
        assert process.wait(WAIT_S) == code
        assert process.stderr.read().startswith(says)


def test_a_recording_ends_by_itself_when_time_or_room_is_used_up(program, tmp_path):
    with program.serving() as serving:
        port = str(serving.port)
        assert program.run("record", "short", "--seconds", "0.05", "--port", port).returncode == 0
        assert [type(entry) for entry in entries(tmp_path / "short")] == [reel.Head, reel.End]
        with recording(program, "small", "--max-mib", "1", "--raw", "--port", port) as process:
            body = json.dumps({"session_id": "s", "hook_event_name": "Stop", "x": os.urandom(2**19).hex()})
            hook = sent(CAPTURE)[0].__class__(0.0, "/hooks/claude-code", "application/json", body.encode())
            serving.send(*[hook] * 4)
            assert process.wait(WAIT_S) == 0
            assert b"as large as it may become" in process.stderr.read()
    assert entries(tmp_path / "small")


def test_where_nobody_answers_there_is_no_file_and_none_is_written_over(program, tmp_path):
    done = program.run("record", "tape", "--port", "1")
    assert (done.returncode, done.stderr) == (1, "No aimon answers at 127.0.0.1:1. Start one: aimon, or aimon serve.\n")
    assert not (tmp_path / "tape").exists()
    (tmp_path / "tape").mkdir()
    (tmp_path / "tape" / reel.NAME).touch()
    with program.serving() as serving:
        done = program.run("record", "tape", "--port", str(serving.port))
    assert (done.returncode, done.stderr) == (2, "tape/tape.gz is there already. Name another folder.\n")
