"""Codex's log events: threads, prompts, attempts and answers of the model, decisions and results of tools."""

from collections.abc import Iterable

from aimon_core.events import (
    Event,
    LlmBegun,
    LlmCalled,
    LlmTried,
    PermissionAnswered,
    PromptSubmitted,
    SessionSeen,
    SubagentEnded,
    ThreadSeen,
    ToolFinished,
)
from aimon_core.failures import classify
from receiver.dialects.base import Base, head, subject_of
from receiver.dialects.codex.fields import failed, tokens, tool_name
from receiver.record import Attributes, Record


def thread(record: Record, base: Base) -> Iterable[Event]:
    """A thread begins: one of a person, or one that finds a title, which nothing but its bareness tells."""
    return seen(record, record, base)


def seen(record: Record, told: Attributes, base: Base) -> Iterable[Event]:
    """What a `conversation_starts` says of its thread, on a log or on a span."""
    servers = told.text("mcp_servers")
    bare = servers is None and not told.integer("mcp_server_count")
    guessed = bare and told.identity("originator") == "codex-tui" and told.identity("sandbox_policy") == "read-only"
    yield ThreadSeen(**base, auxiliary=guessed)
    resource = record.scope.resource
    yield SessionSeen(
        **base,
        model=told.text("model"),
        effort=told.text("reasoning_effort"),
        approval_policy=told.text("approval_policy"),
        sandbox=told.text("sandbox_policy"),
        mcp_servers=servers,
        host=resource.text("host.name"),
        pid=resource.integer("process.pid") or resource.integer("aimon.pid"),
        cwd=resource.text("aimon.cwd"),
    )


def prompt(record: Record, base: Base) -> Iterable[Event]:
    """A prompt; all of one turn lie in one trace, which is the only name the turn has here."""
    written = record.text("prompt")
    yield PromptSubmitted(
        **base,
        unit=record.trace_id.hex() or _unit(record),
        text="" if written is None or written.upper() == "[REDACTED]" else head(written),
    )


def request(record: Record, base: Base) -> Iterable[Event]:
    """One attempt to reach the model: it begins to answer, or the attempt failed."""
    if not (record.identity("endpoint") or "/responses").startswith(("/responses", "/chat/completions")):
        return ()
    status = record.integer("http.response.status_code")
    return _attempt(record, base, ok=(status is None or status < 400) and "error.message" not in record)


def websocket(record: Record, base: Base) -> Iterable[Event]:
    """The same over a websocket, where a connection serves several calls."""
    ok = record.flag("success") is not False
    return () if ok and record.name == "codex.websocket_connect" else _attempt(record, base, ok=ok)


def answer(record: Record, base: Base) -> Iterable[Event]:
    """The end of an answer comes twice, once bare and once with its counts; a broken one comes with an error."""
    if record.identity("event.kind") != "response.completed":
        return
    if "error.message" in record:
        yield _tried(record, base)
    elif "input_token_count" in record:
        yield LlmCalled(
            **base, call_id=None, unit=_unit(record), model=record.text("model") or "unknown", tokens=tokens(record)
        )
        if effort := record.text("model_reasoning_effort"):
            yield SessionSeen(**base, effort=effort)


def decision(record: Record, base: Base) -> Iterable[Event]:
    """A tool was allowed or refused, by a person or by rule; an abort takes the turn back."""
    word = record.identity("decision") or ""
    by_person = record.identity("source") == "User"
    yield PermissionAnswered(
        **base,
        call_id=record.identity("call_id"),
        unit=_unit(record),
        name=tool_name(record),
        accepted=word.startswith("approved"),
        by_person=by_person,
        ends_turn=by_person and word == "abort",
    )


def result(record: Record, base: Base) -> Iterable[Event]:
    """A tool gave its result."""
    yield ToolFinished(
        **base,
        call_id=record.identity("call_id"),
        unit=_unit(record),
        name=tool_name(record),
        ok=not failed(record),
        subject=subject_of("", record.text("arguments")),
        duration_ms=record.number("duration_ms"),
    )


def communication(record: Record, base: Base) -> Iterable[Event]:
    """Threads of one session write to each other: the first letter makes a subagent, that with its result ends it."""
    sender, receiver = record.identity("sender_thread_id"), record.identity("receiver_thread_id")
    match record.identity("kind"):
        case "spawn" if sender and receiver:
            yield ThreadSeen(**base | {"session_id": receiver}, parent=sender, certain=True)
        case "result" if sender and receiver:
            yield SubagentEnded(**base | {"session_id": receiver, "agent_id": sender})


def _attempt(record: Record, base: Base, *, ok: bool) -> Iterable[Event]:
    if ok:
        began_ns = record.at_ns - round((record.number("duration_ms") or 0) * 1e6)
        yield LlmBegun(**base | {"at_ns": began_ns})
    else:
        yield _tried(record, base)


def _tried(record: Record, base: Base) -> LlmTried:
    status, error = record.integer("http.response.status_code"), record.text("error.message") or ""
    return LlmTried(
        **base,
        unit=_unit(record),
        model=record.text("model") or "unknown",
        status=status,
        error=head(error),
        error_type=classify(status, "", error),
        duration_ms=record.number("duration_ms"),
    )


def _unit(record: Record) -> str:
    """A log record within its channel: the client notes to the nanosecond when it observed it."""
    return str(record.at_ns)
