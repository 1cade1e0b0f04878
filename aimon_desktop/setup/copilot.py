"""Copilot CLI's hooks: a file of aimon's own beside others. Its telemetry listens to the environment alone."""

from aimon_desktop.setup.connection import Connection, Document, Setting, hooks
from aimon_desktop.setup.json_text import JsonText
from aimon_desktop.setup.place import Place

AGENT = "copilot"

EVENTS = (
    "sessionStart", "sessionEnd", "userPromptSubmitted", "preToolUse", "postToolUse", "postToolUseFailure",
    "errorOccurred", "agentStop", "subagentStart", "subagentStop", "permissionRequest", "notification",
)  # fmt: skip


def connection(place: Place) -> Connection:
    """`hooks/aimon.json` in `$COPILOT_HOME` or `~/.copilot`."""
    folder = place.folder("COPILOT_HOME", ".copilot")
    entry = {"type": "command", "bash": place.hook_command(AGENT), "timeoutSec": 5}
    part = hooks(EVENTS, entry, Setting(("version",), 1))
    document = Document(folder / "hooks" / "aimon.json", JsonText(comments=False), (part,))
    return Connection(
        AGENT,
        folder,
        (document,),
        "waits, ends of turns and the process as they happen",
        "Its telemetry listens to the environment alone: aimon run -- copilot",
    )
