"""Who is at the other end: real connections of real processes, asked of the real kernel."""

import asyncio
import os
import socket
import subprocess
import sys
from contextlib import asynccontextmanager

import psutil
import pytest
from msgspec.structs import replace

from aimon_core.process import Process
from receiver import peer
from receiver.peer import UNKNOWN, Peer, Peers, agent_of, ask_kernel, is_agent

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")

CONNECT = """
import socket, sys
open_ones = [socket.create_connection((sys.argv[1], int(sys.argv[2]))) for _ in range(int(sys.argv[3]))]
sys.stdin.read()
"""
LAUNCH = """
import subprocess, sys
child = subprocess.Popen([sys.executable, *sys.argv[1:]])
child.wait()
"""


class Door(asyncio.Protocol):
    """A door that only takes connections."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.peers = Peers()
        self.port = 0
        self.host = "127.0.0.1"
        self.started: list[subprocess.Popen[bytes]] = []
        self.transports: list[asyncio.Transport] = []
        self.came: asyncio.Queue[asyncio.Transport] = asyncio.Queue()

    def connection_made(self, transport) -> None:
        self.transports.append(transport)
        self.came.put_nowait(transport)

    async def next(self) -> asyncio.Transport:
        return await asyncio.wait_for(self.came.get(), 10)

    async def who(self) -> Peer:
        return await self.peers.of(await self.next())

    async def connected(self):
        """A connection of this process: our end, and a socket."""
        client = socket.create_connection((self.host, self.port))
        return await self.next(), client

    def script(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text)
        return str(self.folder / name)

    def client(self, *command: str, count: int = 1, **options) -> "subprocess.Popen[bytes]":
        """A program that connects and stays until its input ends."""
        words = [sys.executable, *command, self.host, str(self.port), str(count)]
        self.started.append(subprocess.Popen(words, stdin=subprocess.PIPE, **options))
        return self.started[-1]


@asynccontextmanager
async def opened(folder, host="127.0.0.1"):
    door = Door(folder)
    server = await asyncio.get_running_loop().create_server(lambda: door, host, 0)
    door.host, door.port = server.sockets[0].getsockname()[:2]
    try:
        yield door
    finally:
        for transport in door.transports:
            transport.abort()
        for process in door.started:
            process.communicate()
        server.close()
        await asyncio.sleep(0)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
async def test_a_connection_leads_to_its_process_with_start_time_and_user(tmp_path, host):
    async with opened(tmp_path, host) as door:
        client = door.client("-c", CONNECT)
        who = await door.who()
    assert (who.uid, who.process.pid, who.process.uid) == (os.getuid(), client.pid, os.getuid())
    assert who.process.started_at > 0
    assert who.agent is None


async def test_an_agent_is_known_by_the_program_that_its_interpreter_runs(tmp_path):
    async with opened(tmp_path) as door:
        client = door.client(door.script("claude", CONNECT))
        who = await door.who()
    assert who.process.pid == who.agent.pid == client.pid


async def test_what_an_agent_started_counts_as_the_agent(tmp_path):
    async with opened(tmp_path) as door:
        agent = door.client(door.script("codex.py", LAUNCH), door.script("exporter.py", CONNECT))
        who = await door.who()
    assert who.agent.pid == agent.pid
    assert who.process.parent == agent.pid


async def test_a_relay_is_a_process_but_no_agent(tmp_path):
    async with opened(tmp_path) as door:
        relay = door.client(door.script("relay.py", CONNECT))
        who = await door.who()
    assert (who.process.pid, who.agent) == (relay.pid, None)


async def test_a_client_that_is_gone_is_nobody_and_not_root(tmp_path):
    async with opened(tmp_path) as door:
        transport, client = await door.connected()
        assert (await door.peers.of(transport)).process.pid == os.getpid()
        client.close()
        assert await door.peers.of(transport) == UNKNOWN


async def test_a_listener_is_not_the_client_that_had_its_port(tmp_path):
    async with opened(tmp_path) as door:
        _, client = await door.connected()
        with client:
            held = ask_kernel(client.getsockname(), client.getpeername())
            assert held.inode == os.fstat(client.fileno()).st_ino
        listener = (door.host, door.port)
        assert ask_kernel(listener, ("127.0.0.1", 1)) is None


async def test_another_user_is_seen_as_one_and_never_looked_up(tmp_path, monkeypatch):
    async with opened(tmp_path) as door:
        door.client("-c", CONNECT)
        transport = await door.next()
        looked = []
        monkeypatch.setattr(peer, "_own_pids", lambda: looked.append(1) or ())
        monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
        assert await door.peers.of(transport) == Peer(os.geteuid())
        assert looked == []


@pytest.mark.skipif(os.getuid() != 0, reason="only root starts programs of other users")
async def test_a_process_of_another_user_is_not_ours(tmp_path):
    async with opened(tmp_path) as door:
        door.client("-c", CONNECT.replace("open_ones", "import os, encodings.idna; os.setuid(65534); open_ones"))
        assert await door.who() == Peer(65534)


async def test_what_is_another_users_is_neither_holder_nor_agent(tmp_path, monkeypatch):
    stranger = Process(7, 1.0, os.getuid() + 1, None, None, "claude")
    assert (agent_of(stranger), agent_of(replace(stranger, uid=os.getuid()))) == (
        None,
        replace(stranger, uid=os.getuid()),
    )
    async with opened(tmp_path) as door:
        _, client = await door.connected()
        with client:
            inode = os.fstat(client.fileno()).st_ino
            assert peer._among([os.getpid()], {inode})[inode].pid == os.getpid()
            monkeypatch.setattr(os, "getuid", lambda: 4_000_000)
            assert peer._among([os.getpid()], {inode}) == {}


async def test_many_at_once_share_one_search(tmp_path, monkeypatch):
    searches = []
    all_pids = peer._own_pids
    monkeypatch.setattr(peer, "_own_pids", lambda: searches.append(1) or all_pids())
    async with opened(tmp_path) as door:
        client = door.client("-c", CONNECT, count=50)
        transports = [await door.next() for _ in range(50)]
        found = await asyncio.gather(*map(door.peers.of, transports))
    assert {who.process.pid for who in found} == {client.pid}
    assert len(searches) <= 2


async def test_a_process_that_came_before_is_found_without_a_search(tmp_path, monkeypatch):
    async with opened(tmp_path) as door:
        client = door.client("-c", CONNECT, count=2)
        assert (await door.who()).process.pid == client.pid
        monkeypatch.setattr(peer, "_own_pids", lambda: ())
        assert (await door.who()).process.pid == client.pid


async def test_who_gives_up_waiting_takes_nothing_from_the_others(tmp_path):
    async with opened(tmp_path) as door:
        client = door.client("-c", CONNECT, count=2)
        first, second = [await door.next() for _ in range(2)]
        impatient = asyncio.create_task(door.peers.of(first))
        patient = asyncio.create_task(door.peers.of(second))
        again = asyncio.create_task(door.peers.of(first))
        await asyncio.sleep(0)
        impatient.cancel()
        async with asyncio.timeout(10):
            assert (await patient).process.pid == (await again).process.pid == client.pid
        assert impatient.cancelled()


async def test_of_two_that_share_a_socket_the_one_that_opened_it_counts(tmp_path):
    share = CONNECT.replace("sys.stdin.read()", "import os; os.set_inheritable(open_ones[0].fileno(), True)")
    share += "import subprocess; subprocess.run(['sh', '-c', 'echo >&2; cat'], close_fds=False)"
    async with opened(tmp_path) as door:
        client = door.client("-c", share, stderr=subprocess.PIPE)
        await asyncio.to_thread(client.stderr.read, 1)
        assert len(psutil.Process(client.pid).children()) == 1
        assert (await door.who()).process.pid == client.pid


@pytest.mark.parametrize("refusal", [OSError("no netlink"), None], ids=["no netlink", "no diagnosis"])
async def test_without_an_answer_of_the_kernel_the_table_is_read(tmp_path, monkeypatch, refusal):
    def refuse(*addresses):
        if refusal:
            raise refusal

    monkeypatch.setattr(peer, "ask_kernel", refuse)
    async with opened(tmp_path) as door:
        client = door.client(door.script("claude", CONNECT))
        who = await door.who()
        assert (who.uid, who.process.pid, who.agent.pid) == (os.getuid(), client.pid, client.pid)
        transport, gone = await door.connected()
        gone.close()
        assert await door.peers.of(transport) == UNKNOWN


async def test_a_transport_that_is_no_tcp_has_no_peer_here():
    ours, theirs = socket.socketpair()
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, sock=ours)
    assert await Peers().of(transport) == UNKNOWN
    transport.abort()
    theirs.close()


async def test_elsewhere_nobody_is_known(tmp_path, monkeypatch):
    async with opened(tmp_path) as door:
        transport, client = await door.connected()
        with monkeypatch.context() as patched, client:
            patched.setattr(sys, "platform", "darwin")
            assert await door.peers.of(transport) == UNKNOWN


async def test_what_is_remembered_is_bounded(tmp_path, monkeypatch):
    monkeypatch.setattr(peer, "REMEMBERED", 0)
    async with opened(tmp_path) as door:
        for _ in range(3):
            door.client("-c", CONNECT)
            assert (await door.who()).process
        assert len(door.peers._agents) == 1


async def test_a_process_that_still_connects_is_not_forgotten_for_newer_ones(tmp_path, monkeypatch):
    monkeypatch.setattr(peer, "REMEMBERED", 1)
    async with opened(tmp_path) as door:
        agent = door.client(door.script("claude", CONNECT), count=2)
        first, second = await door.next(), await door.next()
        assert (await door.peers.of(first)).agent.pid == agent.pid
        for _ in range(2):
            door.client("-c", CONNECT)
            await door.who()
            assert (await door.peers.of(second)).agent.pid == agent.pid


@pytest.mark.parametrize(
    ("command", "known"),
    [
        ("claude", True),
        ("/home/dev/.local/bin/claude --resume", True),
        ("node /usr/bin/claude -p hello", True),
        ("node --max-old-space-size=4096 /usr/lib/node_modules/@anthropic-ai/claude-code/cli.js", True),
        ("/usr/bin/node /usr/lib/node_modules/@openai/codex/bin/codex.js", True),
        ("bun /opt/node_modules/@google/gemini-cli/dist/index.js", True),
        ("python3.12 /opt/venv/lib/python3.12/site-packages/goose/__main__.py", True),
        ("/nix/store/x-codex/bin/codex", True),
        ("node server.js", False),
        ("node", False),
        ("python train.py claude", False),
        ("python /home/dev/projects/claude/train.py", False),
        ("otelcol --config claude.yaml", False),
        ("ssh -R 4318:localhost:4318 claude", False),
        ("socat TCP-LISTEN:4319,fork TCP:127.0.0.1:4318", False),
        ("", False),
    ],
)
def test_agents_are_known_by_their_command_lines(command, known):
    assert is_agent(command) is known
