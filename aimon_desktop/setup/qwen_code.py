"""Qwen Code's settings: Gemini's telemetry with Claude's hooks, in JSON with comments."""

from aimon_desktop.setup.connection import Connection, Document, Part, Setting, hooks
from aimon_desktop.setup.json_text import JsonText
from aimon_desktop.setup.place import Place

AGENT = "qwen-code"

EVENTS = (
    "SessionStart", "SessionEnd", "UserPromptSubmit", "PreToolUse", "PostToolUse", "PostToolUseFailure",
    "PermissionRequest", "PermissionDenied", "Notification", "Stop", "StopFailure", "SubagentStart", "SubagentStop",
)  # fmt: skip


def telemetry(endpoint: str) -> dict[str, object]:
    """The members of `telemetry`; `otlpProtocol` is gRPC where it is not told."""
    return {"enabled": True, "target": "local", "otlpEndpoint": endpoint, "otlpProtocol": "http"}


def connection(place: Place) -> Connection:
    """`~/.qwen/settings.json`; a timeout of thousands is read as milliseconds by every version."""
    folder = place.home / ".qwen"
    entry = {
        "matcher": "*",
        "hooks": [{"type": "command", "name": "aimon", "command": place.hook_command(AGENT), "timeout": 5000}],
    }
    parts = (
        Part(
            "telemetry", tuple(Setting(("telemetry", key), value) for key, value in telemetry(place.endpoint).items())
        ),
        hooks(EVENTS, entry, Setting(("disableAllHooks",), value=False, rival=True)),
    )
    document = Document(folder / "settings.json", JsonText(comments=True), parts)
    return Connection(AGENT, folder, (document,), "tokens and tools; waits and ends of turns as they happen")
