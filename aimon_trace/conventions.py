"""In which words a span is told, and what kind of step that makes it: the receiver's tables, asked once more.

Apart from `convert`, which builds steps and knows no vendor. Where the ledger has a dialect its tables decide, so that
a trace and the screen never disagree on what is a call; programs that write a convention's attributes under a scope of
their own are known by the attributes.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Literal, NamedTuple

from receiver.dialects import claude_code, codex, genai, openinference, openllmetry, vercel
from receiver.dialects.spans import Words
from receiver.export import SCOPE as EXPORTED
from receiver.record import Attributes, Record, Scope

Kind = Literal["llm_call", "tool_call", "retrieval", "state_change", "interrupt", "step"]
"""A `step_type`; `step` for a span that holds a whole one."""
OWN_SCOPE = "aimon_trace"
"""The scope of traces that were converted to spans here."""


class Reading(NamedTuple):
    """How to read a span."""

    kind: Kind
    words: Words
    exclusive: bool = False
    """Whether the input it tells leaves out what came from and went into caches."""
    what: str = ""
    """What a state change is: agent, chain, turn …"""
    own_sums: bool = False
    """Whether its usage is that of its own calls alone, without those of what it started."""


_STEPS: dict[str, Kind] = {"llm": "llm_call", "tool": "tool_call", "tokens": "retrieval", "run": "state_change"}
_LINKS: dict[str, tuple[Kind, str]] = {
    **dict.fromkeys(("RETRIEVER", "RERANKER", "retrieval", "vector_db_retrieve", "rerank"), ("retrieval", "")),
    "GUARDRAIL": ("state_change", "guardrail"), "EVALUATOR": ("state_change", "evaluator"),
    "PROMPT": ("state_change", "prompt"), "execute_task": ("state_change", "task"), "task": ("state_change", "task"),
    "plan": ("state_change", "plan"),
}  # fmt: skip
"""What the ledger only follows, by the kind or the operation that the span names."""
_NAMES = ("openinference.span.kind", "gen_ai.operation.name", "traceloop.span.kind", "llm.request.type")
_RUNS = {
    "CHAIN": "chain", "AGENT": "agent", "invoke_agent": "agent", "invoke_workflow": "workflow", "agent": "agent",
    "workflow": "workflow",
}  # fmt: skip

Convention = tuple[Callable[[Record], str | None], Words]
_OPENINFERENCE: Convention = (openinference.kind_of, openinference.WORDS)
_OPENLLMETRY: Convention = (openllmetry.kind_of, openllmetry.WORDS)
_VERCEL: Convention = (vercel.kind_of, vercel.WORDS)
_GENAI: Convention = (genai.kind_of, genai.WORDS)
_BY_SCOPE = (
    (openinference.OpenInference(), _OPENINFERENCE), (openllmetry.OpenLLMetry(), _OPENLLMETRY),
    (vercel.Vercel(), _VERCEL),
)  # fmt: skip
_BY_ATTRIBUTE = (
    ("openinference.span.kind", _OPENINFERENCE), ("ai.operationId", _VERCEL), ("traceloop.span.kind", _OPENLLMETRY),
    ("gen_ai.operation.name", _GENAI), ("llm.request.type", _OPENLLMETRY),
)  # fmt: skip

CLAUDE_WORDS = Words(
    session=("session.id",), model=("model",), response_id=("request_id",), input=("input_tokens",),
    cache_read=("cache_read_tokens",), cache_write=("cache_creation_tokens",), output=("output_tokens",),
    reasoning=(), finish=("stop_reason",), tool=("tool_name",), tool_call_id=("tool_use_id",), agent=(),
    error_type=("error_class",),
)  # fmt: skip
CODEX_WORDS = Words(
    session=("conversation.id", "thread_id"), model=("model",), response_id=(),
    input=("codex.turn.token_usage.input_tokens",), cache_read=("codex.turn.token_usage.cached_input_tokens",),
    cache_write=("codex.turn.token_usage.cache_write_input_tokens",),
    output=("codex.turn.token_usage.output_tokens",), reasoning=("codex.turn.token_usage.reasoning_output_tokens",),
    tool=("tool_name",), tool_call_id=("call_id",), agent=(),
)  # fmt: skip
EXPORTED_WORDS = Words(
    session=("session.id",), model=("gen_ai.request.model",), response_id=("anthropic.request_id",),
    input=("gen_ai.usage.input_tokens",), cache_read=("llm.token_count.prompt_details.cache_read",),
    cache_write=("llm.token_count.prompt_details.cache_write",), output=("gen_ai.usage.output_tokens",),
    reasoning=(), cost_usd=("gen_ai.usage.cost_usd",), finish=("gen_ai.response.finish_reasons",),
    tool=("gen_ai.tool.name",), tool_call_id=("gen_ai.tool.call.id",), agent=("subagent.type",),
)  # fmt: skip
_CLAUDE: dict[str, tuple[Kind, str]] = {
    "claude_code.llm_request": ("llm_call", ""), "claude_code.tool": ("tool_call", ""),
    "claude_code.tool.blocked_on_user": ("interrupt", ""), "claude_code.interaction": ("state_change", "turn"),
}  # fmt: skip
_EXPORTED: dict[str, tuple[Kind, str]] = {
    "LLM": ("llm_call", ""), "TOOL": ("tool_call", ""), "PERMISSION": ("interrupt", ""),
    "AGENT": ("state_change", "turn"), "CHAIN": ("state_change", "session"),
}  # fmt: skip
_CLAUDE_CODE, _CODEX = claude_code.ClaudeCode(), codex.Codex()


def reading(record: Record) -> Reading | None:
    """How a span is to be read; None for one that is no step: plumbing, HTTP, what nobody here knows."""
    scope = record.scope
    if scope.name == OWN_SCOPE:
        return Reading("step", genai.WORDS)
    if scope.name == EXPORTED:
        return _agents(_EXPORTED.get(record.identity("openinference.span.kind") or ""), EXPORTED_WORDS)
    if record.name.startswith("claude_code.") or _CLAUDE_CODE.claims(scope):
        by_rule = record.name.endswith("blocked_on_user") and not (record.identity("source") or "").startswith("user")
        return None if by_rule else _agents(_CLAUDE.get(record.name), CLAUDE_WORDS)
    if _CODEX.claims(scope):
        return _codex(record)
    return _by_convention(record)


def _agents(told: tuple[Kind, str] | None, words: Words) -> Reading | None:
    return None if told is None else Reading(told[0], words, exclusive=True, what=told[1])


_CODEX_TASKS = {"session_task.turn": "turn", "session_task.compact": "compaction"}
"""What Codex does at somebody's word, by the span that tells what it came to."""


