"""What the scripted API answered: the truth that figures elsewhere are compared with."""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from tests.fakes.model_api.script import Usage

Kind = Literal["main", "side", "summary"]


class Served(Struct, frozen=True, kw_only=True):
    """One call."""

    at: float
    """When it was answered or broken off, in seconds since the epoch."""
    request_id: str
    """As a header of the answer."""
    response_id: str = ""
    """As its body; empty where the call failed."""
    session: str
    """As the client calls its session; empty where it does not say."""
    agent: str = ""
    """The subagent that called; empty for the session itself."""
    kind: Kind
    """`side` calls are made by a client for itself, `summary` compacts."""
    script: str = ""
    step: int = 0
    attempt: int = 1
    model: str
    status: int
    usage: Usage = Usage()
    """Nothing where the call failed; what the client would have been told where it hung up."""
    tools: tuple[str, ...] = ()
    """What was asked for, by name."""
    aborted: bool = False
    """Whether the client hung up before the end: it never saw the usage."""

    @property
    def answered(self) -> bool:
        """Whether the client heard it all, the usage in its end."""
        return self.status == 200 and not self.aborted


def total(served: Iterable[Served]) -> Usage:
    """The tokens of some calls."""
    return sum((one.usage for one in served), Usage())
