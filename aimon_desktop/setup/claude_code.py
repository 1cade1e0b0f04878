"""Claude Code's settings: the environment of its telemetry, its hooks, its status line. Strict JSON: no comments."""

from aimon_desktop.setup.connection import Connection, Document, Part, Setting, hooks
from aimon_desktop.setup.json_text import JsonText
from aimon_desktop.setup.place import Place

AGENT = "claude-code"

EVENTS = (
    "SessionStart", "SessionEnd", "UserPromptSubmit", "PreToolUse", "PostToolUse", "PostToolUseFailure",
    "PostToolBatch", "PermissionRequest", "PermissionDenied", "Elicitation", "ElicitationResult", "Notification",
    "Stop", "StopFailure", "SubagentStart", "SubagentStop",
)  # fmt: skip
"""Those that mean something to `receiver.hooks.claude_code`."""

ENVIRONMENT = {
    "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
    "CLAUDE_CODE_ENHANCED_TELEMETRY_BETA": "1",
    "OTEL_LOGS_EXPORTER": "otlp",
    "OTEL_TRACES_EXPORTER": "otlp",
    "OTEL_METRICS_EXPORTER": "otlp",
    "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
}
"""Switches telemetry on; spans are the beta part of it."""

INTERVALS = {
    "OTEL_LOGS_EXPORT_INTERVAL": "1000",
    "OTEL_TRACES_EXPORT_INTERVAL": "1000",
    "OTEL_METRIC_EXPORT_INTERVAL": "10000",
}
"""Milliseconds; by default logs and spans come every 5 s, metrics every minute."""


def connection(place: Place) -> Connection:
    """`settings.json` in `$CLAUDE_CONFIG_DIR` or `~/.claude`."""
    folder = place.folder("CLAUDE_CONFIG_DIR", ".claude")
    entry = {"hooks": [{"type": "command", "command": place.hook_command(AGENT), "timeout": 5}]}
    telemetry = Part(
        "telemetry",
        (
            *(Setting(("env", name), value) for name, value in ENVIRONMENT.items()),
            Setting(("env", "OTEL_EXPORTER_OTLP_ENDPOINT"), place.endpoint),
            *(Setting(("env", name), value, tuning=True) for name, value in INTERVALS.items()),
            *(
                Setting(
                    ("env", f"OTEL_EXPORTER_OTLP_{signal.upper()}_ENDPOINT"),
                    f"{place.endpoint}/v1/{signal}",
                    rival=True,
                )
                for signal in ("logs", "traces", "metrics")
            ),
        ),
    )
    status_line = Part(
        "status line",
        (
            Setting(("statusLine", "type"), "command"),
            Setting(("statusLine", "command"), place.statusline_command(None), around=place.statusline_command),
        ),
    )
    allowed = Setting(("disableAllHooks",), value=False, rival=True)
    parts = (telemetry, hooks(EVENTS, entry, allowed), status_line)
    gives = "tokens, dollars, spans; waits and ends of turns as they happen; context and limits"
    return Connection(AGENT, folder, (Document(folder / "settings.json", JsonText(comments=False), parts),), gives)
