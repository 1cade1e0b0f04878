"""Claude Code's transcripts: a line for each message, `projects/*/SESSION.jsonl` and `SESSION/subagents/agent-*.jsonl`.

One answer of the model stands on a line for each of its blocks, each line with the usage of the whole; before 2026 all
but the last had a part of the output. A fork repeats its parent's lines and names it (`forkedFrom`).
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

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
from aimon_core.failures import classify
from aimon_core.session import Tokens
from receiver import drift
from receiver.transcripts.base import Base, Facts, at_ns, base_of, subject_of, words
from receiver.transcripts.claude_code.lines import KINDS, LINE, Block, Creation, Line, Message, Meta, Usage

AGENT = "claude-code"

SYNTHETIC = "<synthetic>"
"""The model of what the client says in the model's name."""
SIDECHAIN = "sidechain"
"""The subagent of lines that do not name theirs: builds before subagents had files of their own."""
_CLIENT = re.compile(r"<(command|local-command|bash)-")
"""How the client begins what it writes into the conversation itself."""
_TASK = re.compile(r"<task-id>([^<]{1,64})</task-id>")
_INTERRUPTED = "[Request interrupted by user"


class Transcript:
    """Reads one file."""

    def __init__(self, path: Path) -> None:
        self._name = path.stem
        self._type: str | None = None
        if path.stem.startswith("agent-"):
            self._type = _agent_type(_meta(path))
        self._facts = Facts()
        self._prompt_id: str | None = None
        self._tools: dict[str, str] = {}
        self._open: LlmCalled | None = None
        """An answer whose last line may not have come yet."""
        self._answered: str | None = None
        self._helper_works = False

    def read(self, line: bytes) -> list[Event]:
        """The events of one line."""
        told = LINE.decode(line)
        self._facts.learn(title=told.custom_title or told.ai_title or told.summary)
        events = list(self._closed(told))
        if told.type not in KINDS:
            return [*events, self._unread(told, line)]
        if told.forked_from is not None or told.timestamp is None:
            return events
        agent_id = told.agent_id or (SIDECHAIN if told.is_sidechain else None)
        base = base_of(AGENT, told.session_id or self._name, told.timestamp, told.subtype or told.type, agent_id)
        if agent_id is None:
            self._facts.learn(cwd=told.cwd, branch=told.git_branch if told.git_branch != "HEAD" else None)
        events += self._events(told, base)
        return [*events, *self._facts.news(base)] if events else []

    def _unread(self, told: Line, line: bytes) -> Event:
        base = {
            "agent": AGENT,
            "session_id": told.session_id or self._name,
            "at_ns": at_ns(told.timestamp) if told.timestamp else 0,
            "channel": "transcript",
            "signal": told.type,
        }
        return drift.of_line(line, base, told.version if isinstance(told.version, str) else None)

    def _events(self, told: Line, base: Base) -> Iterator[Event]:
        match told.type:
            case "user" if told.message and not (told.is_meta or told.is_compact_summary):
                yield from self._user(told, told.message, base)
            case "assistant" if told.message:
                yield from self._assistant(told, told.message, base)
            case "system" if told.subtype == "turn_duration":
                yield TurnEnded(**base, reason="transcript", prompt_id=self._prompt_id)
            case "queue-operation" if told.operation == "enqueue" and isinstance(told.content, str):
                if task := _TASK.search(told.content):
                    yield SubagentEnded(**base | {"agent_id": task[1]})

    def _user(self, told: Line, message: Message, base: Base) -> Iterator[Event]:
        if base["agent_id"] is None:
            self._prompt_id = told.prompt_id or self._prompt_id
        blocks = message.content if isinstance(message.content, list) else []
        for block in blocks:
            if block.type == "tool_result" and block.tool_use_id:
                yield self._result(told, block, base)
        text = message.content if isinstance(message.content, str) else _text(blocks)
        if text.startswith(_INTERRUPTED):
            yield from self._interrupted(base)
        elif text and not _CLIENT.match(text) and not any(block.type == "tool_result" for block in blocks):
            yield from self._prompted(told, text, base)

    def _prompted(self, told: Line, text: str, base: Base) -> Iterator[Event]:
        if base["agent_id"] is not None:
            self._helper_works = True
            yield SubagentStarted(**base, type=self._type)
            return
        # A notice that a background task is done begins a turn like a prompt does, but nobody typed it.
        typed = _of(told.origin, "kind") != "task-notification"
        yield PromptSubmitted(
            **base, prompt_id=told.prompt_id, unit=told.uuid or str(base["at_ns"]), text=words(text) if typed else ""
        )

    def _interrupted(self, base: Base) -> Iterator[Event]:
        self._open = None
        if base["agent_id"] is None:
            yield TurnEnded(**base, reason="interrupted", prompt_id=self._prompt_id)
        elif self._helper_works:
            self._helper_works = False
            yield SubagentEnded(**base, ok=False)

    def _result(self, told: Line, block: Block, base: Base) -> Event:
        call_id = block.tool_use_id
        told_of: dict[str, Any] = {"call_id": call_id, "unit": call_id, "name": self._tools.pop(call_id or "", "")}
        if told.tool_denial_kind is not None:
            by_person = _of(told.permission_decision, "source", "user").startswith("user")
            return PermissionAnswered(**base, **told_of, accepted=False, by_person=by_person)
        return ToolFinished(**base, **told_of, ok=not block.is_error)

    def _assistant(self, told: Line, message: Message, base: Base) -> Iterator[Event]:
        blocks = message.content if isinstance(message.content, list) else []
        if message.model == SYNTHETIC or told.is_aborted_mid_stream:
            if told.is_api_error_message and base["agent_id"] is None:
                yield self._failed(told, _text(blocks), base)
            return
        yield from self._called(told, message, base)
        for block in blocks:
            if block.type == "tool_use" and block.id and block.name:
                self._tools[block.id] = block.name
                yield ToolStarted(
                    **base,
                    call_id=block.id,
                    unit=block.id,
                    name=block.name,
                    subject=subject_of(block.name, block.input),
                )
        if base["agent_id"] is None and (text := _text(blocks)):
            yield Spoke(**base, text=words(text))
        if base["agent_id"] is not None and self._helper_works and message.stop_reason not in {None, "tool_use"}:
            self._helper_works = False
            yield SubagentEnded(**base, type=self._type, ok=message.stop_reason == "end_turn")

    def _called(self, told: Line, message: Message, base: Base) -> Iterator[Event]:
        """The call that an answer ends, once its usage is whole: with its stop reason, else with the next record."""
        key = told.request_id or message.id
        if key is None or message.usage is None or key == self._answered:
            return
        call = LlmCalled(
            **base,
            call_id=key,
            unit=key,
            model=message.model or "",
            tokens=tokens_of(message.usage),
            searches=message.usage.server_tool_use.web_search_requests if message.usage.server_tool_use else 0,
            fast=message.usage.speed == "fast",
            prompt_id=self._prompt_id if base["agent_id"] is None else None,
            stop_reason=message.stop_reason,
            asks_tool=message.stop_reason == "tool_use" if message.stop_reason else None,
        )
        if self._open is not None and self._open.tokens.output > call.tokens.output:
            call = msgspec.structs.replace(call, tokens=self._open.tokens)
        self._open = call
        if message.stop_reason is not None:
            yield from self._whole()

    def _closed(self, told: Line) -> Iterator[Event]:
        """An answer without a stop reason is whole when something else follows it."""
        if self._open is not None and (told.type != "assistant" or _key(told) != self._open.call_id):
            yield from self._whole()

    def _whole(self) -> Iterator[Event]:
        if self._open is not None:
            self._answered = self._open.call_id
            yield self._open
        self._open = None

    def _failed(self, told: Line, text: str, base: Base) -> Event:
        name = told.error if isinstance(told.error, str) else ""
        status = told.api_error_status if isinstance(told.api_error_status, int) else None
        kind = classify(status, name, text)
        return TurnEnded(**base, reason="failed", error_type=kind, text=words(text), prompt_id=self._prompt_id)


