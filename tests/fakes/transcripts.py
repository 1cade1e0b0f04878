"""Transcripts for tests: those of the captures, and lines as agents write them."""

import json
from pathlib import Path
from typing import Any

from aimon_core.events import Event
from receiver.transcripts import LANGUAGES, Language
from tests.fakes.captures import ROOT

BY_AGENT: dict[str, Language] = {language.agent: language for language in LANGUAGES}


def files(agent: str, name: str) -> list[Path]:
    """The transcripts of a scenario."""
    return sorted((ROOT / agent / name / "transcripts").rglob("*.jsonl"))


def lines_of(agent: str, path: Path) -> list[list[Event]]:
    """What each line of a file says."""
    reader = BY_AGENT[agent].reader(path)
    return [reader.read(line) for line in path.read_bytes().splitlines()]


def events_of(agent: str, path: Path) -> list[Event]:
    """What a file says."""
    return [event for line in lines_of(agent, path) for event in line]


def told(agent: str, *lines: dict[str, Any], path: str = "s1.jsonl") -> list[Event]:
    """What some lines of a file say."""
    reader = BY_AGENT[agent].reader(Path(path))
    return [event for line in lines for event in reader.read(json.dumps(line).encode())]


def stamp(seconds: float) -> str:
    """A time some seconds after 2026-11-21 02:00 UTC, where the stepped clock starts."""
    minutes, rest = divmod(seconds, 60)
    return f"2026-11-21T02:{int(minutes):02d}:{rest:06.3f}Z"


def user(seconds: float, content: Any, session: str = "s1", **fields: Any) -> dict[str, Any]:
    """A line of Claude Code's: a prompt, or what tools gave."""
    line = {"type": "user", "sessionId": session, "timestamp": stamp(seconds), "uuid": f"u{seconds}"}
    return line | {"cwd": "/home/dev/shop-api", "gitBranch": "main", "message": {"content": content}} | fields


def result(seconds: float, tool: str = "toolu_1", *, error: bool = False, **fields: Any) -> dict[str, Any]:
    """The result of a tool."""
    block = {"type": "tool_result", "tool_use_id": tool, "is_error": error, "content": "done"}
    return user(seconds, [block], **fields)


def said(
    seconds: float, text: str, call: str = "req_1", *, output: int = 10, stop: str | None = "end_turn",
    session: str = "s1", model: str = "claude-opus-5-5", **fields: Any,
) -> dict[str, Any]:  # fmt: skip
    """An answer of Claude's with 100 tokens in."""
    usage = {"input_tokens": 100, "output_tokens": output}
    content = [{"type": "text", "text": text}]
    message = {"id": f"msg_{call}", "model": model, "stop_reason": stop, "usage": usage, "content": content}
    line = {"type": "assistant", "sessionId": session, "timestamp": stamp(seconds), "requestId": call}
    return line | {"message": message} | fields


def asked_tool(seconds: float, tool: str = "toolu_1", call: str = "req_1", **given: Any) -> dict[str, Any]:
    """An answer that asks for a command."""
    line = said(seconds, "", call, stop="tool_use")
    line["message"]["content"] = [{"type": "tool_use", "id": tool, "name": "Bash", "input": given or {"command": "ls"}}]
    return line
