"""What a tool call works on, in one line: the one field of its input that a person would read out."""

from collections.abc import Mapping
from typing import Any

FIELDS = ("command", "file_path", "path", "notebook_path", "pattern", "query", "url", "description", "skill", "prompt")
"""Input fields in the order in which they name the subject best."""

LENGTH = 256
"""Characters kept."""


def subject(tool: str, payload: Mapping[str, Any]) -> str:
    """The subject of a tool call, e.g. `npm test` for a shell, a path for an edit; empty when the input tells none."""
    if tool == "AskUserQuestion":
        return _question(payload)
    for field in FIELDS:
        value = payload.get(field)
        if isinstance(value, str) and value:
            return value[:LENGTH]
    return ""


def _question(payload: Mapping[str, Any]) -> str:
    questions = payload.get("questions")
    first = questions[0] if isinstance(questions, list) and questions else None
    text = first.get("question") if isinstance(first, Mapping) else None
    return text[:LENGTH] if isinstance(text, str) else ""
