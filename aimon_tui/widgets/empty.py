"""What to do when there is no session yet, instead of a blank table."""

from textwrap import wrap

from aimon_core.clean import clean
from aimon_tui.paint import Line, Painted

WIDTH = 66
WIDE = 70

ENVIRONMENT = (
    "export CLAUDE_CODE_ENABLE_TELEMETRY=1",
    "export CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1",
    "export OTEL_LOGS_EXPORTER=otlp OTEL_METRICS_EXPORTER=otlp",
    "export OTEL_TRACES_EXPORTER=otlp",
    "export OTEL_LOGS_EXPORT_INTERVAL=1000",
)
"""What Claude Code needs to be seen, beside the endpoint; the README says why."""

Said = list[tuple[str, str]]


class Empty(Painted):
    """The empty state."""

    def lines(self, width: int) -> list[Line]:
        """A few sentences, in the middle of the room."""
        wide, height = width >= WIDE, self.size.height
        said: Said = [("No sessions yet.", "ink b"), ("", "ink"), *self._problem(max(1, min(width - 4, WIDTH)))]
        connect, listening = self._connect(wide=wide), self._listening(wide=wide)
        if len(said + connect + listening) > height:
            connect = [("The README says how to connect Claude Code.", "muted"), ("", "ink")]
        said += connect + listening
        spare = max(0, height - len(said))
        rows = [self.line() for _ in range(max(spare // 3, min(spare, 1)))]
        margin = (width - WIDTH) // 2 if wide else 1
        return rows + [self.line().to(margin).put(text, spec) for text, spec in said]

    def _problem(self, room: int) -> Said:
        problem = self.aimon.door.problem
        return [*((text, "fail") for text in wrap(clean(problem), room)), ("", "ink")] if problem else []

    def _connect(self, *, wide: bool) -> Said:
        address = self.aimon.door.address
        if not _can_be_reached(address):
            return []
        block = (*ENVIRONMENT, f"export OTEL_EXPORTER_OTLP_ENDPOINT=http://{address}")
        if wide:
            told = [("Claude Code shows up when it is started with", "muted"), ("", "ink")]
            return [*told, *((f"  {text}", "ink") for text in block), ("", "ink")]
        return [("Start Claude Code with", "muted"), *((text, "ink") for text in block), ("", "ink")]

    def _listening(self, *, wide: bool) -> Said:
        address = self.aimon.door.address
        if self.aimon.door.problem or not _can_be_reached(address):
            return []
        tail = " A session shows up with its first prompt." if wide else ""
        return [(f"Listening on {address}.{tail}", "faint")]


def _can_be_reached(address: str) -> bool:
    """Whether an address has a port: that of a recording has none."""
    return bool(address.rpartition(":")[2])
