"""The Unix socket for hooks: one aimon's at a time, its user's alone, and the same door as the port."""

import json
import os
import socket
import stat
from contextlib import asynccontextmanager
from io import BytesIO

import aiohttp
import pytest

from aimon_core.clock import SteppedClock
from aimon_core.errors import PortTaken
from aimon_core.store import SessionStore
from receiver import unix
from receiver.dialects import Interpreter
from receiver.guard import DoorOptions
from receiver.server import Receiver
from receiver.unix import Caller, UnixSocket
from tests.fakes.door import JSON, LedgerSink, opened

PROMPT = {"session_id": "s1", "hook_event_name": "UserPromptSubmit", "prompt": "hello", "cwd": "/srv/shop"}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "hooks.sock"


async def post(path, payload=PROMPT, agent="claude-code", **headers):
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    connector = aiohttp.UnixConnector(str(path))
    async with aiohttp.ClientSession(connector=connector) as session:
        url = f"http://whatever.example/hooks/{agent}"
        async with session.post(url, data=BytesIO(body), headers=JSON | headers) as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def door_at(path, **options):
    async with opened(socket=str(path), **options) as door:
        yield door


async def test_a_hook_through_the_socket_needs_no_host_of_ours(path):
    async with door_at(path) as door:
        assert (await post(path))[0] == 200
        assert [session.cwd for session in door.ledger.sessions()] == ["/srv/shop"]


async def test_the_socket_is_its_users_alone_and_goes_with_the_door(path):
    async with door_at(path):
        modes = [stat.S_IMODE(one.stat().st_mode) for one in (path, path.with_suffix(".lock"))]
        assert modes == [0o600, 0o600]
    assert not path.exists()


async def test_a_leftover_is_replaced(path):
    gone = UnixSocket(path)
    gone.claim().close()
    os.close(gone._lock)  # as a kill -9 leaves it: a socket and no lock
    assert path.exists()
    async with door_at(path):
        assert (await post(path))[0] == 200


async def test_a_living_socket_is_not_stolen(path):
    async with door_at(path) as first:
        async with door_at(path) as second:
            assert (await post(path))[0] == 200
            assert second.ledger.sessions() == []
        assert (await post(path))[0] == 200
        assert len(first.ledger.sessions()) == 1


async def test_whoever_comes_next_gets_it(path):
    async with door_at(path):
        pass
    async with door_at(path) as door:
        await post(path)
        assert len(door.ledger.sessions()) == 1


async def test_another_user_is_refused(path, monkeypatch):
    async with door_at(path) as door:
        monkeypatch.setattr(os, "getuid", lambda: 4711)
        status, answer = await post(path)
        assert status == 403
        assert "may not speak" in answer["message"]
        assert door.ledger.sessions() == []


async def test_a_web_page_is_refused_here_too(path):
    async with door_at(path):
        assert (await post(path, Origin="https://evil.example"))[0] == 403


async def test_a_path_that_is_too_long_leaves_the_port_open(tmp_path):
    async with door_at(tmp_path / ("x" * 120)) as door:
        assert (await door.get("/health")).status == 200


async def test_hooks_work_where_the_port_is_taken(path):
    clock = SteppedClock()
    sink = LedgerSink(SessionStore(clock))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        options = DoorOptions(port=taken.getsockname()[1], socket=str(path))
        receiver = Receiver(sink=sink, ledger=sink.ledger, interpreter=Interpreter(), clock=clock, options=options)
        with pytest.raises(PortTaken):
            await receiver.start()
        assert (await post(path))[0] == 200
        assert len(sink.ledger.sessions()) == 1
        await receiver.stop()
    assert not path.exists()


@pytest.mark.parametrize(
    ("agent", "payload", "status"),
    [
        ("nobody", PROMPT, 404),
        ("../etc", PROMPT, 404),
        ("claude-code", b"", 400),
        ("claude-code", b"\x00\xff\xfe", 400),
        ("claude-code", b"[1, 2]", 400),
        ("claude-code", b"[" * 100_000, 400),
        ("claude-code", b'{"session_id": {}, "hook_event_name": 7}', 400),
        ("claude-code", b'{"n": ' + b"9" * 200_000 + b"}", 400),
        ("gemini-cli", {**PROMPT, "timestamp": 1e300}, 200),
        ("copilot", {"sessionId": "s", "toolName": [], "toolArgs": "\ud800"}, 200),
        ("codex", {"type": "agent-turn-complete", "thread-id": None}, 400),
        ("claude-code", b" " * (17 << 20), 413),
    ],
    ids=lambda value: "" if isinstance(value, bytes | dict) else str(value),
)
async def test_hostile_bodies_are_answered_and_harm_nothing(path, agent, payload, status):
    async with door_at(path) as door:
        heard, answer = await post(path, payload, agent)
        assert heard == status, answer
        assert status == 200 or answer["message"]
        assert (await post(path))[0] == 200
        assert door.receiver.counters.refused[500] == 0


def test_the_peer_of_a_connection_is_told_by_the_system():
    class Transport:
        def __init__(self, door):
            self.door = door

        def get_extra_info(self, name):
            return self.door

    here, there = socket.socketpair(socket.AF_UNIX)
    with here, there:
        found = unix.caller(Transport(here))
        assert found in (Caller(os.getpid(), os.getuid()), Caller(None, None))
    with socket.socket() as tcp:
        assert unix.caller(Transport(tcp)) is None
    assert unix.caller(Transport(None)) is None
