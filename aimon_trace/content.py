"""What was said, read off a span's attributes: messages, arguments, documents, in every spelling of the conventions.

Apart from `conventions`, whose tables the ledger shares: it keeps no text, so nobody below this floor reads any.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

Facts = Mapping[str, Any]

_INPUT = ("gen_ai.input.messages", "ai.prompt.messages", "ai.prompt")
_OUTPUT = ("gen_ai.output.messages",)
_WHOLE_INPUT = ("input.value", "gen_ai.prompt", "traceloop.entity.input", "gen_ai.task.input")
_WHOLE_OUTPUT = ("output.value", "gen_ai.completion", "traceloop.entity.output", "gen_ai.task.output")
_FLAT_INPUT = re.compile(r"(?:llm\.input_messages|llm\.prompts|gen_ai\.prompt)\.(\d+)\.(.+)")
_FLAT_OUTPUT = re.compile(r"(?:llm\.output_messages|llm\.completions|gen_ai\.completion)\.(\d+)\.(.+)")
_FLAT_DOCUMENTS = re.compile(r"(?:retrieval\.documents|reranker\.output_documents)\.(\d+)\.document\.(.+)")
_FLAT_TEXTS = re.compile(r"embedding\.embeddings\.(\d+)\.embedding\.(text)")
_ARGUMENTS = (
    "gen_ai.tool.call.arguments", "ai.toolCall.args", "tool.parameters", "tool_input", "input.value",
    "traceloop.entity.input",
)  # fmt: skip
_SUBJECTS = {
    "tool.command": "command", "full_command": "command", "tool.file_path": "file_path", "file_path": "file_path",
    "tool.pattern": "pattern", "tool.url": "url", "tool.query": "query", "tool.description": "description",
}  # fmt: skip
"""What a tool works on, where its arguments are not told: of Claude Code's spans, and of those that aimon exports."""
_RESULT = ("gen_ai.tool.call.result", "ai.toolCall.result", "output.value", "traceloop.entity.output", "tool.output")
_QUERY = ("gen_ai.retrieval.query.text", "reranker.query", "db.query.text", "input.value", "traceloop.entity.input")
_DOCUMENTS = ("gen_ai.retrieval.documents", "output.value", "traceloop.entity.output", "gen_ai.task.output")


def parsed(value: Any) -> Any:
    """What a text says in JSON; the text itself where it is none."""
    if isinstance(value, str) and value[:1] in {"{", "[", '"'}:
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def llm_input(facts: Facts) -> str | list[dict[str, Any]]:
    """What a model was given: messages where they are told one by one, else the whole of it."""
    said = _messages(_first(facts, _INPUT)) or _flat(facts, _FLAT_INPUT)
    system = _messages(
        [{"role": "system", "parts": parsed(one)}] if (one := facts.get("gen_ai.system_instructions")) else None
    )
    if said or system:
        return [*system, *said]
    return _text(_first(facts, _WHOLE_INPUT))


def llm_output(facts: Facts) -> str | dict[str, Any]:
    """What a model answered: its message, or all of several; else the whole of it."""
    said = _messages(_first(facts, _OUTPUT)) or _flat(facts, _FLAT_OUTPUT)
    if not said and (told := _vercel(facts)):
        said = [told]
    if not said:
        return _text(_first(facts, _WHOLE_OUTPUT))
    return said[0] if len(said) == 1 else {"messages": said}


def arguments(facts: Facts) -> dict[str, Any]:
    """What a tool was given; what is no object stands under `input`."""
    told = parsed(_first(facts, _ARGUMENTS))
    if _is_schema(told):
        told = parsed(_first({**facts, "tool.parameters": None}, _ARGUMENTS))
    if told is None:
        return {short: facts[name] for name, short in _SUBJECTS.items() if facts.get(name)}
    return told if isinstance(told, dict) else {"input": told}


def _is_schema(told: Any) -> bool:
    """CrewAI's instrumentor tells what a tool may be given where others tell what it was."""
    return isinstance(told, dict) and told.get("type") == "object" and isinstance(told.get("properties"), dict)


def result(facts: Facts) -> Any:
    """What a tool gave back."""
    told = parsed(_first(facts, _RESULT))
    inner = told.get("data") if isinstance(told, dict) and told.get("type") == "tool" else None
    return inner["content"] if isinstance(inner, dict) and "content" in inner else told


def query(facts: Facts) -> str | None:
    """What was searched for, or embedded; None where that is not told."""
    if texts := _flat(facts, _FLAT_TEXTS):
        return "\n".join(str(one["text"]) for one in texts)
    told = parsed(_first(facts, _QUERY))
    if isinstance(told, dict):
        told = next((told[name] for name in ("query", "input", "inputs") if name in told), told)
    if told is None and (said := _messages(_first(facts, _INPUT))):
        told = "\n".join(str(one.get("content", "")) for one in said)
    return None if told is None else _text(told)


