"""What Codex says that nobody needs: most of it are the inner workings of the program, which change with every version.

So only log events can be new: they are its public telemetry. Of its spans and metrics whatever is not read is noise.
"""

from collections.abc import Container, Mapping

from receiver.record import Signal

_EVENTS = """
    agent_response auth_recovery guardian_assessment plugin_install_elicitation_sent plugin_install_suggestion
    sandbox_outcome skill_invocation startup_phase turn_cost turn_ttft
"""
"""Log events that are known and tell nothing that is shown, without their prefix."""


class _Inner(Container[str]):
    """All names but those that begin like public ones, where there are such."""

    def __init__(self, public: str = "", known: frozenset[str] = frozenset()) -> None:
        self._public, self._known = public, known

    def __contains__(self, name: object) -> bool:
        return not self._public or not str(name).startswith(self._public) or name in self._known


NOISE: Mapping[Signal, Container[str]] = {
    "logs": _Inner("codex.", frozenset(f"codex.{name}" for name in _EVENTS.split())),
    "traces": _Inner(),
    "metrics": _Inner(),
}
"""By signal, the names of records that are known to be of no use, or that nobody can know."""
