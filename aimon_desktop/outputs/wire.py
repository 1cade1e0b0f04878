"""What the lines of `aimon serve` and `aimon stream` say of a state: the ledger's word, or otel-ai-monitor's."""

from msgspec import Struct

from aimon_core.lines import Json, line, session_list, session_update

__all__ = ["Json", "Timeouts", "line", "session_list", "session_update"]


class Timeouts(Struct, frozen=True):
    """The time limits of otel-ai-monitor, in seconds; None leaves the ledger's word as it is."""

    quiet_s: float | None = None
    """Working and silent this long: completed."""
    completed_s: float | None = None
    """Completed this long: idle."""
    session_s: float | None = None
    """Silent this long, whatever the state: expired."""

    def state(self, state: str, in_state_s: float, silent_s: float) -> str:
        """The state to tell of a session that has been in `state` and has sent nothing for so long."""
        if self.session_s is not None and silent_s >= self.session_s and state != "ended":
            return "expired"
        if self.quiet_s is not None and state == "working" and silent_s >= self.quiet_s:
            state, in_state_s = "completed", silent_s - self.quiet_s
        if self.completed_s is not None and state == "completed" and in_state_s >= self.completed_s:
            return "idle"
        return state
