"""What a tool call works on, in one line: the one field of its input that a person would read out; what was asked."""

import re
from collections.abc import Mapping
from typing import Any

FIELDS = (
    "command", "cmd", "file_path", "filePath", "path", "notebook_path", "pattern", "query", "url", "description",
    "skill", "prompt", "question", "message",
)  # fmt: skip
"""Input fields in the order in which they name the subject best."""

SHELLS = frozenset({"exec_command", "shell", "shell_command", "local_shell", "container.exec"})
"""What Codex calls the shell that it gives a model; its hooks call each of them `Bash`."""
NOTICE = "<task-notification>"
"""How Claude Code begins a prompt of its own: a task in the background is done, and the session goes on with that."""

LENGTH = 256
"""Characters kept."""


EXIT_CODE = re.compile(r"^(?:Process exited with code|Exit code:) (-?\d+)$", re.MULTILINE)
"""How a command ended, in a tool's output as Codex frames it."""
LOOKED_AT = 1_024
"""Characters of an output in which that stands."""


def subject(tool: str, payload: Mapping[str, Any]) -> str:
    """The subject of a tool call, e.g. `npm test` for a shell, a path for an edit; empty when the input tells none."""
    if tool == "AskUserQuestion":
        return _question(payload)
    for field in FIELDS:
        value = payload.get(field)
        if isinstance(value, str) and value:
            return value[:LENGTH]
    return ""


def hook_name(tool: str) -> str:
    """What an agent's hooks call a tool: the name under which all channels are joined."""
    return "Bash" if tool in SHELLS else tool


def typed(prompt: str) -> str:
    """What a person asked; empty where the client has written the prompt itself."""
    return "" if prompt.startswith(NOTICE) else prompt


def _question(payload: Mapping[str, Any]) -> str:
    questions = payload.get("questions")
    first = questions[0] if isinstance(questions, list) and questions else None
    text = first.get("question") if isinstance(first, Mapping) else None
    return text[:LENGTH] if isinstance(text, str) else ""