def documents(facts: Facts) -> list[dict[str, Any]]:
    """What was found, in the fields of `RetrievalResult`."""
    found: Any = _flat(facts, _FLAT_DOCUMENTS)
    if not found:
        told = parsed(_first(facts, _DOCUMENTS))
        found = told.get("documents") if isinstance(told, dict) else told
    return [_document(one) for one in found or () if isinstance(one, dict)] if isinstance(found, list) else []


def asked(facts: Facts) -> str:
    """What somebody asked a run for, in words; empty where that is not told."""
    said = _said(_first(facts, ("user_prompt", *_INPUT, *_WHOLE_INPUT)))
    return _text(said) if said else ""


def answered(facts: Facts) -> Any:
    """What a run came to, in words where it says some; None where that is not told."""
    return _said(_first(facts, (*_OUTPUT, "ai.response.text", "final_result", *_WHOLE_OUTPUT)))


_SAID = (
    "messages", "input", "inputs", "query", "question", "prompt", "outputs", "output", "data", "kwargs", "raw",
)  # fmt: skip


def _said(value: Any) -> Any:
    """The last words in a value: a message's, or those that frameworks hand on under a name."""
    told = parsed(value)
    for name in _SAID:
        if isinstance(told, dict) and told.get(name):
            return _said(told[name])
    if isinstance(told, list) and told and isinstance(told[-1], dict):
        return _said(told[-1])
    if isinstance(told, dict):
        said = _message(told).get("content")
        return said if said is not None else told
    return told


def _first(facts: Facts, names: Iterable[str]) -> Any:
    return next((told for name in names if (told := facts.get(name)) is not None and told != ""), None)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else json.dumps(value, default=str)


def _messages(value: Any) -> list[dict[str, Any]]:
    told = parsed(value)
    if isinstance(told, dict):
        told = told.get("messages") or [{"role": "user", "content": told.get("prompt", told)}]
    return [_message(one) for one in told if isinstance(one, dict)] if isinstance(told, list) else []


def _message(told: dict[str, Any]) -> dict[str, Any]:
    """A message as role and content; of parts that are all text the text."""
    parts = told.get("parts")
    if not isinstance(parts, list):
        return told
    rest = {name: value for name, value in told.items() if name != "parts" and value is not None}
    texts = [part.get("content", part.get("text")) for part in parts if isinstance(part, dict)]
    if all(isinstance(part, dict) and part.get("type") == "text" for part in parts):
        return {**rest, "content": "\n".join(str(text) for text in texts)}
    return {**rest, "content": parts}


def _flat(facts: Facts, pattern: re.Pattern[str]) -> list[dict[str, Any]]:
    """A list that was flattened into attributes, one a field; `message.` before a field says nothing."""
    found: dict[int, dict[str, Any]] = {}
    for name in sorted(facts):
        if (match := pattern.fullmatch(name)) is not None:
            field = match[2].removeprefix("message.")
            _place(found.setdefault(int(match[1]), {}), field, facts[name])
    return [found[number] for number in sorted(found)]


def _place(into: dict[str, Any], field: str, value: Any) -> None:
    """Put a flattened field where it belongs: `tool_calls.0.tool_call.function.name` is three levels down."""
    name, _, rest = field.partition(".")
    number, _, inner = rest.partition(".")
    if not number.isdecimal():
        into[field.rpartition(".")[2] if rest else name] = value
        return
    items = into.setdefault(name, [])
    if not isinstance(items, list):
        return
    while len(items) <= min(int(number), 1_000):
        items.append({})
    place = items[min(int(number), 1_000)]
    if inner and isinstance(place, dict):
        place[inner.rpartition(".")[2]] = value
    elif not inner:
        items[min(int(number), 1_000)] = value


def _vercel(facts: Facts) -> dict[str, Any] | None:
    text, calls = facts.get("ai.response.text") or facts.get("ai.response.object"), facts.get("ai.response.toolCalls")
    if text is None and calls is None:
        return None
    return {"role": "assistant", "content": text or "", **({"tool_calls": parsed(calls)} if calls else {})}


def _document(told: dict[str, Any]) -> dict[str, Any]:
    meta = parsed(told.get("metadata"))
    meta = dict(meta) if isinstance(meta, dict) else {} if meta is None else {"metadata": meta}
    if (own_id := told.get("id")) is not None:
        meta["id"] = own_id
    score = told.get("score", meta.get("score"))
    fits = isinstance(score, int | float) and not isinstance(score, bool) and 0 <= score <= 1
    if score is not None and not fits:
        meta["score"] = score
    text = told.get("content", told.get("page_content", told.get("text", "")))
    return {"content": _text(text), "score": score if fits else None, "metadata": meta or None}
