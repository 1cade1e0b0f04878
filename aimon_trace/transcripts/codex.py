"""What Codex's rollouts tell beside events: inputs and answers of tools, and the files of its patches."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from aimon_trace.gathering import HEAD, Gathering, Tool
from aimon_trace.transcripts.base import UNREADABLE, Detail, Kind, patched
from receiver.transcripts.codex import Codex

_TYPES = frozenset({"session_meta", "turn_context", "response_item", "event_msg", "token_usage_record", "world_state"})
"""Types of lines that no other agent's have."""
_HEAD = 8
"""Lines in which a rollout names its thread and its session."""


class _Payload(Struct):
    type: str | None = None
    id: str | None = None
    session_id: str | None = None
    call_id: str | None = None
    arguments: str | None = None
    input: str | None = None
    action: dict[str, Any] | None = None
    output: Any = None


class _Line(Struct):
    type: str = ""
    payload: _Payload = field(default_factory=_Payload)


_LINE = msgspec.json.Decoder(_Line)


def _details(gathering: Gathering) -> Detail:
    def detail(line: bytes, *, subagents: bool) -> None:
        del subagents  # a helper's calls lie in a file of its own
        if b'"call_id"' not in line:
            return
        told = _LINE.decode(line)
        if told.type != "response_item" or told.payload.call_id is None:
            return
        tool = gathering.tools.setdefault(told.payload.call_id, Tool())
        if told.payload.output is None:
            tool.input = _given(told.payload) or tool.input
            return
        tool.result = told.payload.output[:HEAD] if isinstance(told.payload.output, str) else ""
        if tool.ok:
            for kind, path in patched(tool.input):
                gathering.touch(kind, path)

    return detail


def _given(payload: _Payload) -> dict[str, Any]:
    """The input: JSON in a text, a text as it is, or the object of the old shell."""
    if payload.arguments is None:
        return {"input": payload.input} if payload.input is not None else payload.action or {}
    try:
        told = msgspec.json.decode(payload.arguments)
    except UNREADABLE:
        return {"input": payload.arguments}
    return told if isinstance(told, dict) else {"input": told}


def _helpers(path: Path) -> Iterable[Path]:
    """Rollouts beside it whose session is this one; a helper starts on the same day, or on the next."""
    own = _thread(path)
    if own is None:
        return []
    beside = sorted(path.parent.glob("rollout-*.jsonl"))
    found = [file for file in beside if file != path and (told := _thread(file)) and told != own]
    return [file for file in found if _names(file) == own[0]]


def _names(path: Path) -> str | None:
    told = _thread(path)
    return told[1] if told else None


def _thread(path: Path) -> tuple[str, str] | None:
    """Ids of a rollout's thread and of its session."""
    with path.open("rb") as file:
        for line, _ in zip(file, range(_HEAD), strict=False):
            try:
                told = _LINE.decode(line)
            except UNREADABLE:
                continue
            if told.type == "session_meta" and told.payload.id:
                return told.payload.id, told.payload.session_id or told.payload.id
    return None


def _claims(line: dict[str, Any]) -> bool:
    return isinstance(line.get("payload"), dict) and str(line.get("type")) in _TYPES


KIND = Kind(Codex(), _claims, _details, _helpers)
