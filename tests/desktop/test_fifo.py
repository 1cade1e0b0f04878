"""The pipe of otel-ai-monitor: whole lines or none, nobody waited for, nothing of others touched."""

import json
import os
import stat
from pathlib import Path

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.errors import Unsafe
from aimon_desktop.outputs.fifo import LIMIT, RETRY_S, Fifo, fitted
from aimon_desktop.outputs.ndjson import Narrator
from tests.fakes.told import NOW_NS, told


@pytest.fixture
def clock():
    return SteppedClock(NOW_NS)


@pytest.fixture
def path(tmp_path) -> str:
    return str(tmp_path / "pipe")


@pytest.fixture
def fifo(path, clock):
    fifo = Fifo(path, clock)
    yield fifo
    fifo.close()


@pytest.fixture
def reader(fifo, path):
    """A reader that reads when it is told to."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    yield descriptor
    os.close(descriptor)


def test_it_is_ours_alone_and_stays_for_who_waits_for_the_next_aimon(fifo, path, clock):
    assert stat.S_IMODE(os.lstat(path).st_mode) == 0o600
    fifo.close()
    Fifo(path, clock)


def test_without_a_reader_nothing_is_written_and_one_is_looked_for_each_second(fifo, path, clock):
    assert not fifo.open()
    fifo.write(b"lost\n")
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    assert not fifo.open()
    clock.advance(RETRY_S)
    assert fifo.open()
    fifo.write(b"told\n")
    assert os.read(reader, 100) == b"told\n"
    os.close(reader)


def test_a_reader_that_goes_away_is_noticed_and_the_next_one_is_served(fifo, path, clock):
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    assert fifo.open()
    os.close(reader)
    fifo.write(b"x\n")
    assert not fifo.open()
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    clock.advance(RETRY_S)
    assert fifo.open()
    os.close(reader)


def test_s21_a_stopped_reader_loses_whole_lines_and_holds_up_nobody(fifo, reader):
    assert fifo.open()
    line = b"x" * 999 + b"\n"
    for _ in range(10_000):
        fifo.write(line)
    got = os.read(reader, 1 << 20)
    assert set(got.splitlines(keepends=True)) == {line}
    fifo.write(b"fresh\n")
    assert os.read(reader, 100) == b"fresh\n"


def test_there_is_room_until_the_reader_stops_and_again_when_it_reads_on(fifo, reader):
    assert not fifo.has_room()
    assert fifo.open()
    assert fifo.has_room()
    for _ in range(100):
        fifo.write(b"x" * 4000 + b"\n")
    assert not fifo.has_room()
    os.read(reader, 1 << 20)
    assert fifo.has_room()


def test_one_aimon_writes_at_a_time(fifo, reader, path, clock):
    assert fifo.open()
    second = Fifo(path, clock)
    assert not second.open()
    fifo.close()
    clock.advance(RETRY_S)
    assert second.open()
    second.close()


@pytest.mark.parametrize("make", ["file", "link", "folder"])
def test_s20_what_is_no_pipe_of_ours_is_left_alone(path, clock, tmp_path, make):
    victim = tmp_path / "victim"
    victim.write_text("mine")
    if make == "file":
        os.link(victim, path)
    elif make == "link":
        Path(path).symlink_to(victim)
    else:
        Path(path).mkdir()
    with pytest.raises(Unsafe, match="no pipe of yours"):
        Fifo(path, clock)
    assert victim.read_text() == "mine"


def test_s20_a_pipe_that_became_a_link_is_not_followed(fifo, path, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    os.mkfifo(elsewhere)
    reader = os.open(elsewhere, os.O_RDONLY | os.O_NONBLOCK)
    Path(path).unlink()
    Path(path).symlink_to(elsewhere)
    assert not fifo.open()
    os.close(reader)


def test_s20_a_pipe_that_others_could_read_is_closed_to_them(path, clock):
    os.mkfifo(path)
    Path(path).chmod(0o666)
    fifo = Fifo(path, clock)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    assert fifo.open()
    assert stat.S_IMODE(os.lstat(path).st_mode) == 0o600
    fifo.close()
    os.close(reader)


def test_s20_a_folder_that_others_may_write_to_is_refused(tmp_path, clock):
    tmp_path.chmod(0o777)
    with pytest.raises(Unsafe, match="not yours alone"):
        Fifo(str(tmp_path / "pipe"), clock)
    with pytest.raises(Unsafe, match="cannot be used"):
        Fifo(str(tmp_path / "none" / "pipe"), clock)


# ------------------------------------------------------------------ lines that fit


def lines(clock, *sessions) -> list[bytes]:
    return Narrator(clock).tell({one["key"]: one for one in sessions}).splitlines(keepends=True)


def test_what_fits_is_left_as_it_is(clock):
    assert all(fitted(line) == line for line in lines(clock, told("a")))


def test_a_long_list_keeps_who_waits_and_who_works_and_counts_the_rest(clock):
    states = ["idle"] * 20 + ["completed", "failed"] * 5 + ["working"] * 6 + ["waiting"] * 3
    listed = lines(clock, *(told(f"s{number}", state) for number, state in enumerate(states)))[0]
    assert len(listed) > LIMIT
    short = fitted(listed)
    assert LIMIT - 400 < len(short) < LIMIT
    message = json.loads(short)
    kept = [row["state"] for row in message["sessions"]]
    assert kept[:9] == ["waiting"] * 3 + ["working"] * 6
    assert message["truncated"] == len(states) - len(kept) > 0
    assert (message["has_working"], message["has_waiting"], message["seq"]) == (True, True, 1)


def test_a_cut_list_byte_for_byte(clock):
    row = (
        b'{"session_id": "b", "tool": "claude-code", "state": "working", "project": "shop", "key": "claude-code:b", '
        b'"agent": "claude-code", "waiting_for": null, "window_id": null}'
    )
    listed = lines(clock, told("a", name="x" * LIMIT), told("b"))[0]
    assert fitted(listed) == (
        b'{"v": 1, "seq": 1, "type": "session_list", "sessions": [' + row + b'], "has_working": true, '
        b'"has_waiting": false, "timestamp": 1795226400, "truncated": 1}\n'
    )


def test_a_row_that_is_too_long_alone_leaves_a_list_that_says_so(clock):
    long = told("a", name="é" * 2000)
    listed, update = lines(clock, long)
    assert json.loads(fitted(listed))["truncated"] == 1
    assert fitted(update) == b""
