"""The kinds of steps a trace is made of, as documents: what they say, how they are written, what older ones said.

Apart from `run`, which holds them together: a step knows nothing of its neighbours but the id of the one it lies in.
The names are those of the original (ContextForge); what came later is optional, so that its readers read ours.
"""

import warnings
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AliasChoices, BeforeValidator, Discriminator, Field, Tag, TypeAdapter, model_validator

from aimon_trace.document import Count, Document, Dollars, Json, Moment, Ms
from aimon_trace.errors import TraceWarning


class RetrievalResult(Document):
    """One document that was found."""

    content: str = ""
    """Its text; empty where only its id is told, which is then in `metadata`."""
    score: Annotated[float, Field(ge=0, le=1)] | None = None
    """How well it fits, from 0 to 1; a distance on any other scale belongs into `metadata`."""
    metadata: Json | None = None


class ResourceImpact(Document):
    """What a tool call used up of anything that is counted."""

    amount: Annotated[float, Field(allow_inf_nan=False)]
    unit: str
    breakdown: Json | None = None


class Change(Document):
    """One place in a memory that was written."""

    path: str
    old_value: Any = None
    new_value: Any = None


class BaseStep(Document):
    """What all steps say."""

    step_id: Annotated[str, Field(min_length=1)]
    timestamp: Moment
    """When it began."""
    parent_step_id: str | None = None
    """The step it lies in."""
    metadata: Json | None = None

    inputs: ClassVar[tuple[str, ...]] = ()
    """Fields that hold what went in."""
    outputs: ClassVar[tuple[str, ...]] = ()
    """Fields that hold what came out."""

    @property
    def duration_ms(self) -> float | None:
        """How long it took, whatever its kind calls that; None where nobody told."""
        told = getattr(self, "latency_ms", None)
        return getattr(self, "wait_duration_ms", None) if told is None else told

    @property
    def total(self) -> int:
        """All its tokens: `tokens_total` where told, else what was read and what was written."""
        told: int | None = getattr(self, "tokens_total", None)
        return (getattr(self, "tokens_in", 0) or 0) + (getattr(self, "tokens_out", 0) or 0) if told is None else told


class Work(BaseStep):
    """A step that takes time and can fail."""

    latency_ms: Ms | None = None
    error: str | None = None
    """Why it failed; None where it did not."""
    error_type: str | None = None
    """auth, rate_limit, timeout, validation, server, or the class of the exception."""


class UserInputStep(BaseStep):
    """What a person, or a program, asked for."""

    step_type: Literal["user_input"] = "user_input"
    content: str
    input_type: str | None = None

    inputs: ClassVar[tuple[str, ...]] = ("content",)


class LLMCallStep(Work):
    """One call of a model."""

    step_type: Literal["llm_call"] = "llm_call"
    model: str = Field(validation_alias=AliasChoices("model", "llm.model_name"))
    input: str | list[Json]
    output: str | Json
    tokens_in: Count | None = Field(None, validation_alias=AliasChoices("tokens_in", "llm.token_count.prompt"))
    """All tokens read, those from and into caches included."""
    tokens_out: Count | None = Field(None, validation_alias=AliasChoices("tokens_out", "llm.token_count.completion"))
    """All tokens written, reasoning included."""
    tokens_total: Count | None = None
    tokens_cache_read: Count | None = None
    """The part of `tokens_in` read from a cache."""
    tokens_cache_write: Count | None = None
    """The part of `tokens_in` written into a cache."""
    tokens_reasoning: Count | None = None
    """The part of `tokens_out` spent on reasoning."""
    cost_estimate: Dollars | None = None
    provider: str | None = None
    finish_reason: str | None = None

    inputs: ClassVar[tuple[str, ...]] = ("input",)
    outputs: ClassVar[tuple[str, ...]] = ("output",)


class ToolCallStep(Work):
    """One call of a tool."""

    step_type: Literal["tool_call"] = "tool_call"
    tool_name: str
    arguments: Json = Field(default_factory=dict)
    result: Any = None
    success: bool | None = None
    resource_impact: ResourceImpact | None = None

    inputs: ClassVar[tuple[str, ...]] = ("arguments",)
    outputs: ClassVar[tuple[str, ...]] = ("result",)


class RetrievalStep(Work):
    """A search for documents."""

    step_type: Literal["retrieval"] = "retrieval"
    query: str
    results: list[RetrievalResult] = Field(default_factory=list)
    match_count: Count
    tokens_in: Count | None = None
    """What embedding the query cost, where a model was paid for it."""

    inputs: ClassVar[tuple[str, ...]] = ("query",)
    outputs: ClassVar[tuple[str, ...]] = ("results",)


