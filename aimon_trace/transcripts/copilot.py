"""What Copilot CLI's files tell beside events: inputs and answers of tools, and the files they touched."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from aimon_trace.gathering import HEAD, Gathering, Tool
from aimon_trace.transcripts.base import Detail, Kind, patched
from receiver.transcripts.copilot import Copilot

_DONE = {"create": "created", "edit": "modified", "str_replace": "modified", "insert": "modified", "view": "read"}
"""What a tool did that worked, or a command of the editor of older builds; `create` wants no file to be there."""


class _Result(Struct):
    content: Any = None


class _Data(Struct, rename="camel"):
    tool_call_id: str | None = None
    arguments: Any = None
    result: _Result = field(default_factory=_Result)


class _Line(Struct, rename="camel"):
    type: str
    agent_id: str | None = None
    data: _Data = field(default_factory=_Data)


_LINE = msgspec.json.Decoder(_Line)


def _details(gathering: Gathering) -> Detail:
    def detail(line: bytes, *, subagents: bool) -> None:
        if b'"tool.execution_' not in line:
            return
        told = _LINE.decode(line)
        call_id = told.data.tool_call_id
        if call_id is None or (told.agent_id is not None and not subagents):
            return
        tool = gathering.tools.setdefault(call_id, Tool())
        if told.type == "tool.execution_start":
            given = told.data.arguments
            tool.input = given if isinstance(given, dict) else {"input": given} if given else {}
        elif told.type == "tool.execution_complete":
            content = told.data.result.content
            tool.result = content[:HEAD] if isinstance(content, str) else ""
            if tool.ok:
                _touch(tool, gathering)

    return detail


def _touch(tool: Tool, gathering: Gathering) -> None:
    kind, path = _DONE.get(str(tool.input.get("command", tool.name)), _DONE.get(tool.name)), tool.input.get("path")
    named = [(kind, path)] if kind is not None and isinstance(path, str) else patched(tool.input)
    for done, file in named:
        gathering.touch(done, file)


def _helpers(_path: Path) -> Iterable[Path]:
    """None: subagents stand in the file of their session."""
    return ()


def _claims(line: dict[str, Any]) -> bool:
    return "parentId" in line and isinstance(line.get("data"), dict) and isinstance(line.get("type"), str)


KIND = Kind(Copilot(), _claims, _details, _helpers)
