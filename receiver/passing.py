"""What passes the doors, as it was on the wire: for whoever hears it beside the ledger, the relay and the tape.

Apart from `intake`, which knows what requests mean; who listens here is told once a request was taken, and never asked.
"""

from typing import Protocol

from msgspec import Struct

from aimon_core.events import Event
from aimon_core.journal import Delivery
from receiver.hook_request import Beside

MARK = "aimon-forwarded"
"""The header in which an aimon that passes a request on puts its mark behind those of others."""


class Came(Struct, frozen=True):
    """A body as it was on the wire."""

    body: bytes
    content_type: str
    content_encoding: str = ""
    """As the sender named it; empty for none."""
    marks: str = ""
    """The aimons that passed it on before (`MARK`), with commas between."""


class Passed(Struct, frozen=True):
    """A request that was taken."""

    kind: str
    """logs, traces, metrics, or `hooks/` and the agent."""
    came: Came
    at_ns: int
    """When it arrived."""
    delivery: Delivery | None
    """The same without private text; None where nothing is left of it, or nobody wants it."""
    beside: Beside = Beside()
    """When a hook ran, and the agent that was found to have run it."""


class Ear(Protocol):
    """Somebody who hears what was taken. Neither method may raise or take its time."""

    def passed(self, one: Passed) -> None:
        """A request was taken and is about to be answered."""

    def learned(self, events: list[Event], arrived_ns: int | None = None) -> None:
        """The ledger was told what no request says; `arrived_ns` is when that came, now if not told."""
