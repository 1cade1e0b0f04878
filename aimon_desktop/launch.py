"""Starts an agent with its telemetry aimed here by environment alone: no settings are touched, and it is tagged.

What agents listen to differs, and a command may be a wrapper of any of them: all of it is set for all of them.
"""

import json
import os
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn
from urllib.parse import quote

from aimon_core.agents import AGENTS
from aimon_core.errors import UsageError
from aimon_desktop.setup import claude_code, codex

_RIVALS = (
    "OTEL_EXPORTER_OTLP_HEADERS",
    *(f"OTEL_EXPORTER_OTLP_{one}_ENDPOINT" for one in ("LOGS", "TRACES", "METRICS")),
)
"""They would win over the endpoint, or bring somebody else's key here."""
_TAGS = "OTEL_RESOURCE_ATTRIBUTES"
_TAG_LENGTH = 255
"""Claude Code leaves out longer values."""


def environment(endpoint: str, base: Mapping[str, str], pid: int, cwd: str) -> dict[str, str]:
    """A process's environment with telemetry to `endpoint`; rhythms that a person chose stay."""
    told = {name: value for name, value in base.items() if name not in _RIVALS}
    tuned = claude_code.INTERVALS | {"OPENCODE_CONFIG_CONTENT": json.dumps({"experimental": {"openTelemetry": True}})}
    aimed = claude_code.ENVIRONMENT | {"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "COPILOT_OTEL_ENABLED": "true"}
    for prefix in ("GEMINI", "QWEN"):
        aimed |= {
            f"{prefix}_TELEMETRY_ENABLED": "true",
            f"{prefix}_TELEMETRY_TARGET": "local",
            f"{prefix}_TELEMETRY_OTLP_ENDPOINT": endpoint,
            f"{prefix}_TELEMETRY_OTLP_PROTOCOL": "http",
        }
    return tuned | told | aimed | {_TAGS: _tags(base, pid, cwd)}


def arguments(command: Sequence[str], endpoint: str) -> list[str]:
    """The command; Codex, which reads no such environment, is told on its command line."""
    if Path(command[0]).name not in AGENTS["codex"].process_names:
        return list(command)
    told = [
        f'otel.{key}={{otlp-http={{endpoint="{one["otlp-http"]["endpoint"]}",protocol="binary"}}}}'
        for key, one in codex.exporters(endpoint).items()
    ]
    return [command[0], *(word for setting in told for word in ("-c", setting)), *command[1:]]


def replace_process(command: Sequence[str], endpoint: str) -> NoReturn:
    """Become the command: its exit code and its signals are its own. Raises UsageError where it cannot be started."""
    told = environment(endpoint, os.environ, os.getpid(), str(Path.cwd()))
    for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them, and who is ignored stays so in the command
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvpe(command[0], arguments(command, endpoint), told)  # noqa: S606 - what a person asked to run
    except OSError as error:
        raise UsageError(f"{command[0]} cannot be started: {error.strerror}.") from error


def _tags(base: Mapping[str, str], pid: int, cwd: str) -> str:
    """The person's own attributes, then the process and where it is; a pane without its `%`, which would be a code."""
    own = [one for one in base.get(_TAGS, "").split(",") if one and not one.startswith("aimon.")]
    tags = [*own, f"aimon.pid={pid}"]
    if (pane := base.get("TMUX_PANE", "").removeprefix("%")).isdigit():
        tags.append(f"aimon.tmux_pane={pane}")
    if len(place := quote(cwd, safe="/")) <= _TAG_LENGTH:
        tags.append(f"aimon.cwd={place}")
    return ",".join(tags)
