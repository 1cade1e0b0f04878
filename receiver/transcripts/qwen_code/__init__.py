"""Qwen Code's chats: a line for each message and each thing that happened, `projects/PROJECT/chats/SESSION.jsonl`.

Beside the conversation the client notes there what it would tell its telemetry (`ui_telemetry`): every answer with its
tokens, those to its own helpers and to subagents, too, every attempt that failed and every tool with its length. What
begins only the conversation tells. Builds before 0.21 give the notes of tools no id, their results have one. A subagent
is known by its name, and its own file tells when it began. That a turn is over no line says, nor that Esc was pressed.
"""

from collections.abc import Iterator
from pathlib import Path

import msgspec

from aimon_core import paths
from aimon_core.events import (
    Event,
    Gauged,
    LlmCalled,
    PromptSubmitted,
    Spoke,
    SubagentEnded,
    SubagentStarted,
    ToolStarted,
)
from receiver import drift
from receiver.dialects.qwen_code import fields
from receiver.transcripts.base import Base, Facts, base_of, subject_of, words
from receiver.transcripts.qwen_code.lines import KINDS, OVER, TYPED, Call, Line, Note, Payload, Report, Result

AGENT = "qwen-code"

_LINE, _PAYLOAD = msgspec.json.Decoder(Line), msgspec.json.Decoder(Payload)
_REPORT = msgspec.json.Decoder(Report)


class Chat:
    """Reads one file."""

    def __init__(self, session_id: str) -> None:
        self._session_id = session_id
        self._facts = Facts()
        self._began = False
        """Whether a subagent's file has told so."""
        self._done: list[tuple[Base, Note]] = []
        """Notes of tools without an id, which their results have."""

    def read(self, line: bytes) -> list[Event]:
        """The events of one line."""
        told = _LINE.decode(line)
        self._session_id = told.session_id or self._session_id
        base = base_of(AGENT, self._session_id, told.timestamp, told.subtype or told.type, told.agent_name)
        if told.type not in KINDS:
            return [drift.of_line(line, base, told.version)]
        self._facts.learn(cwd=told.cwd, branch=told.git_branch)
        events = list(self._of_subagent(told, base) if told.agent_name else self._events(told, base))
        return [*events, *self._facts.news(base)] if events else []

    def _of_subagent(self, told: Line, base: Base) -> Iterator[Event]:
        """Its own file tells when it began, and its tools; its calls stand in the file of its session."""
        if not self._began:
            self._began = True
            yield SubagentStarted(**base, type=told.agent_name)
        yield from _started(told, base)

    def _events(self, told: Line, base: Base) -> Iterator[Event]:
        text = next((part.text for part in reversed(told.message.parts) if part.text and not part.thought), "")
        if told.type == "user" and text and told.provenance in TYPED:
            yield from (_finished(note, None, noted) for noted, note in self._done)
            self._done.clear()
            yield PromptSubmitted(**base, unit=told.uuid, text=words(text))
        elif told.type == "assistant":
            yield from _started(told, base)
            if text:
                yield Spoke(**base, text=words(text))
            if told.context_window_size:
                yield Gauged(**base, context_limit=told.context_window_size)
        elif told.subtype == "ui_telemetry" and (note := _PAYLOAD.decode(told.system_payload).ui_event) is not None:
            yield from self._noted(note, base)
        elif told.type == "tool_result" and told.tool_call_result is not None:
            answered = next((part.function_response for part in told.message.parts if part.function_response), Call())
            yield from self._result(told.tool_call_result, answered.name, base)

    def _noted(self, note: Note, base: Base) -> Iterator[Event]:
        whose = (note.prompt_id, note.subagent_name, self._session_id)
        side = fields.is_own(*whose)
        base |= {"signal": note.name or base["signal"], "agent_id": fields.worker(*whose)}
        match note.name:
            case "qwen-code.api_response":
                if base["agent_id"] is None and not side:
                    self._facts.learn(model=note.model)
                yield _called(note, base, side=side)
            case "qwen-code.api_error" if not side:
                yield from _tried(note, base)
            case "qwen-code.tool_call" if not side:
                if note.call_id is None and base["agent_id"] is None:
                    self._done.append((base, note))
                else:
                    yield _finished(note, fields.tool_id(note.call_id), base)

    def _result(self, told: Result, name: str, base: Base) -> Iterator[Event]:
        place = next((place for place, (_, note) in enumerate(self._done) if note.function_name == name), None)
        if place is not None:
            noted, note = self._done.pop(place)
            yield _finished(note, fields.tool_id(told.call_id), noted)
        report = _report(told.result_display)
        if report.type == "task_execution" and report.subagent_name and report.status in OVER:
            name = report.subagent_name
            yield SubagentEnded(**base | {"agent_id": name}, type=name, ok=report.status == "completed")


def _started(told: Line, base: Base) -> Iterator[Event]:
    """The tools that an answer asks for."""
    for number, part in enumerate(told.message.parts):
        if told.type == "assistant" and (call := part.function_call) is not None:
            call_id = fields.tool_id(call.id)
            unit, subject = call_id or f"{told.uuid}:{number}", subject_of(call.name, call.args)
            yield ToolStarted(**base, call_id=call_id, unit=unit, name=call.name, subject=subject)


def _called(note: Note, base: Base, *, side: bool) -> LlmCalled:
    tokens = fields.counted(
        note.input_token_count,
        note.cached_content_token_count,
        note.output_token_count,
        note.thoughts_token_count,
        note.total_token_count,
    )
    return LlmCalled(
        **base,
        call_id=note.response_id or None,
        unit=note.response_id or f"{base['at_ns']}:{note.duration_ms}",
        model=note.model,
        tokens=tokens,
        duration_ms=note.duration_ms,
        side=side,
    )


def _tried(note: Note, base: Base) -> Iterator[Event]:
    status = note.status_code if isinstance(note.status_code, int) else None
    told = base | {"unit": str(base["at_ns"]), "model": note.model, "duration_ms": note.duration_ms}
    if (attempt := fields.tried(told, note.error_message, note.error_type, status)) is not None:
        yield attempt


def _finished(note: Note, call_id: str | None, base: Base) -> Event:
    call = {"call_id": call_id, "unit": call_id or str(base["at_ns"]), "name": note.function_name}
    return fields.done(
        base | call | {"asked_by": note.response_id},
        status=note.status,
        decision=note.decision,
        ok=note.success,
        subject=subject_of(note.function_name, note.function_args),
        duration_ms=note.duration_ms,
        error=words(note.error or note.error_type),
    )


def _report(display: msgspec.Raw) -> Report:
    try:
        return _REPORT.decode(display)
    except msgspec.DecodeError:
        return Report()


class QwenCode:
    """Qwen Code's chats."""

    agent = AGENT

    def roots(self) -> tuple[Path, ...]:
        """Its projects."""
        return (paths.qwen_dir() / "projects",)

    def matches(self, path: Path) -> bool:
        """Chats of sessions, and files of their subagents."""
        return path.suffix == ".jsonl" and (path.parent.name == "chats" or path.parent.parent.name == "subagents")

    def reader(self, path: Path) -> Chat:
        """A reader for one file."""
        return Chat(self.session_of(path))

    def beside(self, _path: Path) -> tuple[Path, ...]:
        """None."""
        return ()

    def session_of(self, path: Path) -> str:
        """A chat is called by it, the files of subagents lie in a folder of that name."""
        return path.parent.name if path.parent.parent.name == "subagents" else path.stem.removeprefix("chats-")
