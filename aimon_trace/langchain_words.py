"""What LangChain hands to a callback, in the words of a trace: messages, usage, documents, where in a graph it is.

Apart from `callback`, which keeps a trace: nothing here knows one, and LangChain itself is not imported. Its objects
are known by what they have, and are never changed.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aimon_trace.document import Json

_ROLES = {"human": "user", "ai": "assistant", "AIMessageChunk": "assistant", "function": "tool"}
_MODEL = ("model_name", "model", "model_id", "deployment_name")
_FINISH = ("finish_reason", "stop_reason", "done_reason", "status")
_HIDDEN = "langsmith:hidden"
_DEPTH = 32
_STEPS = ("graph:step:", "langgraph_step:")


def plain(value: Any, depth: int = _DEPTH) -> Any:
    """A value with each message in it as a dict."""
    if _is_message(value):
        return message(value)
    if depth and isinstance(value, Mapping):
        return {name: plain(one, depth - 1) for name, one in value.items()}
    if depth and isinstance(value, list | tuple):
        return [plain(one, depth - 1) for one in value]
    return value


def message(told: Any) -> Json:
    """A message as role and content, with the tools that it asks for, or the call that it answers."""
    found: Json = {"role": _ROLES.get(told.type, told.type), "content": told.content}
    for name in ("name", "tool_calls", "tool_call_id"):
        if value := getattr(told, name, None):
            found[name] = value
    return found


def answer(response: Any) -> str | Json:
    """What a model answered: its message or text, or all of several."""
    said = [
        message(one.message) if _is_message(getattr(one, "message", None)) else one.text
        for group in response.generations
        for one in group
    ]
    return said[0] if len(said) == 1 else {"messages": said}


def call_facts(response: Any) -> Json:
    """Usage, model, reason to stop and id of an answer, in the fields of a model call."""
    told = [getattr(one, "message", None) for group in response.generations for one in group]
    usages = [usage for one in told if (usage := getattr(one, "usage_metadata", None))]
    output = getattr(response, "llm_output", None) or {}
    facts = _tokens(usages) if usages else _old_tokens(output.get("token_usage") or output.get("usage") or {})
    answers = [getattr(one, "response_metadata", None) or {} for one in told]
    infos = [getattr(one, "generation_info", None) or {} for group in response.generations for one in group]
    facts["finish_reason"] = _first([*answers, *infos], _FINISH)
    facts["model"] = _first([*answers, output], _MODEL)
    return {name: value for name, value in facts.items() if value is not None}


def model(serialized: Mapping[str, Any] | None, named: Mapping[str, Any]) -> str:
    """The model that is called."""
    meta, asked = named.get("metadata") or {}, named.get("invocation_params") or {}
    found = meta.get("ls_model_name") or _first([asked, (serialized or {}).get("kwargs") or {}], _MODEL)
    return str(found or name_of(serialized, named))


def name_of(serialized: Mapping[str, Any] | None, named: Mapping[str, Any]) -> str:
    """What a run calls itself."""
    told = serialized or {}
    path = told.get("id")
    last = path[-1] if isinstance(path, list) and path else None
    return str(named.get("name") or told.get("name") or last or "unknown")


def documents(found: Iterable[Any]) -> list[Json]:
    """What a retriever found; the documents stay as they are."""
    return [_document(one) for one in found]


def where(named: Mapping[str, Any]) -> Json | None:
    """The node of a graph that a run is in, and the session that it belongs to, as metadata of its step."""
    meta, tags = named.get("metadata") or {}, named.get("tags") or ()
    node = meta.get("langgraph_node") or meta.get("node")
    step = next((tag.removeprefix(one) for tag in tags for one in _STEPS if str(tag).startswith(one)), None)
    if node is None and step is not None:
        node = named.get("name")
    told = {"node": node, "graph_step": meta.get("langgraph_step", step)}
    return {name: value for name, value in told.items() if value is not None} or None


def session(named: Mapping[str, Any]) -> str | None:
    """The session that a program names in its configuration, in any of the words for it."""
    meta = named.get("metadata") or {}
    found = next((meta[name] for name in ("session_id", "conversation_id", "thread_id") if meta.get(name)), None)
    return None if found is None else str(found)


def is_hidden(named: Mapping[str, Any]) -> bool:
    """Whether a run is a framework's own business."""
    return _HIDDEN in (named.get("tags") or ())


def question(error: BaseException) -> Any:
    """What LangGraph asks a person by raising this; None where it asks nothing."""
    asked = error.args[0] if error.args and is_detour(error) else None
    return getattr(asked[0], "value", asked[0]) if isinstance(asked, list | tuple) and asked else None


def is_detour(error: BaseException) -> bool:
    """Whether LangGraph raised it only to go elsewhere: to a person, or to another graph."""
    return any(kind.__name__ == "GraphBubbleUp" for kind in type(error).__mro__)


def _is_message(value: Any) -> bool:
    return hasattr(value, "content") and hasattr(value, "type") and hasattr(value, "additional_kwargs")


def _tokens(usages: Sequence[Mapping[str, Any]]) -> Json:
    """Usage of all answers of a call. `input_tokens` counts what came from and went into caches."""
    read = [usage.get("input_token_details") or {} for usage in usages]
    written = [usage.get("output_token_details") or {} for usage in usages]
    return {
        "tokens_in": _sum(usages, "input_tokens"),
        "tokens_out": _sum(usages, "output_tokens"),
        "tokens_cache_read": _sum(read, "cache_read") or None,
        "tokens_cache_write": _sum(read, "cache_creation") or None,
        "tokens_reasoning": _sum(written, "reasoning") or None,
    }


def _old_tokens(usage: Mapping[str, Any]) -> Json:
    return {
        "tokens_in": _first([usage], ("prompt_tokens", "input_tokens")),
        "tokens_out": _first([usage], ("completion_tokens", "output_tokens")),
    }


def _sum(usages: Iterable[Mapping[str, Any]], name: str) -> int:
    return sum(usage.get(name) or 0 for usage in usages)


def _first(places: Iterable[Mapping[str, Any]], names: Sequence[str]) -> Any:
    return next((place[name] for place in places for name in names if place.get(name) is not None), None)


def _document(found: Any) -> Json:
    meta = dict(getattr(found, "metadata", None) or {})
    score = meta.get("score")
    fits = isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 1
    return {
        "content": str(getattr(found, "page_content", found)), "score": score if fits else None,
        "metadata": meta or None,
    }  # fmt: skip
