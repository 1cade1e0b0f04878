"""What Gemini CLI's log events and spans have in common: tokens in exclusive parts, and whose a record is."""

from aimon_core.events import LlmCalled
from aimon_core.session import Tokens
from receiver.dialects.base import Base, head, took_ms
from receiver.record import Record


def unanswered(record: Record, base: Base, model: str, error: str, error_type: str | None = None) -> LlmCalled:
    """A call without an answer, which nobody tries again; its log lies in its span."""
    call_id = record.span_id.hex() or unit(record)
    duration_ms = record.number("duration_ms") or took_ms(record)
    return LlmCalled(
        **base,
        call_id=call_id,
        unit=call_id,
        model=model,
        tokens=Tokens(),
        duration_ms=duration_ms,
        ok=False,
        error=head(error),
        error_type=error_type,
        side=is_side(record),
    )


def tokens(record: Record) -> Tokens:
    """The counts of one call; thoughts are billed as output."""
    cached, thoughts = record.integer("cached_content_token_count") or 0, record.integer("thoughts_token_count")
    inclusive = (record.integer("input_token_count") or 0) + (record.integer("tool_token_count") or 0)
    return Tokens(
        input=max(0, inclusive - cached),
        cache_read=cached,
        output=(record.integer("output_token_count") or 0) + (thoughts or 0),
        reasoning=thoughts,
    )


def unit(record: Record) -> str:
    """Records are told to the millisecond and bear no number: parallel ones differ in how long they took."""
    return f"{record.at_ns}:{record.identity('prompt_id')}:{record.text('duration_ms')}"


def prompt_id(record: Record, base: Base) -> str | None:
    """With a prompt on the command line the id is that of the session, which may be resumed: it names no prompt."""
    prompt_id = record.identity("prompt_id")
    return None if prompt_id == base["session_id"] else prompt_id


def subagent(record: Record) -> str | None:
    """The subagent that a record is of, by its name or by its prompt id."""
    if (agent_id := record.identity("agent_id")) is not None:
        return agent_id
    agent_id, mark, number = (record.identity("prompt_id") or "").rpartition("#")
    return agent_id if mark and number.isdigit() and not agent_id.endswith("#") else None


def is_side(record: Record) -> bool:
    """Whether a call is the client's own: one that chooses a model, or looks for loops."""
    return (record.identity("role") or "").startswith("utility")


def asks_tool(record: Record) -> bool | None:
    """Whether an answer asks for a tool: only its text tells, where the person lets the client tell it."""
    told = record.raw.get("response_text")
    return '"functionCall"' in told.s if told is not None and told.s else None
