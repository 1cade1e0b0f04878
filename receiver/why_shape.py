"""What `aimon why --json` writes, as pydantic models: apart because no door answers it."""

from pydantic import Field

from aimon_core.session import State, WaitingFor
from receiver.shape import Shape, Time, V


class Signal(Shape):
    """One signal, and what it does to the state."""

    signal: str
    at: Time | None
    says: str
    decides: bool = Field(description="whether it set the state")
    verdict: str = Field(description="decides, agrees, disagrees, or why it was not believed: older, weaker, both")


class WhyAnswer(Shape):
    """Why a session is in its state."""

    v: V
    key: str
    agent: str
    name: str
    state: State
    waiting_for: WaitingFor | None
    since: Time | None
    says: tuple[str, str] = Field(description="the state, and how the signals agree, in a sentence each")
    evidence: list[Signal] = Field(description="newest first")
    blind_spots: list[str]
