"""OpenAI's Chat Completions API on the wire, as most agents of people's own speak it: the same answers once more."""

import json
import re
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

from tests.fakes.model_api import openai
from tests.fakes.model_api.script import Answer, Text, ToolUse, Usage

ID_HEADER = openai.ID_HEADER
ASIDES = False
"""Whether a call without tools is one that a client makes for itself."""
error, agent, wants_summary = openai.error, openai.agent, openai.wants_summary


def prompts(body: Mapping[str, Any]) -> list[tuple[str, int]]:
    """What a person asked, the last first, each with how often the model answered since; who sets the scene, too."""
    found, answered = [], 0
    for message in reversed(body.get("messages", [])):
        answered += message.get("role") == "assistant"
        content = message.get("content") if message.get("role") in {"user", "system", "developer"} else None
        texts = [content] if isinstance(content, str) else [part.get("text", "") for part in content or []]
        found += [(text, answered) for text in reversed(texts)]
    return found


def session(body: Mapping[str, Any], _: Mapping[str, str]) -> str:
    """The one for whom the client says it calls."""
    return str(body.get("user") or "")


def document(answer: Answer, model: str) -> dict[str, Any]:
    """An answer in one piece."""
    calls = [_call(block) for block in answer.content if isinstance(block, ToolUse)]
    text = "\n".join(block.text for block in answer.content if isinstance(block, Text))
    message = {"role": "assistant", "content": text or None, **({"tool_calls": calls} if calls else {})}
    return {
        "id": f"chatcmpl-{uuid.uuid4().hex[:24]}", "object": "chat.completion", "created": 0, "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls" if calls else "stop"}],
        "usage": usage(answer.usage),
    }  # fmt: skip


def events(whole: Mapping[str, Any]) -> Iterator[bytes]:
    """An answer as it is streamed, a word each; its usage comes last, as `stream_options` asks for."""
    (choice,) = whole["choices"]
    message = choice["message"]
    yield _chunk(whole, {"role": "assistant", "content": ""})
    for word in re.findall(r"\S+\s*", message["content"] or ""):
        yield _chunk(whole, {"content": word})
    for index, call in enumerate(message.get("tool_calls", ())):
        yield _chunk(whole, {"tool_calls": [{"index": index, **call}]})
    yield _chunk(whole, {}, choice["finish_reason"])
    yield _event({**_head(whole), "choices": [], "usage": whole["usage"]})
    yield b"data: [DONE]\n\n"


def usage(tokens: Usage) -> dict[str, Any]:
    """Tokens in the words of the API, whose prompt includes what caches gave."""
    read = tokens.input + tokens.cache_read + tokens.cache_write
    return {
        "prompt_tokens": read,
        "prompt_tokens_details": {"cached_tokens": tokens.cache_read},
        "completion_tokens": tokens.output,
        "completion_tokens_details": {"reasoning_tokens": tokens.reasoning},
        "total_tokens": read + tokens.output,
    }


def _call(block: ToolUse) -> dict[str, Any]:
    told = {"name": block.name, "arguments": json.dumps(block.input)}
    return {"id": f"call_{uuid.uuid4().hex[:24]}", "type": "function", "function": told}


def _head(whole: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": whole["id"], "object": "chat.completion.chunk", "created": 0, "model": whole["model"]}


def _chunk(whole: Mapping[str, Any], delta: Mapping[str, Any], finish: str | None = None) -> bytes:
    return _event({**_head(whole), "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]})


def _event(told: Mapping[str, Any]) -> bytes:
    return f"data: {json.dumps(told)}\n\n".encode()
