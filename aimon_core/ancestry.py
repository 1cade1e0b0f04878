"""Which process above a hook is the agent itself: found among facts of the system, never in what a payload claims.

A hook tells the pids above it and when each began. One of them counts if it still runs, is ours, began when it was said
to (a pid is given away again, and one from inside a container means another process here), and looks like the agent.
"""

import os
from functools import lru_cache

from aimon_core.agents import AGENTS, Agent
from aimon_core.process import facts, since_boot

Parent = tuple[int, int | None]
"""A pid, and when it began in ticks since the boot; None where the system does not tell that cheaply."""
Identity = tuple[int, float]
"""A pid, and when it began in seconds since the epoch."""

SLACK_S = 1.0
"""The system tells its own boot to the second."""
DEPTH = 12
_INTERPRETERS = {"node", "bun", "deno", "python", "python3"}


def agent_process(agent: str, chain: tuple[Parent, ...], at_s: float) -> Identity | None:
    """The nearest process of a chain that is this agent; `at_s` is when the chain was seen, since the epoch."""
    exact = all(ticks is not None for _, ticks in chain)
    return _found(agent, chain, None) if exact else _found.__wrapped__(agent, chain, at_s)


def parents(pid: int) -> tuple[Parent, ...]:
    """A process and those above it, innermost first."""
    chain: list[Parent] = []
    above: int | None = pid
    while above is not None and above > 1 and len(chain) < DEPTH:
        chain.append((above, None))
        process = facts(above)
        above = process.parent if process else None
    return tuple(chain)


@lru_cache(maxsize=512)  # a process keeps its first answer: those above it may end before it
def agents_above(pid: int, started_at: float) -> tuple[Identity, ...]:
    """The agents of ours among the processes above one, nearest first; none where it runs no more."""
    own = facts(pid)
    if own is None or abs(own.started_at - started_at) > SLACK_S:
        return ()
    above = [process for at, _ in parents(own.parent or 0) if (process := facts(at)) and process.uid == os.getuid()]
    known = (one for one in above if any(is_agent(agent, one.command) for agent in AGENTS.values()))
    return tuple((one.pid, one.started_at) for one in known)


@lru_cache(maxsize=512)  # looking costs 0.3 ms a process, and an agent's hooks all come down the same chain
def _found(agent: str, chain: tuple[Parent, ...], at_s: float | None) -> Identity | None:
    for pid, ticks in chain[:DEPTH]:
        process = facts(pid)
        if process is None or process.uid != os.getuid() or not is_agent(AGENTS[agent], process.command):
            continue
        if ticks is not None:
            same = abs(process.started_at - since_boot(ticks)) <= SLACK_S
        else:  # who ran then and runs now under one pid is one process
            same = process.started_at <= (at_s or 0.0) + SLACK_S
        return (pid, process.started_at) if same else None
    return None


def is_agent(agent: Agent, command: str) -> bool:
    """Whether a command line starts this agent: by its name, by its script's, or by the npm package it lies in."""
    words = command.split()
    program = words[0] if words else ""
    if _stem(program) in _INTERPRETERS:
        program = next((word for word in words[1:] if not word.startswith("-")), program)
    packages = program.rpartition("/node_modules/")[2].split("/")[:2] if "/node_modules/" in program else []
    return not {_stem(program), *packages}.isdisjoint({agent.id, *agent.process_names})


def _stem(path: str) -> str:
    return path.rpartition("/")[2].partition(".")[0]
