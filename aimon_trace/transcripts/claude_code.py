"""What Claude Code's transcripts tell beside events: inputs and answers of tools, files in all shapes, its own bill."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from aimon_trace.gathering import HEAD, Gathering, Reported, Tool
from aimon_trace.transcripts.base import Detail, Kind
from receiver.transcripts.claude_code import ClaudeCode
from receiver.transcripts.claude_code.lines import KINDS

_MARKS = (b'"tool_use', b'"tool_result"', b'"cost-state"')
"""Lines without one of these tell nothing here; most have none, and looking costs a hundredth of decoding."""
_OWN = {"sessionId", "uuid", "leafUuid", "parentUuid"}
"""Names that lines of other agents do not have together with a type that is Claude Code's."""
_DONE = {"Write": "created", "Edit": "modified", "MultiEdit": "modified", "NotebookEdit": "modified", "Read": "read"}
"""What a tool did that worked, for builds and helpers whose lines do not tell."""
_KINDS = {"create": "created", "update": "modified", "edit": "modified", "write": "modified", "read": "read"}
"""What the type of a result says."""


class _Block(Struct):
    type: str = ""
    id: str | None = None
    input: Any = None
    tool_use_id: str | None = None
    content: Any = None


class _Message(Struct):
    content: str | list[_Block] | None = None


class _Line(Struct, rename="camel"):
    type: str = ""
    agent_id: str | None = None
    is_sidechain: bool | None = None
    forked_from: Any = None
    message: _Message | None = None
    tool_use_result: Any = None
    total_cost_usd: float | None = msgspec.field(name="totalCostUSD", default=None)
    model_usage: dict[str, dict[str, Any]] | None = None


_LINE = msgspec.json.Decoder(_Line)
_COUNTED = ("inputTokens", "outputTokens", "cacheReadInputTokens", "cacheCreationInputTokens")


def _details(gathering: Gathering) -> Detail:
    def detail(line: bytes, *, subagents: bool) -> None:
        if not any(mark in line for mark in _MARKS):
            return
        told = _LINE.decode(line)
        if told.type == "cost-state" and told.total_cost_usd is not None:
            gathering.reported = _reported(told.total_cost_usd, told.model_usage or {})
        if told.forked_from is not None or not (subagents or (told.agent_id is None and not told.is_sidechain)):
            return
        for block in told.message.content if told.message and isinstance(told.message.content, list) else ():
            if block.type == "tool_use" and block.id and isinstance(block.input, dict):
                gathering.tools.setdefault(block.id, Tool()).input = block.input
            elif block.type == "tool_result" and block.tool_use_id:
                tool = gathering.tools.setdefault(block.tool_use_id, Tool())
                tool.result = _text(block.content)[:HEAD]
                if tool.ok:
                    _touched(gathering, tool, told.tool_use_result)

    return detail


def _touched(gathering: Gathering, tool: Tool, result: object) -> None:
    """The file that a call touched, as its result says, else as its name and input do."""
    told = result if isinstance(result, dict) else {}
    inner, path = told.get("file"), told.get("filePath") or told.get("notebook_path")
    if isinstance(inner, dict) and isinstance(inner.get("filePath"), str):
        gathering.touch("read", inner["filePath"])
    elif isinstance(path, str):
        gathering.touch(_KINDS.get(str(told.get("type")), "modified"), path)
    elif tool.name in _DONE and isinstance(path := tool.input.get("file_path") or tool.input.get("notebook_path"), str):
        gathering.touch(_DONE[tool.name], path)


def _reported(usd: float, usage: dict[str, dict[str, Any]]) -> Reported:
    counts = (model.get(name) for model in usage.values() for name in _COUNTED)
    return Reported(usd, sum(count for count in counts if isinstance(count, int)))


def _text(content: object) -> str:
    if isinstance(content, list):
        texts = (block.get("text") for block in content if isinstance(block, dict))
        content = next((text for text in texts if text), "")
    return content if isinstance(content, str) else ""


def _helpers(path: Path) -> Iterable[Path]:
    return sorted(path.with_suffix("").glob("subagents/**/agent-*.jsonl"))


def _claims(line: dict[str, Any]) -> bool:
    return str(line.get("type")) in KINDS and bool(_OWN & line.keys())


KIND = Kind(ClaudeCode(), _claims, _details, _helpers, closes=b'{"type":"summary"}')
