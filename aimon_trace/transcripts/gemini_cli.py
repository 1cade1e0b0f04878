"""What Gemini CLI's chats tell beside events: inputs and answers of tools, and the files they touched."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from aimon_trace.gathering import HEAD, Gathering, Tool
from aimon_trace.transcripts.base import UNREADABLE, Detail, Kind, had_content
from receiver.transcripts.base import at_ns
from receiver.transcripts.gemini_cli import GeminiCli

_DONE = {"write_file": "created", "replace": "modified", "read_file": "read"}
"""What a tool did that worked."""


class _Call(Struct, rename="camel"):
    id: str | None = None
    name: str = ""
    args: dict[str, Any] | None = None
    status: str | None = None
    timestamp: datetime | None = None
    result: Any = None
    result_display: Any = None


class _Line(Struct, rename="camel"):
    timestamp: datetime | None = None
    tool_calls: list[_Call] | None = None


_LINE = msgspec.json.Decoder(_Line)


def _details(gathering: Gathering) -> Detail:
    def detail(line: bytes, *, subagents: bool) -> None:
        del subagents  # a helper's calls lie in a file of its own
        if b'"toolCalls"' not in line:
            return
        told = _LINE.decode(line)
        for call in told.tool_calls or ():
            key = call.id or (str(at_ns(told.timestamp)) if told.timestamp else "")
            tool = gathering.tools.setdefault(key, Tool())
            tool.input, tool.result = call.args or {}, _text(call.result)[:HEAD]
            path = tool.input.get("file_path") or tool.input.get("absolute_path")
            if call.status == "success" and call.name in _DONE and isinstance(path, str):
                gathering.touch(_kind(call), path)

    return detail


def _kind(call: _Call) -> str:
    return "modified" if call.name == "write_file" and had_content(call.result_display) else _DONE[call.name]


def _text(result: object) -> str:
    """The head of the first answer."""
    try:
        response = result[0]["functionResponse"]["response"]  # type: ignore[index]  # or something raises
        return str(response.get("output") or response.get("error") or "")
    except (AttributeError, IndexError, KeyError, TypeError):
        return ""


def _helpers(path: Path) -> Iterable[Path]:
    """Chats in a folder that the session's id names."""
    with path.open("rb") as file:
        try:
            told = msgspec.json.decode(file.readline())
        except UNREADABLE:
            return []
    session_id = told.get("sessionId") if isinstance(told, dict) else None
    folder = path.parent / session_id if isinstance(session_id, str) and "/" not in session_id else None
    return sorted(folder.glob("*.jsonl")) if folder else []


def _claims(line: dict[str, Any]) -> bool:
    return "sessionId" in line and "projectHash" in line


KIND = Kind(GeminiCli(), _claims, _details, _helpers)
