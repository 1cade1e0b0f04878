"""What hooks left while nobody listened is taken in once, in order, and lets go of what nothing can be made of."""

import asyncio
import json
import os
import time
from collections import Counter

import pytest

from aimon_core.clock import SteppedClock, SystemClock
from aimon_core.journal import JournalFailed
from receiver import hook_request
from receiver.spool import UNFINISHED_S, Spool
from receiver.status import Overloaded, Reason, Refused
from tests.fakes.door import opened
from tests.fakes.events import START_NS

DAY_NS = 24 * 3600 * 10**9


def message(payload=None, at_ns=START_NS, agent="claude-code", **headers):
    body = json.dumps(payload or {"session_id": "s1", "hook_event_name": "UserPromptSubmit", "prompt": "hi"}).encode()
    head = [f"POST /hooks/{agent} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}", f"X-Aimon-At: {at_ns}"]
    head += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "spool"
    path.mkdir(mode=0o700)
    return path


def leave(folder, at_ns, content=None):
    content = message(at_ns=at_ns) if content is None else content
    (folder / f"{at_ns:020}-1-{len(content)}").write_bytes(content)


class Taken:
    """A way in that remembers what came."""

    def __init__(self):
        self.messages = []
        self.trouble = None

    async def __call__(self, one):
        if self.trouble is not None:
            raise self.trouble
        self.messages.append(one)

    @property
    def moments(self):
        return [one.beside.at_ns for one in self.messages]


@pytest.fixture
def taken():
    return Taken()


@pytest.fixture
def counts():
    return Counter()


@pytest.fixture
def spool(folder, taken, counts):
    return Spool(folder, taken, SteppedClock(), counts)


async def test_messages_come_in_the_order_of_their_time_and_once(folder, spool, taken):
    for at_ns in (START_NS - 2, START_NS - 3, START_NS - 1):
        leave(folder, at_ns)
    await spool.adopt()
    await spool.adopt()
    assert taken.moments == [START_NS - 3, START_NS - 2, START_NS - 1]
    assert list(folder.iterdir()) == []


async def test_what_comes_later_is_found(folder, spool, taken):
    for at_ns in (START_NS - 2, START_NS - 1):
        leave(folder, at_ns)
        await spool.adopt()
        await spool.adopt()
    assert taken.moments == [START_NS - 2, START_NS - 1]


async def test_what_cannot_be_kept_now_stays_in_order(folder, spool, taken, counts):
    leave(folder, START_NS - 2)
    leave(folder, START_NS - 1)
    taken.trouble = Overloaded()
    await spool.adopt()
    assert len(list(folder.iterdir())) == 2
    taken.trouble = None
    await spool.adopt()
    assert taken.moments == [START_NS - 2, START_NS - 1]
    assert counts == {}


async def test_what_nothing_can_be_made_of_goes_and_is_counted(folder, spool, taken, counts):
    leave(folder, START_NS - 5, b"")
    leave(folder, START_NS - 4, message()[:-3])
    leave(folder, START_NS - 3, b"\xff\r\n\r\n\x00")
    (folder / "notes.txt").write_text("not ours")
    (folder / f"{START_NS - 2:020}-1-1").mkdir()
    (folder / f"{START_NS - 1:020}-1-1").symlink_to("/etc/hostname")
    leave(folder, START_NS)
    await spool.adopt()
    assert taken.moments == [START_NS]
    assert counts == {"spool/unreadable": 5, "spool/old": 1}


async def test_a_refused_payload_goes(folder, spool, taken, counts):
    leave(folder, START_NS)
    taken.trouble = Refused(Reason.MALFORMED, "no hook payload")
    await spool.adopt()
    assert (list(folder.iterdir()), counts) == ([], {"spool/unreadable": 1})


async def test_messages_older_than_a_day_go(folder, spool, taken, counts):
    leave(folder, START_NS - DAY_NS - 10**9)
    leave(folder, START_NS - DAY_NS + 10**9)
    await spool.adopt()
    assert taken.moments == [START_NS - DAY_NS + 10**9]
    assert counts == {"spool/old": 1}