def _key(told: Line) -> str | None:
    return told.request_id or (told.message.id if told.message else None)


def _of(value: object, name: str, default: str = "") -> str:
    """A text inside an object, where it is one."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, str) else default


def _text(blocks: list[Block]) -> str:
    return next((block.text for block in reversed(blocks) if block.type == "text" and block.text), "")


def tokens_of(usage: Usage) -> Tokens:
    """The exclusive parts of what an answer used."""
    written = usage.cache_creation_input_tokens or 0
    split = usage.cache_creation or Creation()
    short, long = split.ephemeral_5m_input_tokens, split.ephemeral_1h_input_tokens
    read, unknown = usage.cache_read_input_tokens or 0, max(0, written - short - long)
    # Thinking is billed as output; what the API says of it is 0 even where an answer holds some (`tui_clear_compact`).
    return Tokens(usage.input_tokens, read, short, long, unknown, usage.output_tokens, 0)


def _meta(path: Path) -> Path:
    """Where the client says what a subagent is."""
    return path.with_suffix(".meta.json")


def _agent_type(path: Path) -> str | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Meta).agent_type
    except (OSError, msgspec.MsgspecError):
        return None


class ClaudeCode:
    """Claude Code's transcripts."""

    agent = AGENT

    def roots(self) -> tuple[Path, ...]:
        """One folder for each place it keeps its own files in."""
        return tuple(folder / "projects" for folder in paths.claude_dirs())

    def matches(self, path: Path) -> bool:
        """Sessions and their subagents."""
        return path.suffix == ".jsonl"

    def reader(self, path: Path) -> Transcript:
        """A reader for one file."""
        return Transcript(path)

    def beside(self, path: Path) -> tuple[Path, ...]:
        """What a subagent is."""
        return (_meta(path),)

    def session_of(self, path: Path) -> str:
        """Subagents lie two folders below their session."""
        return path.parent.parent.name if path.stem.startswith("agent-") else path.stem
