"""Codex's settings: exporters in `config.toml`, hooks in a file of their own, which it asks its user to trust."""

from aimon_desktop.setup.connection import Connection, Document, Part, Setting, hooks
from aimon_desktop.setup.json_text import JsonText
from aimon_desktop.setup.place import Place
from aimon_desktop.setup.toml_text import TomlText

AGENT = "codex"

EVENTS = (
    "SessionStart", "SessionEnd", "UserPromptSubmit", "PreToolUse", "PermissionRequest", "PostToolUse",
    "SubagentStart", "SubagentStop", "Stop",
)  # fmt: skip

_LIMIT_S = 3
"""A session's last hook gets no more, and Codex warns of more at every start."""


def exporters(endpoint: str) -> dict[str, dict[str, dict[str, str]]]:
    """The members of `[otel]`. Endpoints are used as they are; metrics name no session and stay as they were."""
    return {
        key: {"otlp-http": {"endpoint": f"{endpoint}/v1/{signal}", "protocol": "binary"}}
        for key, signal in (("exporter", "logs"), ("trace_exporter", "traces"))
    }


def connection(place: Place) -> Connection:
    """`config.toml` and `hooks.json` in `$CODEX_HOME` or `~/.codex`."""
    folder = place.folder("CODEX_HOME", ".codex")
    telemetry = tuple(Setting(("otel", key), value) for key, value in exporters(place.endpoint).items())
    allowed = Setting(("features", "hooks"), value=True, rival=True)
    entry = {"hooks": [{"type": "command", "command": place.hook_command(AGENT), "timeout": _LIMIT_S}]}
    return Connection(
        AGENT,
        folder,
        (
            Document(folder / "config.toml", TomlText(), (Part("telemetry", telemetry), Part("hooks", (allowed,)))),
            Document(folder / "hooks.json", JsonText(comments=False), (hooks(EVENTS, entry),)),
        ),
        "tokens and tools; waits and ends of turns as they happen",
        "Codex runs hooks once you trust them: /hooks in its prompt.",
    )
