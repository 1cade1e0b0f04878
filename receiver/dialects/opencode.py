"""opencode's app log and spans, as of 1.18: tokens only where its `experimental.openTelemetry` is on.

Calls are `.doStream` and `.doGenerate` of the AI SDK; the span around each repeats their usage. Input includes what a
cache gave, output its reasoning. Of hundreds of spans a prompt, two more count: a tool, and the request that brought
the prompt, whose path names the session. A log's body is a word and an object that is not quite JSON. Who is asked for
a permission neither a line nor a span says: the trace does.
"""

import re
from collections.abc import Container, Iterable, Mapping
from typing import Any, ClassVar

from aimon_core.events import (
    Event,
    LlmBegun,
    LlmCalled,
    LlmTried,
    PermissionAnswered,
    PermissionAsked,
    PromptSubmitted,
    SessionSeen,
    SubagentStarted,
    ThreadSeen,
    ToolFinished,
    TraceSeen,
    TurnEnded,
)
from aimon_core.failures import classify
from aimon_core.orphans import traced
from aimon_core.session import Tokens
from receiver.dialects.base import PERSON_MS, STATUS_ERROR, Base, Reads, base_of, head, located, subject_of, took_ms
from receiver.record import Record, Scope, Signal

AGENT = "opencode"
_REQUEST = re.compile(r"/session/(ses_\w+)/(message|abort)")
"""The path of a request about a session."""
_FIELD = re.compile(r'"([\w.]+)":(?:"((?:[^"\\]|\\.)*)"|(\d+))')
"""A field of a log's object, which may hold `undefined` beside it."""
_PATTERN = re.compile(r'"patterns":\["((?:[^"\\]|\\.)*)"')


class Opencode:
    """The dialect of opencode."""

    name = AGENT
    noise: ClassVar[Mapping[Signal, Container[str]]] = {}

    def claims(self, scope: Scope) -> bool:
        """Whatever its process tells: its own scope is called like the service."""
        return AGENT in (scope.name, scope.service)

    def translate(self, record: Record) -> Iterable[Event] | None:
        """What a span or a line of the log tells; both are without number, so only what the SDK adds can be new."""
        if record.signal == "logs":
            return _log(record)
        reads = SPANS.get(record.name)
        if reads is None:
            return None if record.name.startswith("ai.") and record.name not in AROUND else ()
        session_id = record.identity("session.id") or record.identity("ai.telemetry.metadata.sessionId")
        base = base_of(record, AGENT, session_id or traced(record.trace_id))
        if session_id is None:
            return reads(record, base) if record.name in NAMELESS else ()
        return (TraceSeen(**base, trace_id=record.trace_id), *reads(record, base), *located(record, base))


# ------------------------------------------------------------------------------------------ logs


def _log(record: Record) -> Iterable[Event]:
    """A line of the log: the beginning and the end of a turn, a call under way, a new session and where it works."""
    values = record.message.body.a.values
    word, told = (values[0].s, _fields(values[1].s)) if len(values) > 1 else ("", {})
    session_id = told.get("id" if word == "created" else "session.id", "")
    if word == "asking":
        words = f"{told.get('permission', '')}: {_first(values[1].s)}"
        base = base_of(record, AGENT, traced(record.trace_id)) | {"signal": word}
        yield PermissionAsked(**base, kind="permission", subject=head(words))
    if not session_id.startswith("ses_"):
        return
    base = base_of(record, AGENT, session_id) | {"signal": word}
    if word != "created":  # that happens in the request of the session which it is made for
        yield TraceSeen(**base, trace_id=record.trace_id)
    match word:
        case "created":
            yield ThreadSeen(**base, parent=told.get("parentID"), certain=True)
            yield SessionSeen(**base, cwd=told.get("directory"))
        case "loop" if told.get("step") == "0":
            yield PromptSubmitted(**base, unit=str(record.at_ns), by_thread=True)
        case "stream" if told.get("small") != "true":
            if told.get("mode") == "subagent":
                yield SubagentStarted(**base | {"agent_id": session_id}, type=told.get("agent"))
            yield LlmBegun(**base)
        case "exiting loop":
            yield TurnEnded(**base, reason="idle", complete=True)


def _first(text: str) -> str:
    """The first of the patterns that a permission is asked for."""
    found = _PATTERN.search(text)
    return found[1].replace('\\"', '"') if found else ""


def _fields(text: str) -> dict[str, str]:
    """The object's own fields; those of objects within come later, and may have the same names."""
    told: dict[str, str] = {}
    for found in _FIELD.finditer(text):
        told.setdefault(found[1], found[2] or found[3] or "")
    return told


# ------------------------------------------------------------------------------------------ spans


