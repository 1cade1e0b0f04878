"""Copilot CLI's hooks: a file of aimon's own beside others. Its telemetry listens to the environment alone."""

from aimon_desktop.setup.connection import Connection, Document, Part, Setting
from aimon_desktop.setup.json_text import JsonText
from aimon_desktop.setup.place import Place

AGENT = "copilot"

EVENTS = (
    "sessionStart", "sessionEnd", "userPromptSubmitted", "preToolUse", "postToolUse", "postToolUseFailure",
    "errorOccurred", "agentStop", "subagentStop", "permissionRequest", "notification",
)  # fmt: skip
"""Its payloads do not say which of them they are: the command does."""


def connection(place: Place) -> Connection:
    """`hooks/aimon.json` in `$COPILOT_HOME` or `~/.copilot`."""
    folder = place.folder("COPILOT_HOME", ".copilot")
    settings = (
        Setting(("version",), 1),
        *(
            Setting(
                ("hooks", event),
                {"type": "command", "bash": place.hook_command(AGENT, event), "timeoutSec": 5},
                element=True,
            )
            for event in EVENTS
        ),
    )
    document = Document(folder / "hooks" / "aimon.json", JsonText(comments=False), (Part("hooks", settings),))
    return Connection(
        AGENT,
        folder,
        (document,),
        "waits and ends of turns as they happen",
        "Tokens come with telemetry, which it takes from its environment: aimon run -- copilot",
    )
