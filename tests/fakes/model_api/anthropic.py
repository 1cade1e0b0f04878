"""Anthropic's Messages API on the wire: what a request asks for, and an answer as JSON, events or an error."""

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from tests.fakes.model_api.script import Answer, Text, Thinking, ToolUse, Usage

ID_HEADER = "request-id"
ASIDES = True
"""Whether a call without tools is one that a client makes for itself."""
ERRORS = {
    400: ("invalid_request_error", "messages: at least one message is required"),
    401: ("authentication_error", "invalid x-api-key"),
    403: ("permission_error", "Your API key does not have permission to use the specified resource."),
    404: ("not_found_error", "Not found"),
    429: ("rate_limit_error", "This request would exceed your account's rate limit."),
    500: ("api_error", "Internal server error"),
    529: ("overloaded_error", "Overloaded"),
}
"""Type and message by status."""
_NOT_A_PERSON = ("<system-reminder>", "<task-notification>")
"""How texts begin that a client puts between a person's."""


def prompts(body: Mapping[str, Any]) -> list[tuple[str, int]]:
    """What a person asked, the last first, each with how often the model answered since."""
    found, answered = [], 0
    for message in reversed(body.get("messages", [])):
        if message.get("role") == "assistant":
            answered += 1
        said = (text for text in reversed(_texts(message)) if not text.lstrip().startswith(_NOT_A_PERSON))
        found.extend((text, answered) for text in said)
    return found


def wants_summary(body: Mapping[str, Any]) -> bool:
    """Whether the client compacts its conversation."""
    messages = body.get("messages") or [{}]
    return any("create a detailed summary" in text for text in _texts(messages[-1]))


def session(body: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """The session as Claude Code names it: in a header, in older versions in the metadata."""
    named = re.search(r"session[_\"': ]+([0-9a-f-]{36})", str((body.get("metadata") or {}).get("user_id", "")))
    return headers.get("x-claude-code-session-id") or (named[1] if named else "")


def agent(headers: Mapping[str, str]) -> str:
    """The subagent that calls."""
    return headers.get("x-claude-code-agent-id", "")


def document(answer: Answer, model: str) -> dict[str, Any]:
    """An answer in one piece."""
    return {
        "id": f"msg_{uuid.uuid4().hex[:24]}",
        "type": "message",
        "role": "assistant",
        "model": model,
        "content": [_block(block) for block in answer.content],
        "stop_reason": answer.stop_reason,
        "stop_sequence": None,
        "usage": usage(answer.usage),
    }


def events(whole: Mapping[str, Any]) -> Iterator[bytes]:
    """A message as it is streamed; one of its words each."""
    nothing_yet = {"content": [], "stop_reason": None, "usage": whole["usage"] | {"output_tokens": 1}}
    yield _event("message_start", message={**whole, **nothing_yet})
    yield _event("ping")
    for index, block in enumerate(whole["content"]):
        yield _event("content_block_start", index=index, content_block=_opened(block))
        for delta in _deltas(block):
            yield _event("content_block_delta", index=index, delta=delta)
        yield _event("content_block_stop", index=index)
    end = {"stop_reason": whole["stop_reason"], "stop_sequence": None}
    yield _event("message_delta", delta=end, usage={"output_tokens": whole["usage"]["output_tokens"]})
    yield _event("message_stop")


def error(status: int, request_id: str) -> dict[str, Any]:
    """The body of an answer that failed."""
    kind, words = ERRORS.get(status, ERRORS[500])
    return {"type": "error", "error": {"type": kind, "message": words}, "request_id": request_id}


def usage(tokens: Usage) -> dict[str, Any]:
    """Tokens in the words of the API."""
    return {
        "input_tokens": tokens.input,
        "output_tokens": tokens.output,
        "cache_read_input_tokens": tokens.cache_read,
        "cache_creation_input_tokens": tokens.cache_write,
        "cache_creation": {
            "ephemeral_5m_input_tokens": tokens.cache_write_5m,
            "ephemeral_1h_input_tokens": tokens.cache_write_1h,
        },
        "service_tier": "standard",
    }


def _texts(message: Mapping[str, Any]) -> list[str]:
    content = message.get("content")
    if message.get("role") != "user" or not content:
        return []
    return [content] if isinstance(content, str) else [one["text"] for one in content if one.get("type") == "text"]


def _block(block: Text | Thinking | ToolUse) -> dict[str, Any]:
    match block:
        case Text(text):
            return {"type": "text", "text": text}
        case Thinking(text):
            return {"type": "thinking", "thinking": text, "signature": "c2NyaXB0ZWQ="}
        case ToolUse(name, given):
            return {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex[:24]}", "name": name, "input": given}


def _opened(block: Mapping[str, Any]) -> dict[str, Any]:
    """A block of which nothing was said yet."""
    empty: dict[str, dict[str, Any]] = {
        "text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}, "tool_use": {"input": {}},
    }  # fmt: skip
    return {**block, **empty[block["type"]]}


def _deltas(block: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    match block["type"]:
        case "text":
            yield from ({"type": "text_delta", "text": word} for word in re.findall(r"\S+\s*", block["text"]))
        case "thinking":
            yield {"type": "thinking_delta", "thinking": block["thinking"]}
            yield {"type": "signature_delta", "signature": block["signature"]}
        case "tool_use":
            yield {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}


def _event(kind: str, **members: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **members})}\n\n".encode()
