"""The books of one subagent: its work stands in its session's books too, these only say which part was its."""

from aimon_core.tally import Tally
from aimon_core.tools import Tools


class Helper:
    """The books of one subagent."""

    __slots__ = ("ended_ns", "ok", "started_ns", "tally", "tools", "type")

    def __init__(self) -> None:
        self.type: str | None = None
        self.tally = Tally()
        self.tools = Tools()
        self.started_ns: int | None = None
        self.ended_ns: int | None = None
        self.ok = True