def _call(record: Record, base: Base) -> Iterable[Event]:
    """A model call. Those that the SDK may repeat are the client's own: it repeats the others itself."""
    parent = record.identity("ai.request.headers.x-parent-session-id")
    if parent is not None:
        yield ThreadSeen(**base, parent=parent, certain=True)
    model = record.text("ai.model.id") or record.text("gen_ai.response.model") or "unknown"  # as the plugin calls it
    side = bool(record.integer("ai.settings.maxRetries"))
    if record.message.status.code == STATUS_ERROR:
        yield _unanswered(record, base, model, side=side)
    elif "ai.usage.inputTokens" in record or "ai.usage.outputTokens" in record:
        finish = record.identity("ai.response.finishReason")
        yield LlmCalled(
            **base,
            call_id=record.identity("gen_ai.response.id") or record.identity("ai.response.id"),
            unit=record.span_id.hex(),
            model=model,
            tokens=_tokens(record),
            duration_ms=took_ms(record),
            side=side,
            asks_tool=None if finish is None else finish == "tool-calls",
        )


def _unanswered(record: Record, base: Base, model: str, *, side: bool) -> LlmCalled | LlmTried:
    unit, words, duration_ms = record.span_id.hex(), record.message.status.message, took_ms(record)
    error_type = None if "abort" in words.lower() else classify(None, "", words)
    if error_type is not None and not side:
        told: dict[str, Any] = {"unit": unit, "model": model, "duration_ms": duration_ms}
        return LlmTried(**base, **told, error_type=error_type, error=head(words))
    return LlmCalled(
        **base, call_id=unit, unit=unit, model=model, tokens=Tokens(), duration_ms=duration_ms, ok=False,
        error=head(words), error_type=error_type, side=side,
    )  # fmt: skip


def _tool(record: Record, base: Base) -> Iterable[Event]:
    """A tool call, by the client or by the SDK, which knows what it was given. A refusal is no failure."""
    name = record.text("tool.name") or record.text("ai.toolCall.name") or ""
    failed, words = record.message.status.code == STATUS_ERROR, record.message.status.message
    yield ToolFinished(
        **base,
        call_id=record.identity("tool.call_id") or record.identity("ai.toolCall.id"),
        unit=record.span_id.hex(),
        name=name,
        ok=not failed,
        subject=subject_of(name, record.text("ai.toolCall.args")),
        duration_ms=took_ms(record),
        error=head(words) if failed else "",
        interrupted=failed and ("reject" in words.lower() or "abort" in words.lower()),
    )


def _request(record: Record, _: Base) -> Iterable[Event]:
    """A prompt was sent, and is answered when the turn is over; or a person took the turn back."""
    found = _REQUEST.fullmatch(record.identity("url.path") or "")
    if found is None or (record.integer("http.response.status_code") or 200) >= 400:
        return
    base = base_of(record, AGENT, found[1])
    if found[2] == "abort":
        yield TurnEnded(**base, reason="interrupted", complete=False)
        return
    yield PromptSubmitted(**base | {"at_ns": record.start_ns}, unit=record.span_id.hex())
    yield TurnEnded(**base, reason="span", began_ns=record.start_ns)


def _permission(record: Record, base: Base) -> Iterable[Event]:
    """A person was asked, and has answered."""
    if took_ms(record) >= PERSON_MS:
        accepted = record.message.status.code != STATUS_ERROR
        yield PermissionAnswered(
            **base, call_id=None, unit=record.span_id.hex(), name="", accepted=accepted, by_person=True
        )


def _tokens(record: Record) -> Tokens:
    inclusive, own = record.integer("ai.usage.inputTokens") or 0, record.integer(f"{_DETAILS}.noCacheTokens")
    read = record.integer(f"{_DETAILS}.cacheReadTokens") or record.integer("ai.usage.cachedInputTokens") or 0
    written = record.integer(f"{_DETAILS}.cacheWriteTokens") or 0
    return Tokens(
        input=max(0, inclusive - read - written) if own is None else own,
        cache_read=read,
        cache_write_unknown=written,
        output=record.integer("ai.usage.outputTokens") or 0,
        reasoning=record.integer("ai.usage.reasoningTokens"),
    )


_DETAILS = "ai.usage.inputTokenDetails"


NAMELESS = frozenset({"http.server POST", "Permission.ask"})
"""Spans that have no attribute for a session's id."""

SPANS: dict[str, Reads] = {
    "ai.streamText.doStream": _call,
    "ai.generateText.doGenerate": _call,
    "ai.streamObject.doStream": _call,
    "ai.generateObject.doGenerate": _call,
    "ai.toolCall": _tool,
    "Tool.execute": _tool,
    "http.server POST": _request,
    "Permission.ask": _permission,
}
"""Which function reads which span."""

AROUND = frozenset({"ai.streamText", "ai.generateText", "ai.streamObject", "ai.generateObject"})
"""Spans around a call, which say nothing new."""
