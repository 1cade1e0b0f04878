"""Which processes are agents: the process table, looked at every few seconds at small cost.

A process that is none is not looked at again for a while; one that has just begun is, since a shell becomes an agent
under the same pid. Only our own processes count, each with its start time: a pid alone is no identity.
"""

import os
import time
from collections.abc import Callable, Iterable
from pathlib import PurePath

import psutil
from msgspec import Struct

from aimon_core.agents import AGENTS

YOUNG_S = 10.0
"""A process is looked at each time until it is this old."""
SAME_S = 1.0
"""Start times of one process differ by less, also after the machine's clock was set."""
FORKED_S = 1.0
"""A process that starts another is there twice, to the letter, until the other becomes what it runs."""
AGAIN_S = 60.0
"""An old one that is no agent is looked at again after this time: it may have become one."""

_INTERPRETERS = ("node", "bun", "deno", "python")
_NO_SESSION = frozenset(
    {
        "app-server", "auth", "completion", "config", "daemon", "doctor", "install", "login", "logout", "mcp",
        "mcp-server", "plugin", "serve", "setup-token", "update", "upgrade", "--help", "--version", "-h", "-v",
    }
)  # fmt: skip
"""First arguments with which a program of that name is no session."""
_HELPERS = frozenset({"codex-linux-sandbox", "codex-execve-wrapper", "apply_patch", "applypatch"})
"""What Codex's own program is called where it is no session: it holds each command that it lets run."""


class Running(Struct, frozen=True):
    """A running agent."""

    agent: str
    pid: int
    started_at: float
    """Seconds since the epoch; with the pid, the identity of the process."""
    cwd: str | None
    parent: int | None
    wrapped: bool = False
    """Whether an interpreter runs it: that may be a mere launcher of the process that counts."""
    command: tuple[str, ...] = ()


class Scan:
    """Looks at the process table again and again."""

    def __init__(self, pids: Callable[[], Iterable[int]] = psutil.pids) -> None:
        """`pids` names the processes to look at; tests name their own children."""
        self._pids = pids
        self._agents: dict[int, Running] = {}
        self._others: dict[int, float] = {}
        """When to look at them again, in seconds of a clock that never jumps."""

    def look(self) -> list[Running]:
        """The agents that run now, oldest first. Blocks for some milliseconds, the first time for longer."""
        pids, now_s = set(self._pids()), time.monotonic()
        self._agents = {pid: agent for pid, agent in self._agents.items() if pid in pids and _lives(agent)}
        self._others = {pid: again_s for pid, again_s in self._others.items() if pid in pids and again_s > now_s}
        young = []
        for pid in pids - self._agents.keys() - self._others.keys():
            agent, age_s = _examined(pid)
            if agent is not None:
                self._agents[pid] = agent
                young += [agent] if age_s < FORKED_S else []
            elif age_s > YOUNG_S:
                self._others[pid] = now_s + AGAIN_S
        for agent in [one for one in young if self._is_copy(one)]:
            del self._agents[agent.pid]
        return sorted(_told_apart(self._agents), key=lambda agent: agent.started_at)

    def _is_copy(self, agent: Running) -> bool:
        parent = self._agents.get(agent.parent or 0)
        return parent is not None and parent.command == agent.command


def agent_of(name: str, command: list[str]) -> tuple[str, bool] | None:
    """The agent that a command line runs as a session, and whether an interpreter runs it; None for all others."""
    program = PurePath(command[0]).name if command else name
    if program in _HELPERS:
        return None
    wrapped = program.startswith(_INTERPRETERS)
    at = next((place for place, word in enumerate(command[1:], 1) if not word.startswith("-")), 0) if wrapped else 0
    script = command[at] if command else name
    names = {PurePath(script).stem} if wrapped else {program, name}
    if len(command) > at + 1 and command[at + 1] in _NO_SESSION:
        return None
    for agent in AGENTS.values():
        if names & set(agent.process_names) or (wrapped and agent.package and f"{agent.package}/" in script):
            return agent.id, wrapped
    return None


def open_files(pid: int) -> list[str]:
    """The regular files that a process holds open; none where the system does not tell."""
    try:
        return [file.path for file in psutil.Process(pid).open_files()]
    except (psutil.Error, OSError):
        return []


def _examined(pid: int) -> tuple[Running | None, float]:
    """The agent that a process is, and the age of the process in seconds."""
    try:
        process = psutil.Process(pid)
        started_at = process.create_time()
        age_s = time.time() - started_at
        with process.oneshot():
            if process.uids().real != os.getuid():
                return None, AGAIN_S
            command = process.cmdline()
            found = agent_of(process.name(), command)
            if found is None:
                return None, age_s
            parent, wrapped = process.ppid(), found[1]
            return Running(found[0], pid, started_at, process.cwd(), parent, wrapped, tuple(command)), age_s
    except (psutil.Error, OSError):
        return None, AGAIN_S


def _lives(agent: Running) -> bool:
    try:
        process = psutil.Process(agent.pid)
        same = abs(process.create_time() - agent.started_at) < SAME_S
        return same and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def _told_apart(agents: dict[int, Running]) -> list[Running]:
    """One process for each agent: not the launcher that only waits for it, and not the helpers it starts itself."""
    dropped = set()
    for agent in agents.values():
        parent = agents.get(agent.parent or 0)
        if parent is not None and parent.agent == agent.agent:
            dropped.add(parent.pid if parent.wrapped else agent.pid)
    return [agent for agent in agents.values() if agent.pid not in dropped]
