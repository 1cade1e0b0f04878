"""Gemini CLI's settings, in JSON with comments. `AfterModel` fires with every piece of an answer: it is left out."""

from aimon_desktop.setup.connection import Connection, Document, Part, Setting, hooks
from aimon_desktop.setup.json_text import JsonText
from aimon_desktop.setup.place import Place

AGENT = "gemini-cli"

EVENTS = ("SessionStart", "SessionEnd", "BeforeAgent", "AfterAgent", "BeforeTool", "AfterTool", "Notification")


def telemetry(endpoint: str) -> dict[str, object]:
    """The members of `telemetry`; `otlpProtocol` is gRPC where it is not told."""
    return {"enabled": True, "target": "local", "otlpEndpoint": endpoint, "otlpProtocol": "http"}


def connection(place: Place) -> Connection:
    """`~/.gemini/settings.json`; timeouts of hooks are milliseconds."""
    folder = place.home / ".gemini"
    settings = telemetry(place.endpoint) | {"traces": True}  # without, spans carry four attributes
    entry = {
        "matcher": "*",
        "hooks": [{"type": "command", "name": "aimon", "command": place.hook_command(AGENT), "timeout": 5000}],
    }
    allowed = Setting(("hooksConfig", "enabled"), value=True, rival=True)
    parts = (
        Part("telemetry", tuple(Setting(("telemetry", key), value) for key, value in settings.items())),
        hooks(EVENTS, entry, allowed),
    )
    document = Document(folder / "settings.json", JsonText(comments=True), parts)
    return Connection(AGENT, folder, (document,), "tokens and tools; waits and ends of turns as they happen")
