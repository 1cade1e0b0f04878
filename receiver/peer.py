"""Who is at the other end of a connection: telemetry may say anything, the kernel knows who holds that socket.

A session's pid from here needs no word of the agent's own, and a connection of another user is seen as one (S5). What
cannot be known is None: for a client that has hung up the kernel answers inode 0 and uid 0, which is nobody, not root.
"""

import asyncio
import os
import re
import socket
import struct
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress

import psutil
from msgspec import Struct

from aimon_core.agents import AGENTS
from aimon_core.process import Process, facts

Address = tuple[str, int]

PARENTS = 3
"""How far above the process that connected an agent may be: node, its launcher, a shell."""
REMEMBERED = 256
"""Processes whose agent is remembered."""

_NETLINK_SOCK_DIAG = 4
_SOCK_DIAG_BY_FAMILY = 20
_ALL_STATES = _NO_COOKIE = 0xFFFFFFFF

_NAMES = {name: agent.id for agent in AGENTS.values() for name in (agent.id, *agent.process_names)}
_INTERPRETER = re.compile(r"(?:node|nodejs|bun|deno|python)[\d.]*")
_INSTALLED = re.compile(r"/(?:node_modules|site-packages)/(?P<package>.+)")


class Peer(Struct, frozen=True):
    """The other end of a connection."""

    uid: int | None = None
    """None where it could not be known; then nothing else is."""
    process: Process | None = None
    """Who holds the socket, if it is ours. It may be a relay (ssh, docker-proxy, a collector): no session's process."""
    agent: Process | None = None
    """That process or the nearest of its parents that is a known agent: whose session this is."""


UNKNOWN = Peer()

Found = tuple[Process | None, Process | None]
"""A process and its agent."""
NOBODY: Found = (None, None)


class Held(Struct, frozen=True):
    """A socket, as the kernel knows it."""

    inode: int
    uid: int


class Peers:
    """Finds out who the peers of a door are, each once.

    The kernel is asked at once, for a client may be gone a moment later. Finding the process among all takes 10 ms:
    that is done in a thread, one search for all who wait.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, asyncio.Future[Found]] = {}
        self._search: asyncio.Task[None] | None = None
        self._agents: dict[tuple[int, float], Process | None] = {}
        self._kernel_answers = False

    @property
    def answers_at_once(self) -> bool:
        """Whether a stranger is known as one before his first byte; else only when the system's table was read."""
        return self._kernel_answers

    async def of(self, transport: asyncio.BaseTransport) -> Peer:
        """Who is at the other end; call it as soon as the connection stands."""
        addresses = transport.get_extra_info("peername"), transport.get_extra_info("sockname")
        if not all(isinstance(address, tuple) for address in addresses):
            return UNKNOWN
        return await self.between(*(address[:2] for address in addresses))

    async def between(self, theirs: Address, ours: Address) -> Peer:
        """Who has their address on a connection to ours."""
        if sys.platform != "linux":
            return UNKNOWN
        try:
            held = ask_kernel(theirs, ours)
        except OSError:
            held = None
        if held is None:  # gone, unless this kernel has no TCP diagnosis at all, which it says in the same way
            return UNKNOWN if self._kernel_answers else await asyncio.to_thread(from_table, theirs, ours)
        self._kernel_answers = True
        return Peer(held.uid, *(await self._holder(held.inode) if held.uid == os.getuid() else NOBODY))

    async def _holder(self, inode: int) -> Found:
        waiting = self._waiting.setdefault(inode, asyncio.get_running_loop().create_future())
        if self._search is None or self._search.done():
            self._search = asyncio.create_task(self._searches())
        return await asyncio.shield(waiting)  # who hangs up while it waits takes nothing from the others

    async def _searches(self) -> None:
        while waiting := self._waiting:
            self._waiting = {}
            found: dict[int, Process] = {}
            try:
                found = await asyncio.to_thread(self._holders, set(waiting))
            finally:
                for inode, future in waiting.items():
                    process = found.get(inode)
                    future.set_result((process, self._agents.get(_identity(process))) if process else NOBODY)

    def _holders(self, wanted: set[int]) -> dict[int, Process]:
        """The processes that hold some sockets; those that held one before are asked first: an agent opens several."""
        found = _among([pid for pid, _ in self._agents], wanted)
        if missing := wanted - found.keys():
            found |= _among(_own_pids(), missing)
        for process in found.values():
            one = _identity(process)
            self._agents[one] = self._agents.pop(one) if one in self._agents else agent_of(process)
        while len(self._agents) > REMEMBERED + len(found):
            del self._agents[next(iter(self._agents))]
        return found


