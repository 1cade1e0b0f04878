"""OpenAI's Responses API on the wire, as Codex speaks it: the same answers in other words."""

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from tests.fakes.model_api.script import Answer, Text, Thinking, ToolUse, Usage

ID_HEADER = "x-request-id"
ASIDES = True
"""Whether a call without tools is one that a client makes for itself."""
ERRORS = {
    400: ("invalid_request_error", "invalid_request", "Invalid request"),
    401: ("invalid_request_error", "invalid_api_key", "Incorrect API key provided"),
    429: ("rate_limit_error", "rate_limit_exceeded", "Rate limit reached"),
    500: ("server_error", "server_error", "The server had an error"),
}
"""Type, code and message by status."""


def prompts(body: Mapping[str, Any]) -> list[tuple[str, int]]:
    """What a person asked, the last first, each with how often the model answered since."""
    found, answered, speaks = [], 0, False
    given = body.get("input", [])
    for item in reversed([{"role": "user", "content": given}] if isinstance(given, str) else given):
        spoke, speaks = speaks, _is_answer(item)
        answered += speaks and not spoke
        content = item.get("content") if item.get("role") == "user" else None
        texts = [content] if isinstance(content, str) else [part.get("text", "") for part in content or []]
        found += [(text, answered) for text in reversed(texts)]
    return found


def wants_summary(_: Mapping[str, Any]) -> bool:
    """Whether the client compacts its conversation; it does not say so."""
    return False


def session(_: Mapping[str, Any], headers: Mapping[str, str]) -> str:
    """The thread as Codex names it."""
    return next((headers[name] for name in ("session_id", "session-id", "thread-id") if name in headers), "")


def agent(_: Mapping[str, str]) -> str:
    """The subagent that calls; it does not say so."""
    return ""


def document(answer: Answer, model: str) -> dict[str, Any]:
    """An answer in one piece."""
    return {
        "id": f"resp_{uuid.uuid4().hex[:24]}",
        "object": "response",
        "created_at": 0,
        "model": model,
        "status": "completed",
        "output": [_item(block) for block in answer.content],
        "usage": usage(answer.usage),
    }


def events(whole: Mapping[str, Any]) -> Iterator[bytes]:
    """A response as it is streamed; one of its words each."""
    begun = {**whole, "status": "in_progress", "output": [], "usage": None}
    yield _event("response.created", response=begun)
    for index, item in enumerate(whole["output"]):
        empty: dict[str, Any] = {"message": {"content": []}, "function_call": {"arguments": ""}}.get(item["type"], {})
        yield _event("response.output_item.added", output_index=index, item={**item, **empty})
        if item["type"] == "message":
            where = {"item_id": item["id"], "output_index": index, "content_index": 0}
            text = item["content"][0]["text"]
            part = {"type": "output_text", "text": "", "annotations": []}
            yield _event("response.content_part.added", **where, part=part)
            for word in re.findall(r"\S+\s*", text):
                yield _event("response.output_text.delta", **where, delta=word)
            yield _event("response.output_text.done", **where, text=text)
        yield _event("response.output_item.done", output_index=index, item=item)
    yield _event("response.completed", response=dict(whole))


def error(status: int, _: str) -> dict[str, Any]:
    """The body of an answer that failed."""
    kind, code, words = ERRORS.get(status, ERRORS[500])
    return {"error": {"message": words, "type": kind, "code": code}}


def usage(tokens: Usage) -> dict[str, Any]:
    """Tokens in the words of the API, whose input includes what caches gave."""
    read = tokens.input + tokens.cache_read + tokens.cache_write
    return {
        "input_tokens": read,
        "input_tokens_details": {"cached_tokens": tokens.cache_read},
        "output_tokens": tokens.output,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": read + tokens.output,
    }


def _is_answer(item: Mapping[str, Any]) -> bool:
    return item.get("role") == "assistant" or item.get("type") in {"function_call", "reasoning"}


def _item(block: Text | Thinking | ToolUse) -> dict[str, Any]:
    name = uuid.uuid4().hex[:24]
    match block:
        case Text(text):
            content = [{"type": "output_text", "text": text, "annotations": []}]
            return {
                "type": "message", "id": f"msg_{name}", "role": "assistant", "status": "completed", "content": content,
            }  # fmt: skip
        case Thinking(text):
            summary = [{"type": "summary_text", "text": text}]
            return {"type": "reasoning", "id": f"rs_{name}", "summary": summary, "encrypted_content": None}
        case ToolUse(tool, given):
            return {
                "type": "function_call", "id": f"fc_{name}", "call_id": f"call_{name}", "name": tool,
                "arguments": json.dumps(given),
            }  # fmt: skip


def _event(kind: str, **members: Any) -> bytes:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **members})}\n\n".encode()
