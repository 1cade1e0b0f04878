"""Gemini CLI's chats: a line for each message, `tmp/PROJECT/chats/session-*.jsonl`, patches (`$set`) between them.

A message is written again when its tools are done; it is one call. After a cancelled request the client writes the
conversation anew, all within the same moment and without usage: nobody typed that.
"""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct, field

from aimon_core import paths
from aimon_core.events import (
    Event,
    LlmCalled,
    PermissionAnswered,
    PromptSubmitted,
    Spoke,
    SubagentEnded,
    SubagentStarted,
    ToolFinished,
    ToolStarted,
    TurnEnded,
)
from aimon_core.session import Tokens
from receiver import drift, windows
from receiver.transcripts.base import Base, Count, Facts, at_ns, base_of, subject_of, words

AGENT = "gemini-cli"

KINDS = frozenset({"", "error", "gemini", "info", "user", "warning"})
"""Types of messages; a patch has none."""
RESULT = "functionResponse"
"""The signal of a result, apart from that of its request, which stands in the same line."""
_TYPED_NS = 100_000_000
"""A person does not type a prompt within this time after the message before it."""


class Usage(Struct):
    """Tokens of one answer; the input includes the cached part, the output leaves out the thoughts."""

    input: Count = 0
    output: Count = 0
    cached: Count = 0
    thoughts: Count | None = None
    tool: Count = 0


class Part(Struct):
    """A part of what somebody said; the result of a function has no text."""

    text: str | None = None


class Report(Struct, rename="camel"):
    """What a subagent came to."""

    agent_name: str | None = None
    terminate_reason: str | None = None


class ToolCall(Struct, rename="camel"):
    """A tool call, written once it is done."""

    id: str | None = None
    name: str = ""
    args: msgspec.Raw = field(default_factory=msgspec.Raw)
    status: str | None = None
    timestamp: datetime | None = None
    agent_id: str | None = None
    """Of the subagent that did it."""
    result_display: msgspec.Raw = field(default_factory=msgspec.Raw)
    """A text, or one of many objects."""


class Line(Struct, rename="camel"):
    """One line: the head of the file, a message or a patch."""

    session_id: str | None = None
    kind: str | None = None
    id: str | None = None
    type: str = ""
    timestamp: datetime | None = None
    content: str | list[Part] | None = None
    tokens: Usage | None = None
    model: str | None = None
    tool_calls: list[ToolCall] | None = None


_DECODER = msgspec.json.Decoder(Line)
_REPORT = msgspec.json.Decoder(Report)


class Chat:
    """Reads one file."""

    def __init__(self, path: Path) -> None:
        self._session_id = path.stem
        self._agent_id: str | None = None
        self._folder = path.parent.name  # of a subagent: its session
        self._facts = Facts()
        self._facts.learn(cwd=_project(path))
        self._last_ns = 0
        self._asked: set[str] = set()
        """Messages whose call is told."""

    def read(self, line: bytes) -> list[Event]:
        """The events of one line."""
        told = _DECODER.decode(line)
        if told.session_id:
            self._session_id = told.session_id
            if told.kind == "subagent":
                self._session_id, self._agent_id = self._folder, told.session_id
        if told.timestamp is None or told.id is None:
            return []
        base = base_of(AGENT, self._session_id, told.timestamp, told.type, self._agent_id)
        if told.type not in KINDS:
            return [drift.of_line(line, base)]
        events = list(self._events(told, told.id, base))
        self._last_ns = base["at_ns"]
        return [*events, *self._facts.news(base)] if events else []

    def _events(self, told: Line, message_id: str, base: Base) -> Iterator[Event]:
        text = _text(told.content)
        match told.type:
            case "user" if text and base["at_ns"] - self._last_ns > _TYPED_NS:
                if self._agent_id is not None:
                    yield SubagentStarted(**base)
                else:
                    yield PromptSubmitted(**base, prompt_id=None, unit=message_id, text=words(text))
            case "gemini" if told.tokens is not None:
                yield from self._answer(told, told.tokens, message_id, base)
                if text and self._agent_id is None:
                    yield Spoke(**base, text=words(text))
            case "info" if text == "Request cancelled." and self._agent_id is None:
                yield TurnEnded(**base, reason="interrupted")

    def _answer(self, told: Line, usage: Usage, message_id: str, base: Base) -> Iterator[Event]:
        if message_id not in self._asked:
            self._asked.add(message_id)
            yield LlmCalled(
                **base,
                call_id=message_id,
                unit=message_id,
                model=told.model or "",
                tokens=_tokens(usage),
                asks_tool=bool(told.tool_calls) or not _text(told.content),
            )
            yield from windows.of_gemini(base, told.model or "")
        for call in told.tool_calls or ():
            yield from _tool(call, base)


def _tool(call: ToolCall, base: Base) -> Iterator[Event]:
    named: dict[str, Any] = {"call_id": call.id, "unit": call.id or str(base["at_ns"]), "name": call.name}
    done = base | {"signal": RESULT} | ({"at_ns": at_ns(call.timestamp)} if call.timestamp else {})
    if call.status == "cancelled":
        yield PermissionAnswered(**done, **named, accepted=False, by_person=True)
        return
    yield ToolStarted(**base, **named, subject=subject_of(call.name, call.args))
    if call.status in {"success", "error"}:
        yield ToolFinished(**done, **named, ok=call.status == "success")
        if call.agent_id is not None:
            report = _report(call.result_display)
            ok = (report.terminate_reason or "GOAL") == "GOAL"
            yield SubagentEnded(**done | {"agent_id": call.agent_id}, type=report.agent_name, ok=ok)


def _report(display: msgspec.Raw) -> Report:
    try:
        return _REPORT.decode(display)
    except msgspec.DecodeError:
        return Report()


def _text(content: str | list[Part] | None) -> str:
    if isinstance(content, list):
        return next((part.text for part in reversed(content) if part.text), "")
    return content or ""


def _tokens(usage: Usage) -> Tokens:
    thoughts = usage.thoughts or 0
    own = max(0, usage.input + usage.tool - usage.cached)
    return Tokens(own, usage.cached, output=usage.output + thoughts, reasoning=usage.thoughts)


def _places(path: Path) -> tuple[Path, ...]:
    """Where that may stand."""
    return tuple(folder / ".project_root" for folder in path.parents[1:3])


def _project(path: Path) -> str | None:
    """The project's folder, which the client notes beside its chats."""
    for place in _places(path):
        try:
            return place.read_text("utf-8").strip() or None
        except (OSError, UnicodeDecodeError):
            continue
    return None


class GeminiCli:
    """Gemini CLI's chats."""

    agent = AGENT

    def roots(self) -> tuple[Path, ...]:
        """Its projects."""
        return (paths.gemini_dir() / "tmp",)

    def matches(self, path: Path) -> bool:
        """Chats of sessions and, a folder deeper, of their subagents."""
        return path.suffix == ".jsonl" and "chats" in (path.parent.name, path.parent.parent.name)

    def reader(self, path: Path) -> Chat:
        """A reader for one file."""
        return Chat(path)

    def beside(self, path: Path) -> tuple[Path, ...]:
        """The project's folder."""
        return _places(path)

    def session_of(self, path: Path) -> str:
        """Subagents lie in a folder of their session."""
        return path.parent.name if path.parent.parent.name == "chats" else path.stem
