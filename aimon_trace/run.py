"""A trace as one document: who ran, what for, and every step in the order in which it was told.

Apart from `steps`, since what is asked of a whole is asked here: ids are unique, parents are there, the end comes last.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal, TypeVar
from uuid import uuid4

from pydantic import Field, PrivateAttr, ValidationError, model_validator

from aimon_trace.document import Document, Json, Moment, moment
from aimon_trace.errors import StepValidationError, TraceUnreadable
from aimon_trace.steps import BaseStep, LLMCallStep, ToolCallStep, TraceStep

SCHEMA_VERSION = "1.0"
"""Of the documents: a minor one only adds what may be left out, so that each reads all others of its major one."""

Status = Literal["created", "running", "completed", "failed"]
S = TypeVar("S", bound=BaseStep)


class AgentInfo(Document):
    """Who ran."""

    name: str
    version: str | None = None
    framework: str | None = None
    framework_version: str | None = None


class TaskInfo(Document):
    """What for."""

    description: str | None = None
    goal: str | None = None
    input: Any = None


def _new_id() -> str:
    return str(uuid4())


def _now() -> datetime:
    return moment(datetime.now(UTC))


class TraceRun(Document):
    """One run of an agent, as it is written to a file."""

    schema_version: str = SCHEMA_VERSION
    run_id: str = Field(default_factory=_new_id, min_length=1)
    started_at: Moment = Field(default_factory=_now)
    ended_at: Moment | None = None
    """None while it runs."""
    agent_info: AgentInfo
    task_info: TaskInfo | None = None
    steps: list[TraceStep] = Field(default_factory=list)
    """In the order in which they were told; those that lie in another name it as their parent."""
    metadata: Json | None = None
    """`error` in it says why the run failed: `{"type": …, "message": …}`."""

    _ids: set[str] = PrivateAttr(default_factory=set)
    _released: int = PrivateAttr(default=0)

    @model_validator(mode="after")
    def _check(self) -> "TraceRun":
        if self.schema_version.partition(".")[0] != SCHEMA_VERSION.partition(".")[0]:
            raise ValueError(f"written in version {self.schema_version} of the format; known is {SCHEMA_VERSION}")
        if self.ended_at is not None and self.ended_at < self.started_at:
            raise ValueError("ended_at is before started_at")
        self._ids = {step.step_id for step in self.steps}
        if len(self._ids) < len(self.steps):
            raise ValueError(f"step_id {_twice(self.steps)!r} is there twice")
        for step in self.steps:
            if step.parent_step_id is not None and step.parent_step_id not in self._ids:
                raise ValueError(f"step {step.step_id!r} lies in {step.parent_step_id!r}, which is not there")
        return self

    # ------------------------------------------------------------------ writing

    def add_step(self, step: BaseStep) -> None:
        """Append a step, in constant time.

        Raises StepValidationError where its id is taken or its parent unknown.
        """
        if len(self._ids) != len(self.steps) + self._released:  # somebody appended to the list itself
            self._ids = {known.step_id for known in self.steps}
        if step.step_id in self._ids:
            raise StepValidationError(f"The step_id {step.step_id!r} is taken.", "Each step has an id of its own.")
        if step.parent_step_id is not None and step.parent_step_id not in self._ids:
            raise StepValidationError(
                f"The parent {step.parent_step_id!r} of step {step.step_id!r} is not in the trace.", "Add it first."
            )
        self._ids.add(step.step_id)
        self.steps.append(step)  # type: ignore[arg-type]

    def release(self, step: BaseStep) -> None:
        """Hold a step no longer, since it is written; its id stays taken."""
        kept = [held for held in self.steps if held is not step]
        self._released += len(self.steps) - len(kept)
        self.steps = kept

    def finish(self, error: BaseException | None = None, at: datetime | None = None) -> None:
        """End the run; with an error it has failed."""
        self.ended_at = max(moment(at or datetime.now(UTC)), self.started_at)
        if error is not None:
            self.metadata = {**(self.metadata or {}), "error": described(error)}

    # ------------------------------------------------------------------ reading

    @property
    def status(self) -> Status:
        """Where it stands."""
        if self.ended_at is None:
            return "running" if self.steps else "created"
        return "failed" if self.error else "completed"

    @property
    def error(self) -> Json | None:
        """Why it failed: `{"type": …, "message": …}`; None where it did not."""
        told = (self.metadata or {}).get("error")
        return told if isinstance(told, dict) or told is None else {"type": "unknown", "message": str(told)}

    def get_steps_by_type(self, step_type: str) -> list[BaseStep]:
        """The steps of one kind."""
        return [step for step in self.steps if step.step_type == step_type]

    def get_llm_calls(self) -> list[LLMCallStep]:
        """Its model calls."""
        return _of(LLMCallStep, self.steps)

    def get_tool_calls(self) -> list[ToolCallStep]:
        """Its tool calls."""
        return _of(ToolCallStep, self.steps)

    def total_tokens(self) -> int:
        """Tokens of all steps, each counted once."""
        return sum(step.total for step in self.steps)

    def total_tool_calls(self) -> int:
        """How many tool calls there are."""
        return len(self.get_tool_calls())

    def to_json(self, *, indent: int | None = None, exclude_none: bool = True) -> str:
        """The document. A value that JSON does not know is written as what it says of itself."""
        return self.model_dump_json(indent=indent, exclude_none=exclude_none, fallback=repr)

    @classmethod
    def from_json(cls, text: str | bytes) -> "TraceRun":
        """Read a document. Raises TraceUnreadable for what is none."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise TraceUnreadable(
                f"This is no trace: {first_fault(error)}.", "See docs/schema/trace_run.json."
            ) from None


def described(error: BaseException) -> Json:
    """An exception as a document tells it."""
    return {"type": type(error).__qualname__, "message": str(error)}


def first_fault(error: ValidationError) -> str:
    """The first thing that is wrong with a document, and how many more there are."""
    faults = error.errors(include_url=False, include_input=False)
    where = ".".join(str(part) for part in faults[0]["loc"])
    others = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
    return f"{where + ': ' if where else ''}{faults[0]['msg'].removeprefix('Value error, ')}{others}"


def _of(kind: type[S], steps: Iterable[BaseStep]) -> list[S]:
    return [step for step in steps if isinstance(step, kind)]


def _twice(steps: Iterable[BaseStep]) -> str:
    seen: set[str] = set()
    return next(step.step_id for step in steps if step.step_id in seen or seen.add(step.step_id))  # type: ignore[func-returns-value]