class MemoryReadStep(Work):
    """A look into the agent's memory."""

    step_type: Literal["memory_read"] = "memory_read"
    query: str | Json
    results: list[Any] = Field(default_factory=list)
    match_count: Count
    relevance_scores: list[float] | None = None
    total_available: Count | None = None

    inputs: ClassVar[tuple[str, ...]] = ("query",)
    outputs: ClassVar[tuple[str, ...]] = ("results",)


class MemoryWriteStep(Work):
    """A change of the agent's memory."""

    step_type: Literal["memory_write"] = "memory_write"
    entity_type: str | None = None
    operation: Literal["add", "update", "delete", "put"]
    data: Any = None
    entity_id: str | None = None
    namespace: list[str] | None = None
    key: str | None = None
    changes: list[Change] | None = None
    triggered_by_step_id: str | None = None

    inputs: ClassVar[tuple[str, ...]] = ("data", "changes")


class InterruptStep(BaseStep):
    """The agent asked a person and waited."""

    step_type: Literal["interrupt"] = "interrupt"
    prompt: str
    response: str | Json = ""
    wait_duration_ms: Ms = 0.0

    inputs: ClassVar[tuple[str, ...]] = ("response",)
    outputs: ClassVar[tuple[str, ...]] = ("prompt",)


class StateChangeStep(Work):
    """The agent went on to something else: a node, a task, another agent."""

    step_type: Literal["state_change"] = "state_change"
    state_key: str
    new_value: Any = None
    old_value: Any = None
    reason: str | None = None
    tokens_in: Count | None = None
    """Of model calls in it that nobody tells of one by one."""
    tokens_out: Count | None = None

    inputs: ClassVar[tuple[str, ...]] = ("old_value",)
    outputs: ClassVar[tuple[str, ...]] = ("new_value", "reason")


class FinalOutputStep(BaseStep):
    """What the run came to."""

    step_type: Literal["final_output"] = "final_output"
    content: Any = None
    format: str | None = None

    outputs: ClassVar[tuple[str, ...]] = ("content",)


KINDS: dict[str, type[BaseStep]] = {
    "user_input": UserInputStep, "llm_call": LLMCallStep, "tool_call": ToolCallStep, "retrieval": RetrievalStep,
    "memory_read": MemoryReadStep, "memory_write": MemoryWriteStep, "interrupt": InterruptStep,
    "state_change": StateChangeStep, "final_output": FinalOutputStep,
}  # fmt: skip
"""Nine kinds by their `step_type`; the tenth is whatever else a step is called, `UnknownStep`."""


class UnknownStep(BaseStep):
    """A step of a kind that came later: kept whole, and written again as it was read."""

    step_type: str = Field(json_schema_extra={"not": {"enum": list(KINDS)}})

    @model_validator(mode="after")
    def _warn(self) -> "UnknownStep":
        warnings.warn(f"kept a step of a kind unknown here: {self.step_type}", TraceWarning, stacklevel=2)
        return self


SPAN_KINDS = {
    "LLM": "llm_call", "TOOL": "tool_call",
    **dict.fromkeys(("RETRIEVER", "EMBEDDING", "RERANKER"), "retrieval"),
    **dict.fromkeys(("CHAIN", "AGENT", "GUARDRAIL", "EVALUATOR", "PROMPT"), "state_change"),
}  # fmt: skip
"""What steps are that say their kind in the words of OpenInference (`openinference.span.kind`)."""
_UNKNOWN = "unknown"


def _renamed(step: Any) -> Any:
    if isinstance(step, dict) and "step_type" not in step and "openinference.span.kind" in step:
        kind = step["openinference.span.kind"]
        others = {name: value for name, value in step.items() if name != "openinference.span.kind"}
        return {"step_type": SPAN_KINDS.get(kind, kind), **others}
    return step


def _kind(step: Any) -> str | None:
    told = step.get("step_type") if isinstance(step, dict) else getattr(step, "step_type", None)
    if told is None:
        return None
    return told if told in KINDS else _UNKNOWN


TraceStep = Annotated[
    Annotated[UserInputStep, Tag("user_input")]
    | Annotated[LLMCallStep, Tag("llm_call")]
    | Annotated[ToolCallStep, Tag("tool_call")]
    | Annotated[RetrievalStep, Tag("retrieval")]
    | Annotated[MemoryReadStep, Tag("memory_read")]
    | Annotated[MemoryWriteStep, Tag("memory_write")]
    | Annotated[InterruptStep, Tag("interrupt")]
    | Annotated[StateChangeStep, Tag("state_change")]
    | Annotated[FinalOutputStep, Tag("final_output")]
    | Annotated[UnknownStep, Tag(_UNKNOWN)],
    Discriminator(_kind),
    BeforeValidator(_renamed),
]
"""Any step; `step_type` says which."""

STEP: TypeAdapter[TraceStep] = TypeAdapter(TraceStep)
"""Reads one step from JSON or a dict; raises pydantic's ValidationError for one that is none."""
