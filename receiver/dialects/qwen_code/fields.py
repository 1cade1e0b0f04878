"""What Qwen Code's log events and spans have in common: whom a call works for, and what became of one that failed.

The notes in its chats are those log events: both come to the same by what stands here.
"""

import re
from typing import Any

from aimon_core.events import Event, LlmCalled, LlmTried, PermissionAnswered, ToolFinished
from aimon_core.failures import ErrorType, classify
from aimon_core.session import Tokens
from receiver.dialects.base import Base, again_s, head
from receiver.record import Record

MANAGED = "managed-"
"""How the names of the client's own helpers begin that have tools: one extracts memories, one tidies them up."""
NUMBERED = "call_qwen_"
"""How an id begins that the client made up; after a resumption, too, it begins with 1."""
_DICED = re.compile(r"[0-9a-f]{8,16}")
"""The prompt id of what is asked on the command line of builds before 0.21."""
_OF_SUBAGENT = re.compile(r"#([^#]+)#\d+")
"""What follows the session's id in the prompt id of a subagent: its id and a number."""
_CALL = re.compile(
    r"(.+?)-(?:(?:call|toolu)_[\w-]+|chatcmpl-tool-\w+|functions\.[^#]+|agent-\d{10,}-\w+"
    r"|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-Za-z]+)"
)
"""The id of a subagent: its name and the id of the tool call that started it, which each model's maker writes anew."""


def is_side(record: Record, base: Base) -> bool:
    """Whether a call is the client's own: its prompt id is none of the session's, e.g. `forked_query`."""
    return is_own(_prompt(record), _named(record), base["session_id"])


def is_own(prompt: str | None, name: str | None, session_id: str) -> bool:
    """The same, by the prompt's id and the name of who works."""
    if _helper(prompt, name, session_id).startswith(MANAGED):
        return True
    return prompt is not None and not prompt.startswith(session_id) and not _DICED.fullmatch(prompt)


def subagent(record: Record, session_id: str) -> str | None:
    """The name of the subagent that a record is of."""
    return worker(_prompt(record), _named(record), session_id)


def worker(prompt: str | None, name: str | None, session_id: str) -> str | None:
    """The name of the subagent that works for a prompt; helpers of the client are none."""
    found = _helper(prompt, name, session_id)
    return found if found and not found.startswith(MANAGED) else None


def named(agent_id: str) -> str:
    """The name in a subagent's id."""
    found = _CALL.fullmatch(agent_id)
    return found[1] if found else agent_id


def tool_id(told: str | None) -> str | None:
    """The id of a tool call, where it has one: the client numbers those of a model without, each thread anew."""
    return None if told is None or told.startswith(NUMBERED) else told


def prompt_id(record: Record, base: Base) -> str | None:
    """The prompt that a call of the session's own thread works for."""
    return None if base["agent_id"] is not None or is_side(record, base) else _prompt(record)


def failed(record: Record, base: Base, error: str, kind: str, status: int | None) -> Event:
    """An attempt failed, which the client may repeat, or a person took a call back; log and span tell of one."""
    unit, side = record.span_id.hex() or f"{record.at_ns}", is_side(record, base)
    model = record.text("gen_ai.request.model") or record.text("model") or "unknown"
    told: dict[str, Any] = {"unit": unit, "model": model, "duration_ms": record.number("duration_ms")}
    if not side and (attempt := tried(base | told, error, kind, status)) is not None:
        return attempt
    told |= {"call_id": unit, "tokens": Tokens(), "ok": False, "status": status, "error": head(error), "side": side}
    return LlmCalled(**base, **told, error_type=_kind(error, kind, status))


def tried(told: dict[str, Any], error: str, kind: str, status: int | None) -> LlmTried | None:
    """A failed attempt, begun with its first fields; None where a person took the call back."""
    error_type = _kind(error, kind, status)
    if error_type is None:
        return None
    return LlmTried(**told, error_type=error_type, error=head(error), status=status, again_s=again_s(error_type))


def done(told: dict[str, Any], *, status: str, decision: str | None, **result: Any) -> Event:
    """A tool was done, or never: one that a person refused is cancelled, and so is the turn.

    `told` are the first fields of the event, `result` those that only a tool that was done has.
    """
    if status == "cancelled" and decision == "reject":
        return PermissionAnswered(**told, accepted=False, by_person=True, ends_turn=True)
    return ToolFinished(**told, **result, interrupted=status == "cancelled")


def _kind(error: str, kind: str, status: int | None) -> ErrorType | None:
    return None if "abort" in (error + kind).lower() else classify(status, kind, error)


def counted(inclusive: int, cached: int, output: int, thoughts: int | None, total: int | None) -> Tokens:
    """Thoughts are part of the output, unless the client's own total says that they come on top."""
    if thoughts and total == inclusive + output + thoughts:
        output += thoughts
    return Tokens(input=max(0, inclusive - cached), cache_read=cached, output=output, reasoning=thoughts)


def _prompt(record: Record) -> str | None:
    return record.identity("prompt_id") or record.identity("qwen-code.prompt_id")


def _named(record: Record) -> str | None:
    return record.identity("subagent_name") or record.identity("qwen-code.subagent.name")


def _helper(prompt: str | None, name: str | None, session_id: str) -> str:
    """The name of whatever works beside the session's own thread; empty where that works itself."""
    if name is not None:
        return name
    found = _OF_SUBAGENT.fullmatch((prompt or "").removeprefix(session_id))
    return named(found[1]) if found else ""
