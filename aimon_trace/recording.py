"""What an agent says while it runs: a method a kind of step, and the handle on the step that each gives back.

Apart from `tracer`, which knows when a run begins and ends and who hears of it: here is only how a step is told.
"""

from collections.abc import Generator
from contextvars import ContextVar, Token
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol, Self, TypedDict, Unpack

from aimon_core.clock import Clock
from aimon_trace import steps
from aimon_trace.document import Json
from aimon_trace.run import described
from aimon_trace.steps import BaseStep


class Common(TypedDict, total=False):
    """What every step may be told with."""

    parent_step_id: str | None
    """The step it lies in; without it the innermost `with` of the tracer, in this task or thread."""
    metadata: Json | None
    timestamp: datetime
    """When it began; without it now, less its duration where that is told."""


class Told(Common, total=False):
    """And every step that takes time."""

    latency_ms: float | None
    error: str | None
    error_type: str | None


class CallFacts(Told, total=False):
    """What a model call may be told with."""

    tokens_in: int | None
    tokens_out: int | None
    tokens_total: int | None
    tokens_cache_read: int | None
    tokens_cache_write: int | None
    tokens_reasoning: int | None
    cost_estimate: float | None
    provider: str | None
    finish_reason: str | None


class ToolFacts(Told, total=False):
    """What a tool call may be told with."""

    success: bool | None
    resource_impact: steps.ResourceImpact | Json | None


class ReadFacts(Told, total=False):
    """What a look into memory may be told with."""

    relevance_scores: list[float] | None
    total_available: int | None


class WriteFacts(Told, total=False):
    """What a change of memory may be told with."""

    entity_id: str | None
    namespace: list[str] | None
    key: str | None
    changes: list[Json] | None
    triggered_by_step_id: str | None


class Host(Protocol):
    """Who a handle belongs to (`Tracer`)."""

    clock: Clock

    def opened(self, step: BaseStep) -> None:
        """A step goes on for as long as a `with` does."""

    def changed(self, step: BaseStep, fields: Json) -> None:
        """More is known of a step. Raises StepValidationError."""

    def closed(self, step: BaseStep) -> None:
        """A step is over."""


class Nest(NamedTuple):
    """Where in which trace the code of a task or thread is."""

    host: Host
    step_id: str | None
    outer: "Nest | None"


HERE: ContextVar[Nest | None] = ContextVar("aimon_trace", default=None)
"""A task begins where it was made; a new thread begins nowhere."""


class StepId(str):  # noqa: SLOT000 - a handle has more to it than its letters
    """The id of a step, and a handle on it.

    `with tracer.tool_call("search", {"q": "x"}) as call:` measures the step, makes it the parent of what is told inside
    and notes what it raises; `call.update(result=…)` adds what is known only then. `async with` and `await` work, too.
    """

    def __new__(cls, host: Host, step: BaseStep) -> Self:
        """The handle on a step of a tracer."""
        made = super().__new__(cls, step.step_id)
        made._host, made._step, made._began, made._tokens = host, step, [], []
        return made

    _host: Host
    _step: BaseStep
    _began: list[float]
    _tokens: list[Token[Nest | None]]

    def update(self, **fields: Any) -> None:
        """Tell more fields of the step, or tell some better. Raises StepValidationError for what they cannot hold."""
        self._host.changed(self._step, fields)

    def hold(self) -> Self:
        """Go on with the step until it is `done`, without a block: for whoever hears of begin and end in two places."""
        self._host.opened(self._step)
        self._began.append(self._host.clock.monotonic())
        return self

    def done(self, error: BaseException | None = None, /, **fields: Any) -> None:
        """The step that was held is over, with what is known now; it took its time, and failed with an error.

        Raises StepValidationError for what it cannot hold.
        """
        step, took_ms = self._step, (self._host.clock.monotonic() - self._began.pop()) * 1000
        known = type(step).model_fields
        learned: Json = dict(fields)
        for name in {"latency_ms", "wait_duration_ms"} & known.keys():
            learned |= {} if getattr(step, name) else {name: round(took_ms, 3)}
        if error is not None and "error" in known and (learned.get("error") or getattr(step, "error", None)) is None:
            told = described(error)
            learned |= {"error": told["message"] or told["type"], "error_type": told["type"]}
        if "success" in known and getattr(step, "success", None) is None:
            learned["success"] = error is None
        self._host.changed(step, learned)
        self._host.closed(step)

    def __enter__(self) -> Self:
        self.hold()
        self._tokens.append(HERE.set(Nest(self._host, str(self), HERE.get())))
        return self

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        leave(self._tokens.pop())
        self.done(error)

    async def __aenter__(self) -> Self:
        return self.__enter__()

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self.__exit__(kind, error, traceback)

    def __await__(self) -> Generator[None, None, Self]:
        """Itself, at once: whoever awaits each step, as the original asked, may go on doing so."""
        yield from ()
        return self