def from_table(theirs: Address, ours: Address) -> Peer:
    """The same from the system's table of connections, 20 ms, where the kernel tells nothing about a single one."""
    try:
        table = psutil.net_connections("tcp")
    except psutil.Error:
        return UNKNOWN
    process = next((facts(one.pid) for one in table if (one.laddr, one.raddr) == (theirs, ours) and one.pid), None)
    if process is None:
        return UNKNOWN
    return Peer(process.uid, process, agent_of(process)) if process.uid == os.getuid() else Peer(process.uid)


def ask_kernel(theirs: Address, ours: Address) -> Held | None:
    """The socket at the other end of one connection of this machine; None where it is gone or closing.

    One question and its answer on netlink, 0.1 ms: https://man7.org/linux/man-pages/man7/sock_diag.7.html.
    Raises OSError where the kernel cannot be asked.
    """
    family = socket.AF_INET6 if ":" in theirs[0] else socket.AF_INET
    ports = struct.pack("!HH", theirs[1], ours[1])
    ips = b"".join(socket.inet_pton(family, ip).ljust(16, b"\0") for ip, _ in (theirs, ours))
    which = ports + ips + struct.pack("=III", 0, _NO_COOKIE, _NO_COOKIE)
    question = struct.pack("=BBBxI", family, socket.IPPROTO_TCP, 0, _ALL_STATES) + which
    header = struct.pack("=IHHII", 16 + len(question), _SOCK_DIAG_BY_FAMILY, 1, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as netlink:
        netlink.settimeout(0)  # the kernel answers while it is asked: there is nothing to wait for
        netlink.send(header + question)
        answer = netlink.recv(8192)
    if struct.unpack_from("=H", answer, 4)[0] != _SOCK_DIAG_BY_FAMILY or answer[20:24] != ports:
        return None  # no such connection; a listener on that port is not our peer
    uid, inode = struct.unpack_from("=II", answer, 16 + 4 + 48 + 12)
    return Held(inode, uid) if inode else None


def agent_of(process: Process) -> Process | None:
    """The process or the nearest of its parents that is a known agent and ours; None for relays and strangers."""
    one: Process | None = process
    for _ in range(PARENTS + 1):
        if one is None or one.uid != os.getuid():
            return None
        if is_agent(one.command):
            return one
        one = facts(one.parent) if one.parent else None
    return None


def is_agent(command: str) -> bool:
    """Whether a command line runs a known agent."""
    return agent_id(command) is not None


def agent_id(command: str) -> str | None:
    """The agent that a command line runs, by itself or through an interpreter: `node /usr/bin/claude`."""
    program, *arguments = command.split(" ")
    if (found := _NAMES.get(_stem(program))) or not _INTERPRETER.fullmatch(program.rpartition("/")[2]):
        return found
    script = next((argument for argument in arguments if not argument.startswith("-")), "")
    installed = _INSTALLED.search(script)
    parts = [_stem(script), *(installed[1].split("/") if installed else ())]
    return next((_NAMES[part] for part in parts if part in _NAMES), None)


def _stem(path: str) -> str:
    return path.rpartition("/")[2].removesuffix(".js").removesuffix(".py")


def _identity(process: Process) -> tuple[int, float]:
    return process.pid, process.started_at


def _among(pids: Iterable[int], wanted: set[int]) -> dict[int, Process]:
    """Who of some processes holds which of the wanted sockets; of several that share one, the oldest: it opened it."""
    found: dict[int, Process] = {}
    for pid in pids:
        for inode in wanted.intersection(_sockets(pid)):
            process = facts(pid)
            if process is None or process.uid != os.getuid():
                continue
            if inode not in found or process.started_at < found[inode].started_at:
                found[inode] = process
    return found


def _own_pids() -> Iterator[int]:
    for entry in os.scandir("/proc"):
        with suppress(OSError):  # it has ended
            if entry.name.isdigit() and entry.stat().st_uid == os.getuid():
                yield int(entry.name)


def _sockets(pid: int) -> Iterator[int]:
    """The inodes of a process's sockets."""
    try:
        files = os.listdir(f"/proc/{pid}/fd")  # noqa: PTH208 - pathlib takes twice as long, and this is all we do
    except OSError:  # it has ended
        return
    for file in files:
        with suppress(OSError):  # closed under our eyes
            link = os.readlink(f"/proc/{pid}/fd/{file}")  # noqa: PTH115 - as above
            if link.startswith("socket:["):
                yield int(link[8:-1])
