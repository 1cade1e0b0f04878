"""The events socket: everybody is told everything, and whoever does not read is let go."""

import asyncio
import socket
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from aimon_desktop.outputs.events_socket import READERS, EventsSocket
from aimon_desktop.outputs.ndjson import UNSENT

FIRST = b"first\n"
PATH = Path("events.sock")
"""Below the test's own folder; a whole path may have 107 bytes only."""


class Ears:
    """Connections that read when they are told to."""

    def __init__(self) -> None:
        self._open: list[socket.socket] = []

    async def connect(self) -> socket.socket:
        self._open.append(socket.socket(socket.AF_UNIX))
        self._open[-1].setblocking(False)
        await asyncio.get_running_loop().sock_connect(self._open[-1], str(PATH))
        return self._open[-1]

    async def hear(self, ear: socket.socket, size: int) -> bytes:
        """So many bytes, or all up to the end."""
        heard = b""
        async with asyncio.timeout(10):
            with suppress(ConnectionResetError):
                while len(heard) < size and (
                    more := await asyncio.get_running_loop().sock_recv(ear, size - len(heard))
                ):
                    heard += more
        return heard

    async def join(self) -> socket.socket:
        ear = await self.connect()
        assert await self.hear(ear, len(FIRST)) == FIRST
        return ear

    def close(self) -> None:
        for ear in self._open:
            ear.close()


@pytest.fixture
def ears():
    ears = Ears()
    yield ears
    ears.close()


@pytest.fixture
async def events(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    events = EventsSocket(PATH, lambda: FIRST)
    await events.open()
    yield events
    events.close()


async def until(true) -> None:
    """Let the loop turn until something has come about."""
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110 - the loop's own turns are waited for
            await asyncio.sleep(0)


async def test_s20_it_is_ours_alone_and_goes_with_us(events, ears):
    assert stat.S_IMODE(PATH.stat().st_mode) == 0o600  # noqa: ASYNC240 - a test may
    second = EventsSocket(PATH, lambda: b"")
    await second.open()
    second.close()
    ear = await ears.join()
    events.close()
    assert await ears.hear(ear, 1) == b""
    assert not PATH.exists()  # noqa: ASYNC240 - a test may


async def test_every_reader_is_told_everything_after_its_first_lines(events, ears):
    one = await ears.join()
    events.put(b"a\n")
    other = await ears.join()
    events.put(b"b\n")
    assert await ears.hear(one, 4) == b"a\nb\n"
    assert await ears.hear(other, 2) == b"b\n"
    one.send(b"nobody listens\n")
    one.close()
    await until(lambda: len(events._allowed) == 1)
    events.put(b"c\n")
    assert await ears.hear(other, 2) == b"c\n"


async def test_s21_a_stopped_reader_is_dropped_and_another_goes_on(events, ears):
    stopped, reading = await ears.join(), await ears.join()
    line = b"x" * 999 + b"\n"
    for _ in range(10_000):
        events.put(line)
        assert await ears.hear(reading, len(line)) == line
    assert len(events._allowed) == 1
    assert len(await ears.hear(stopped, 10_000_000)) < 2 * UNSENT + 10_000_000 // 10


async def test_a_reader_may_take_its_time_with_its_first_lines(tmp_path, monkeypatch, ears):
    monkeypatch.chdir(tmp_path)
    events = EventsSocket(PATH, lambda: b"y" * (4 * UNSENT))
    await events.open()
    await ears.connect()
    await until(lambda: events.read)
    events.put(b"x" * UNSENT)
    assert events.read
    for _ in range(3):  # what the system keeps for the reader is not unread
        events.put(b"x" * UNSENT)
    assert not events.read
    events.close()


async def test_a_frame_may_be_more_than_who_reads_may_leave_unread(events, ears):
    ear = await ears.join()
    events.put(frame := b"x" * (4 * UNSENT) + b"\n")
    assert await ears.hear(ear, len(frame)) == frame
    events.put(b"next\n")
    assert await ears.hear(ear, 5) == b"next\n"


async def test_there_are_only_so_many_readers(events, ears):
    for _ in range(READERS):
        await ears.join()
    assert await ears.hear(await ears.connect(), 1) == b""
    assert len(events._allowed) == READERS