def leave(token: Token[Nest | None]) -> None:
    """Go back to where one was; in another context than one came from there is nowhere to go back to."""
    try:
        HERE.reset(token)
    except ValueError:
        return


class Recorder:
    """The methods that tell a step; each gives its id.

    All raise TracerNotActiveError outside of a run, and StepValidationError for what is no such step.
    """

    def _tell(self, kind: type[BaseStep], fields: Json, more: Any) -> StepId:
        raise NotImplementedError

    def user_input(self, content: str, *, input_type: str | None = None, **more: Unpack[Common]) -> StepId:
        """What somebody asked for."""
        return self._tell(steps.UserInputStep, {"content": content, "input_type": input_type}, more)

    def llm_call(
        self,
        model: str,
        input: str | list[Json],  # noqa: A002 - the original's name
        output: str | Json = "",
        **more: Unpack[CallFacts],
    ) -> StepId:
        """A call of a model. `tokens_in` counts all it read, caches included."""
        return self._tell(steps.LLMCallStep, {"model": model, "input": input, "output": output}, more)

    def tool_call(
        self, tool_name: str, arguments: Json | None = None, result: Any = None, **more: Unpack[ToolFacts]
    ) -> StepId:
        """A call of a tool."""
        fields = {"tool_name": tool_name, "arguments": arguments or {}, "result": result}
        return self._tell(steps.ToolCallStep, fields, more)

    def retrieval(
        self,
        query: str,
        results: list[steps.RetrievalResult] | list[Json] | None = None,
        match_count: int | None = None,
        **more: Unpack[Told],
    ) -> StepId:
        """A search for documents; as many as there are results, unless `match_count` says more."""
        found = list(results or ())
        count = len(found) if match_count is None else match_count
        return self._tell(steps.RetrievalStep, {"query": query, "results": found, "match_count": count}, more)

    def memory_read(
        self,
        query: str | Json,
        results: list[Any] | None = None,
        match_count: int | None = None,
        **more: Unpack[ReadFacts],
    ) -> StepId:
        """A look into the agent's memory."""
        found = list(results or ())
        count = len(found) if match_count is None else match_count
        return self._tell(steps.MemoryReadStep, {"query": query, "results": found, "match_count": count}, more)

    def memory_write(
        self, entity_type: str | None = None, operation: str = "add", data: Any = None, **more: Unpack[WriteFacts]
    ) -> StepId:
        """A change of the agent's memory: add, update, delete or put."""
        fields = {"entity_type": entity_type, "operation": operation, "data": data}
        return self._tell(steps.MemoryWriteStep, fields, more)

    def interrupt(
        self, prompt: str, response: str | Json = "", wait_duration_ms: float = 0.0, **more: Unpack[Common]
    ) -> StepId:
        """A question to a person, and how long the answer took."""
        fields = {"prompt": prompt, "response": response, "wait_duration_ms": wait_duration_ms}
        return self._tell(steps.InterruptStep, fields, more)

    def state_change(
        self,
        state_key: str,
        new_value: Any = None,
        old_value: Any = None,
        reason: str | None = None,
        **more: Unpack[Told],
    ) -> StepId:
        """The agent went on to something else; as a `with`, a part of its work that has a name."""
        fields = {"state_key": state_key, "new_value": new_value, "old_value": old_value, "reason": reason}
        return self._tell(steps.StateChangeStep, fields, more)

    def final_output(
        self,
        content: Any,
        *,
        format: str | None = None,  # noqa: A002 - the original's name
        **more: Unpack[Common],
    ) -> StepId:
        """What the run came to."""
        return self._tell(steps.FinalOutputStep, {"content": content, "format": format}, more)


def began(now_ns: int, fields: Json) -> datetime:
    """When a step that is told now began: its duration ago, where that is told."""
    told = fields.get("latency_ms") or fields.get("wait_duration_ms") or 0.0
    lasted_ns = round(told * 1e6) if isinstance(told, int | float) else 0
    return datetime.fromtimestamp((now_ns - lasted_ns) / 1e9, UTC)
