"""The documents of the judge as JSON Schema, for `docs/schema` and for editors of manifests; no command loads it.

`report` and `metrics` write them out by hand; the models hold them to their word. `python -m aimon_trace.shapes
docs/schema` writes the schemas, as `receiver.frozen_shapes` does those of the API.
"""

import sys
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, TypeAdapter

from aimon_trace.expectations import Expectations
from aimon_trace.metrics import Cost, Waits
from aimon_trace.report import VERSION
from aimon_trace.scorers import Score
from receiver.frozen_shapes import freeze
from receiver.shape import Count, Shape

_Seconds = float | None
_Moment = str | None


class Violation(Shape):
    """Why a trace failed."""

    scorer: str = Field(description="trace: it could not be judged at all")
    rationale: str


class SourceViolation(Violation):
    """The same, with the trace."""

    source: str


class Summary(Shape):
    """The main figures of a trace."""

    session_id: str
    total_tokens: Count | None = Field(description="input and output, caches left out; null: no call told its usage")
    total_tool_calls: Count
    num_turns: Count = Field(description="prompts")
    duration_seconds: _Seconds
    total_tokens_with_cache: Count | None
    llm_calls: Count
    failed_tool_calls: Count = Field(description="those that nobody let run are none")
    cost_usd: float | None
    model: str | None
    agent: str
    unread: Count = Field(description="lines that could not be read")


class Result(Shape):
    """What was found about one trace."""

    source: str = Field(description="a path, session:KEY, mlflow:RUN or mlflow-trace:TRACE")
    metrics_summary: Summary | None = Field(description="null where it could not be read")
    scorer_results: list[Score]
    violations: list[Violation]
    success: bool
    case: str | None = Field(description="the test case that added to what is expected")
    error: str | None = Field(description="why it could not be judged")


class EvalDocument(Shape):
    """`aimon trace-eval --format json`."""

    v: Literal[1]
    success: bool
    skill_name: str
    traces_evaluated: Count
    traces_passed: Count
    traces_failed: Count
    expectations: dict[str, Any] = Field(description="as they were written")
    results: list[Result]
    all_violations: list[SourceViolation]
    message: str


class TokenSums(Shape):
    """Tokens of a trace."""

    total: Count | None = Field(description="input and output, caches left out")
    input: Count | None = Field(description="read neither from nor into a cache")
    output: Count | None
    cache_creation: Count | None
    cache_read: Count | None
    reasoning: Count | None
    total_with_cache: Count | None


class ToolSums(Shape):
    """Tool calls of a trace."""

    total_calls: Count
    by_name: dict[str, Count]
    by_category: dict[str, Count]
    failed: Count
    refused: Count


class FileLists(Shape):
    """Paths by what was done to them."""

    created: list[str]
    modified: list[str]
    read: list[str]


class Conversation(Shape):
    """Who spoke how often."""

    turns: Count = Field(description="prompts, those that the client wrote itself included")
    user_messages: Count
    llm_calls: Count
    subagents: Count


class MetricsDocument(Shape):
    """`aimon trace-eval show`."""

    session_id: str
    agent: str
    start_time: _Moment
    end_time: _Moment
    duration_seconds: _Seconds
    tokens: TokenSums
    tools: ToolSums
    files: FileLists
    conversation: Conversation
    model: str | None
    models: list[str]
    cost: Cost
    waits: Waits | None
    errors: list[str]
    unread: Count


SHAPES: dict[str, TypeAdapter[Any]] = {
    "trace_eval": TypeAdapter(EvalDocument),
    "trace_metrics": TypeAdapter(MetricsDocument),
    "trace_expectations": TypeAdapter(Expectations),
}
"""By the name of the file under `docs/schema`."""


if __name__ == "__main__":
    sys.stdout.writelines(f"{path}\n" for path in freeze(Path(sys.argv[1]), SHAPES, VERSION))
