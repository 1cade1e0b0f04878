"""Which sessions the process behind a connection is: telemetry says what happened, the kernel says who told.

Apart from `peer`, which knows processes and no sessions. A relay speaks for sessions that are not its own, so not every
agent above a connection counts, and only for sessions of its own kind.
"""

import asyncio
import os
from collections.abc import Callable, Mapping
from typing import Protocol

from aimon_core.events import Event, SessionSeen
from aimon_core.identity import PEER, session_key
from receiver.peer import Peer, agent_id

Spoken = Mapping[tuple[str, str], int]
"""Agent and id of each session that a request told of, with the time of its last event."""


class Line(Protocol):
    """One connection, whatever it speaks."""

    peer: asyncio.Task[Peer] | None
    """Who is at the other end, being found out since it stands; None where that cannot be."""
    process_of: str | None
    """Key of the session that its process was last told to be."""


def attribute(line: Line, spoken: Spoken, learn: Callable[[list[Event]], None], *, by_child: bool) -> None:
    """Tell the ledger which process these sessions are, once that is known; the request is answered meanwhile."""

    def tell(peer: asyncio.Task[Peer]) -> None:
        seen = [] if peer.cancelled() else attributed(peer.result(), spoken, by_child=by_child)
        if seen and {session_key(one) for one in seen} != {line.process_of}:
            line.process_of = session_key(seen[-1])
            learn([*seen])

    if line.peer is not None and spoken:
        line.peer.add_done_callback(tell)


def attributed(peer: Peer, spoken: Spoken, *, by_child: bool) -> list[SessionSeen]:
    """What a request proves about processes, in the order of the events' own times.

    An exporter is the agent itself. A hook is a program that the agent starts (`by_child`); a collector that an agent
    has started is a relay all the same. What this very process sends itself (the demo) is nobody's.
    """
    agent, process = peer.agent, peer.process
    if agent is None or process is None or process.pid == os.getpid() or not (by_child or process == agent):
        return []
    name = agent_id(agent.command)
    told = sorted((at_ns, session_id) for (kind, session_id), at_ns in spoken.items() if kind == name)
    return [
        SessionSeen(
            agent=name or "", session_id=session_id, at_ns=at_ns, channel="process", signal=PEER,
            pid=agent.pid, pid_started_at=agent.started_at,
        )
        for at_ns, session_id in told
    ]  # fmt: skip
