"""What to do when there is no session yet, instead of a blank table."""

from aimon_tui.paint import Line, Painted

WIDTH = 66

ENVIRONMENT = (
    "export CLAUDE_CODE_ENABLE_TELEMETRY=1",
    "export CLAUDE_CODE_ENHANCED_TELEMETRY_BETA=1",
    "export OTEL_LOGS_EXPORTER=otlp OTEL_METRICS_EXPORTER=otlp",
    "export OTEL_TRACES_EXPORTER=otlp",
    "export OTEL_LOGS_EXPORT_INTERVAL=1000",
)
"""What Claude Code needs to be seen, beside the endpoint; the README says why."""


class Empty(Painted):
    """The empty state."""

    def lines(self, width: int) -> list[Line]:
        """A few sentences, in the middle of the room."""
        app = self.aimon
        wide = width >= 70
        margin = max(2, (width - WIDTH) // 2)
        address = app.door.address
        block = (*ENVIRONMENT, f"export OTEL_EXPORTER_OTLP_ENDPOINT=http://{address}")
        said: list[tuple[str, str]] = [("No sessions yet.", "ink b"), ("", "ink")]
        if app.door.problem:
            said += [(app.door.problem, "fail"), ("", "ink")]
        said.append(("Claude Code shows up when it is started with" if wide else "Start Claude Code with", "ink"))
        if self.size.height >= len(block) + 8:
            said += [("", "ink"), *((f"  {text}", "key") for text in block)]
        else:
            said.append(("the environment block in the README.", "ink"))
        said.append(("", "ink"))
        if not app.door.problem:
            tail = " A session shows up with its first prompt." if wide else ""
            said.append((f"Listening on {address}.{tail}", "faint"))
        above = max(1, (self.size.height - len(said)) // 3)
        rows = [self.line() for _ in range(above)]
        return rows + [self.line().to(margin).put(text, spec) for text, spec in said]
