"""The hands for programs that read as they like: nothing is made for nobody, and nobody is waited for."""

import asyncio
import json
import os
import socket
from pathlib import Path

import pytest

from aimon_core.clock import SteppedClock
from aimon_core.errors import Unavailable
from aimon_core.session import Tokens, Transition
from aimon_desktop.outputs.fifo import Fifo
from aimon_desktop.outputs.ndjson import Narrator
from aimon_tui.telling import Events, Pipe, TmuxOption
from tests.fakes.told import NOW_NS, session
from tests.tui.test_hands import Shelf

KEY = "claude-code:a"


@pytest.fixture
def clock():
    return SteppedClock(NOW_NS)


@pytest.fixture
def shelf():
    return Shelf(session("a"))


def change(shelf, **facts):
    shelf.known[KEY] = session("a", **facts)
    return {KEY}


class Narrators:
    """How many stories were begun."""

    def __init__(self, clock) -> None:
        self.clock, self.begun = clock, 0

    def __call__(self):
        self.begun += 1
        return Narrator(self.clock)


@pytest.fixture
def narrators(clock):
    return Narrators(clock)


# ------------------------------------------------------------------ the pipe


@pytest.fixture
async def pipe(shelf, narrators, clock, tmp_path):
    pipe = Pipe(shelf, narrators, Fifo(str(tmp_path / "pipe"), clock))
    yield pipe
    await pipe.close()


@pytest.fixture
def reader(pipe, tmp_path):
    descriptor = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    yield descriptor
    os.close(descriptor)


def read(descriptor) -> list[dict]:
    return [json.loads(line) for line in os.read(descriptor, 1 << 20).splitlines()]


def test_nobody_is_told_nothing(pipe, narrators):
    pipe.moved([])
    pipe.frame({KEY})
    assert narrators.begun == 0


def test_a_pipe_begins_with_the_list_and_always_ends_with_it(pipe, reader, shelf):
    pipe.frame(set())
    assert [line["type"] for line in read(reader)] == ["session_list", "session_update", "session_list"]
    pipe.frame(change(shelf, tokens=Tokens(input=11)))
    assert [line["type"] for line in read(reader)] == ["session_update", "session_list"]
    pipe.frame(change(shelf, state="waiting"))
    told = read(reader)
    assert [line["type"] for line in told] == ["session_update", "session_list"]
    assert told[-1]["sessions"][0]["state"] == "waiting"


def test_a_reader_that_comes_again_is_told_from_the_beginning(pipe, reader, narrators, clock, tmp_path):
    pipe.frame(set())
    read(reader)
    pipe._fifo.close()
    pipe.frame(set())
    clock.advance(1)
    pipe.frame(set())
    assert (read(reader)[0]["seq"], narrators.begun) == (1, 2)


def test_s21_a_stopped_pipe_holds_up_no_frame_and_tears_no_line(pipe, reader, shelf):
    for number in range(10_000):
        pipe.frame(change(shelf, tokens=Tokens(input=number)))
    told = read(reader)
    assert 50 < len(told) < 1000
    pipe.frame(change(shelf, state="failed"))
    assert read(reader)[-1]["sessions"][0]["state"] == "failed"


def test_who_missed_lines_is_told_how_it_stands_as_soon_as_it_reads_on(pipe, reader, shelf):
    pipe.frame(())
    for number in range(1000):
        pipe.frame(change(shelf, tokens=Tokens(input=number), state="waiting" if number % 2 else "working"))
    told = read(reader)
    assert told[-1]["seq"] < 1000
    pipe.frame(())  # nothing changes any more
    assert read(reader)[-1]["sessions"][0]["state"] == "waiting"
    pipe.frame(())
    with pytest.raises(BlockingIOError):
        read(reader)


# ------------------------------------------------------------------ the socket


