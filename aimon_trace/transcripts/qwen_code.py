"""What Qwen Code's chats tell beside events: inputs and answers of tools, and the files they touched."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from aimon_trace.gathering import HEAD, Gathering, Tool
from aimon_trace.transcripts.base import Detail, Kind, had_content
from receiver.transcripts.qwen_code import QwenCode

_DONE = {"write_file": "created", "edit": "modified", "read_file": "read"}
"""What a tool did that worked."""


class _Call(Struct):
    id: str | None = None
    args: dict[str, Any] | None = None


class _Answer(Struct):
    id: str | None = None
    response: dict[str, Any] = {}


class _Part(Struct, rename="camel"):
    function_call: _Call | None = None
    function_response: _Answer | None = None


class _Message(Struct):
    parts: list[_Part] = field(default_factory=list)


class _Result(Struct, rename="camel"):
    result_display: Any = None


class _Line(Struct, rename="camel"):
    message: _Message = field(default_factory=_Message)
    tool_call_result: _Result = field(default_factory=_Result)


_LINE = msgspec.json.Decoder(_Line)


def _details(gathering: Gathering) -> Detail:
    def detail(line: bytes, *, subagents: bool) -> None:
        del subagents  # a helper's calls lie in a file of its own
        if b'"functionCall"' not in line and b'"functionResponse"' not in line:
            return
        told = _LINE.decode(line)
        for part in told.message.parts:
            if (call := part.function_call) is not None and call.id is not None:
                gathering.tools.setdefault(call.id, Tool()).input = call.args or {}
            if (answer := part.function_response) is not None and answer.id is not None:
                tool = gathering.tools.setdefault(answer.id, Tool())
                tool.result = str(answer.response.get("output") or answer.response.get("error") or "")[:HEAD]
                path, kind = tool.input.get("file_path"), _DONE.get(tool.name)
                if tool.ok and kind is not None and isinstance(path, str):
                    gathering.touch("modified" if had_content(told.tool_call_result.result_display) else kind, path)

    return detail


def _helpers(path: Path) -> Iterable[Path]:
    """The files of its subagents."""
    return sorted((path.parent.parent / "subagents" / path.stem).glob("agent-*.jsonl"))


def _claims(line: dict[str, Any]) -> bool:
    message = line.get("message")
    return "parentUuid" in line and ("systemPayload" in line or (isinstance(message, dict) and "parts" in message))


KIND = Kind(QwenCode(), _claims, _details, _helpers)