async def test_a_file_being_written_is_left_alone_and_one_left_behind_goes(folder, spool, taken):
    young, dead = (f".{START_NS - round(age * 1e9):020}-1-9" for age in (1, UNFINISHED_S + 1))
    for name in (young, dead):
        (folder / name).write_bytes(message())
    await spool.adopt()
    assert [path.name for path in folder.iterdir()] == [young]
    assert taken.messages == []


async def test_no_spool_is_no_trouble(tmp_path, taken):
    await Spool(tmp_path / "none", taken, SteppedClock(), Counter()).adopt()


async def test_the_door_takes_it_in_through_its_own_way(folder, tmp_path):
    leave(folder, START_NS - 60 * 10**9)
    async with opened(socket=str(tmp_path / "hooks.sock"), spool=str(folder), wants_deliveries=True) as door:
        await asyncio.wait_for(door.sink.taken.wait(), 5)
        assert [one.kind for one in door.sink.deliveries] == ["hooks/claude-code"]
        assert door.sink.deliveries[0].arrived_ns == START_NS - 60 * 10**9
        assert [session.state for session in door.ledger.sessions()] == ["working"]
        assert list(folder.iterdir()) == []


async def test_a_message_taken_twice_counts_once(folder, tmp_path):
    async with opened(socket=str(tmp_path / "hooks.sock")) as door:
        for _ in range(2):
            one = hook_request.spooled(message(at_ns=START_NS - 10**9))
            await door.receiver._take(one)
        assert [session.turns for session in door.ledger.sessions()] == [1]


async def test_a_commit_that_fails_loses_nothing(folder, tmp_path):
    leave(folder, START_NS - 1)
    async with opened(socket=str(tmp_path / "hooks.sock"), wants_deliveries=True) as door:
        spool = Spool(folder, door.receiver._take, door.clock, Counter())
        door.sink.trouble = JournalFailed("disk full", "make room")
        await spool.adopt()
        assert len(list(folder.iterdir())) == 1
        door.sink.trouble = None
        await spool.adopt()
        assert len(door.sink.deliveries) == 1


async def test_without_the_socket_the_spool_is_somebody_elses(folder, tmp_path):
    path = str(tmp_path / "hooks.sock")
    async with opened(socket=path), opened(socket=path, spool=str(folder)) as second:
        leave(folder, START_NS)
        assert second.receiver._spool is None
        assert len(list(folder.iterdir())) == 1


@pytest.mark.slow
async def test_ten_thousand_messages_do_not_hold_up_the_loop(folder, tmp_path):
    now_ns = time.time_ns()
    for number in range(10_000):
        names = ("PreToolUse", "PostToolUse")
        payload = {
            "session_id": f"s{number // 200}",
            "hook_event_name": names[number % 2],
            "tool_name": "Bash",
            "tool_use_id": f"t{number // 2}",
            "tool_input": {"command": "make " + "x" * 500},
        }
        at_ns = now_ns - (10_000 - number) * 10**6
        leave(folder, at_ns, message(payload, at_ns, X_Aimon_Parents=f"{os.getpid()}@1"))
    async with opened(socket=str(tmp_path / "hooks.sock"), wants_deliveries=True) as door:
        spool = Spool(folder, door.receiver._take, SystemClock(), Counter())
        turns = 0

        async def others():
            nonlocal turns
            while True:
                await asyncio.sleep(0)
                turns += 1

        working = asyncio.create_task(others())
        await spool.adopt()
        working.cancel()
        assert len(door.sink.deliveries) == 10_000
        assert turns > 20, "others have their turn many times; `make bench` measures how long it takes"


@pytest.mark.parametrize("at", ["", "x", "-5", "9" * 30, "١٢٣", str(START_NS + 10**10), str(START_NS - 2 * DAY_NS)])
def test_a_time_that_is_not_credible_is_none(at):
    assert hook_request.beside({"X-Aimon-At": at}).moment(START_NS) == START_NS


def test_the_processes_above_a_hook_are_read_within_bounds():
    read = hook_request.beside({"X-Aimon-Parents": "12@34,5@,;rm -rf,6@7"})
    assert read.chain == ((12, 34), (5, None), (6, 7))
    assert len(hook_request.beside({"X-Aimon-Parents": "1@2," * 10_000}).chain) <= 128
    assert hook_request.beside({}, os.getpid()).chain[0] == (os.getpid(), None)