@pytest.fixture
async def events(shelf, narrators, clock, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    events = Events(shelf, narrators, Path("events.sock"), clock)
    await events._opening
    yield events
    await events.close()


class Ear:
    """A reader of the socket."""

    async def __aenter__(self):
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.setblocking(False)
        await asyncio.get_running_loop().sock_connect(self._socket, "events.sock")
        self._rest = b""
        return self

    async def __aexit__(self, *_):
        self._socket.close()

    async def hear(self, count: int) -> list[dict]:
        """So many lines."""
        async with asyncio.timeout(10):
            while self._rest.count(b"\n") < count:
                more = await asyncio.get_running_loop().sock_recv(self._socket, 1 << 16)
                if not more:
                    raise EOFError
                self._rest += more
        *lines, self._rest = self._rest.split(b"\n", count)
        return [json.loads(line) for line in lines]


async def test_a_reader_is_told_all_that_is_listed_then_what_changes(events, shelf, narrators):
    events.frame({KEY})
    assert narrators.begun == 0
    async with Ear() as one:
        assert [(line["type"], line["seq"]) for line in await one.hear(2)] == [
            ("session_list", 1),
            ("session_update", 2),
        ]
        events.moved([])
        events.frame(change(shelf, state="waiting"))
        assert [(line["type"], line["seq"]) for line in await one.hear(2)] == [
            ("session_update", 3),
            ("session_list", 4),
        ]
        async with Ear() as other:
            first = await other.hear(2)
            assert [(line["type"], line["seq"]) for line in first] == [("session_list", 4), ("session_update", 4)]
            assert first[1]["state"] == "waiting"
            events.frame(change(shelf, state="failed"))
            assert (await other.hear(2))[0] == (await one.hear(2))[0]
    assert narrators.begun == 1


async def test_s21_a_stopped_reader_of_the_socket_holds_up_no_frame(events, shelf):
    async with Ear() as stopped, Ear() as reading:
        await stopped.hear(2)
        await reading.hear(2)
        for number in range(1, 10_001):
            events.frame(change(shelf, tokens=Tokens(input=number)))
            (told,) = await reading.hear(1)
            assert told["metrics"]["input_tokens"] == number
        assert len(events._socket._allowed) == 1
        with pytest.raises((ConnectionResetError, EOFError)):
            await stopped.hear(10_000)


async def test_a_socket_that_cannot_be_opened_is_a_line_in_the_log(shelf, narrators, clock, tmp_path, caplog):
    events = Events(shelf, narrators, tmp_path / "none" / "events.sock", clock)
    for _ in range(3):
        await events._opening
        clock.advance(60)
        events.frame({KEY})
    await events.close()
    assert caplog.text.count("nobody can read events.sock") == 1


async def test_who_outlives_the_owner_of_the_socket_has_it_then(events, shelf, narrators, clock):
    heir = Events(shelf, narrators, Path("events.sock"), clock)
    await heir._opening
    async with Ear() as ear:
        await ear.hear(2)
        await events.close()
        with pytest.raises(EOFError):
            await ear.hear(1)
    heir.frame(())
    assert not heir._socket.held
    clock.advance(heir.RETRY_S)
    heir.frame(())
    await heir._opening
    async with Ear() as ear:
        assert (await ear.hear(1))[0]["type"] == "session_list"
    await heir.close()


# ------------------------------------------------------------------ tmux


class Paper:
    """An option that keeps what is written, or fails, when it is let."""

    def __init__(self) -> None:
        self.texts, self.removed, self.fails = [], False, False

    def write(self, text):
        if self.fails:
            raise Unavailable("tmux is gone.")
        self.texts.append(text)

    def remove(self):
        self.removed = True


@pytest.fixture
def paper():
    return Paper()


@pytest.fixture
async def option(shelf, paper, clock):
    return TmuxOption(shelf, paper, clock)


async def drawn(option, changed=()):
    option.frame(changed)
    if option._writing:
        await option._writing


async def test_tmux_is_told_at_once_of_states_and_else_twice_a_second(option, paper, shelf, clock):
    await drawn(option)
    await drawn(option, change(shelf, state="failed"))
    assert paper.texts == ["●1 $0.00"]
    option.moved([Transition(KEY, "working", "failed", NOW_NS)])
    await drawn(option)
    await drawn(option, change(shelf, state="waiting"))
    clock.advance(0.5)
    await drawn(option)
    await drawn(option, change(shelf, state="waiting"))
    assert paper.texts == ["●1 $0.00", "×1 $0.00", "!1 $0.00"]
    await option.close()
    assert paper.removed


async def test_what_was_never_shown_is_not_taken_away(option, paper):
    await option.close()
    assert not paper.removed


async def test_s21_a_tmux_that_hangs_holds_up_no_frame_and_is_shown_the_last_of_all(option, paper, shelf, clock):
    import threading

    gate, write = threading.Event(), paper.write
    paper.write = lambda text: gate.wait(10) and write(text)
    for number in range(10_000):
        option.frame(change(shelf, state="waiting" if number % 2 else "working"))
        option.moved([Transition(KEY, "working", "waiting", NOW_NS)])
    assert paper.texts == []
    gate.set()
    await option._writing
    clock.advance(1)
    await drawn(option)
    assert paper.texts == ["●1 $0.00", "!1 $0.00"]


async def test_a_tmux_that_is_gone_is_no_failure_and_one_that_comes_to_itself_is_told(option, paper, clock):
    paper.fails = True
    await drawn(option)
    assert paper.texts == []
    paper.fails = False
    clock.advance(option.RETRY_S)
    await drawn(option)
    assert paper.texts == []
    clock.advance(option.PAUSE_S)
    await drawn(option)
    await drawn(option)
    assert paper.texts == ["●1 $0.00"]