def _codex(record: Record) -> Reading | None:
    if record.name == "codex.sampling":
        return Reading("llm_call", CODEX_WORDS)
    if (task := _CODEX_TASKS.get(record.name)) is not None:
        return Reading("state_change", CODEX_WORDS, what=task, own_sums=True)
    return Reading("tool_call", CODEX_WORDS) if codex.spans.is_tool(record) else None


@lru_cache(maxsize=256)
def _of_scope(name: str) -> Convention | None:
    scope = Scope(name, Attributes({}))
    return next((one for dialect, one in _BY_SCOPE if dialect.claims(scope)), None)


def _by_convention(record: Record) -> Reading | None:
    convention = _of_scope(record.scope.name)
    if convention is None or convention[0](record) is None:
        convention = next((one for name, one in _BY_ATTRIBUTE if name in record.raw), None)
    kind = convention[0](record) if convention else None
    if convention is None or kind is None:
        return None
    called = [record.identity(name) or "" for name in _NAMES if name in record.raw]
    if kind != "link":
        what = next((_RUNS[name] for name in called if name in _RUNS), "run")
        return Reading(_STEPS[kind], convention[1], what=what if kind == "run" else "")
    link = next((_LINKS[name] for name in called if name in _LINKS), None)
    return None if link is None else Reading(link[0], convention[1], what=link[1])
