"""What the hook program says beside a payload, in the head of its request; a message in the spool is that very request.

The payload is the agent's word, the head is the hook program's. Neither is believed further than it can be
checked: a time that is not credible is no time, and of the processes only those count that the system confirms.
"""

import re
from collections.abc import Mapping

from msgspec import Struct

from aimon_core import ancestry
from aimon_core.ancestry import Identity, Parent
from receiver.status import Reason, Refused

AGE_S = 24 * 3600.0
"""How long a message may lie in the spool."""
_AHEAD_NS = 1_000_000_000
_PARENTS = re.compile(r"(\d{1,10})@(\d{0,18})(?:,|$)", re.ASCII)


class Beside(Struct, frozen=True):
    """What came beside a payload."""

    at_ns: int | None = None
    """When the hook ran."""
    chain: tuple[Parent, ...] = ()
    """The processes above the hook, innermost first."""
    process: Identity | None = None
    """The agent among them, where that is known from a recording."""
    above: tuple[Identity, ...] = ()
    """The agents above that one, likewise."""

    def moment(self, arrived_ns: int) -> int:
        """When the hook ran, as far as that is credible; else when it arrived. The same message keeps its moment."""
        if self.at_ns is None or not arrived_ns - AGE_S * 1e9 <= self.at_ns <= arrived_ns + _AHEAD_NS:
            return arrived_ns
        return self.at_ns


class Spooled(Struct, frozen=True):
    """A message of the spool."""

    agent: str
    beside: Beside
    body: bytes


def beside(headers: Mapping[str, str], peer: int | None = None) -> Beside:
    """Read the head; `peer` is the process at the other end of the socket, which will do where no chain is told."""
    at = headers.get("X-Aimon-At", "")
    chain: tuple[Parent, ...] = tuple(
        (int(pid), int(ticks) if ticks else None)
        for pid, ticks in _PARENTS.findall(headers.get("X-Aimon-Parents", "")[:512])
    )
    if not chain and peer is not None:
        chain = ancestry.parents(peer)
    return Beside(int(at) if at.isascii() and at.isdecimal() and len(at) < 20 else None, chain)


def spooled(message: bytes) -> Spooled:
    """Take apart a message of the spool. Raises Refused for what the hook program never wrote, or not to its end."""
    head, _, body = message.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines if ": " in line)
    words = first.split(" ")
    if len(words) != 3 or not words[1].startswith("/hooks/") or headers.get("Content-Length") != str(len(body)):
        raise Refused(Reason.MALFORMED, "no message of the hook program")
    return Spooled(words[1].removeprefix("/hooks/"), beside(headers), body)
