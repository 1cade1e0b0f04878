"""A captured run to metrics: its steps as tool calls, tokens, waits and errors."""

from datetime import datetime, timedelta

from aimon_core import pricing
from aimon_core.priced import Prices
from aimon_core.session import PICODOLLARS, Tokens
from aimon_trace.gathering import HEAD, parts
from aimon_trace.ledger import files
from aimon_trace.metrics import Cost, ToolCall, TraceMetrics, Waits
from aimon_trace.run import TraceRun
from aimon_trace.steps import InterruptStep, LLMCallStep, ToolCallStep, UserInputStep, Work


def metrics(run: TraceRun, prices: Prices | None = None) -> TraceMetrics:
    """What it comes to. A retrieval and a look into memory are no tool calls; that of a tool is."""
    calls = [step for step in run.steps if isinstance(step, LLMCallStep)]
    told = [_tokens(step) for step in calls if step.tokens_in is not None or step.tokens_out is not None]
    tools = tuple(_call(step) for step in run.steps if isinstance(step, ToolCallStep))
    asked = sum(isinstance(step, UserInputStep) for step in run.steps)
    models = tuple(dict.fromkeys(step.model for step in calls))
    return TraceMetrics(
        session_id=run.run_id,
        agent=run.agent_info.name,
        model=next(iter(models), None),
        models=models,
        start_time=run.started_at,
        end_time=_end(run),
        tokens=parts(sum_of(told)) if told else None,
        llm_calls=len(calls),
        tool_calls=tools,
        files=files(tools),
        turns=asked,
        user_messages=asked,
        cost=_cost(calls, prices),
        waits=_waits(run),
        errors=tuple(_errors(run)),
    )


def sum_of(told: list[Tokens]) -> Tokens:
    """All of them together."""
    total = Tokens()
    for one in told:
        total = total.plus(one)
    return total


def _tokens(step: LLMCallStep) -> Tokens:
    """Exclusive parts of a step's inclusive figures."""
    read, written = step.tokens_cache_read or 0, step.tokens_cache_write or 0
    own = max(0, (step.tokens_in or 0) - read - written)
    return Tokens(own, read, 0, 0, written, step.tokens_out or 0, step.tokens_reasoning)


def _call(step: ToolCallStep) -> ToolCall:
    success = step.success if step.success is not None else None if step.result is None else step.error is None
    return ToolCall(
        id=step.step_id,
        name=step.tool_name,
        input=step.arguments,
        start_time=step.timestamp,
        end_time=_over(step),
        success=False if step.error is not None else success,
        result=str(step.error or step.result or "")[:HEAD],
    )


def _over(step: Work) -> datetime | None:
    return None if step.latency_ms is None else step.timestamp + timedelta(milliseconds=step.latency_ms)


def _end(run: TraceRun) -> datetime:
    """Its end; of a run that goes on, the last thing that is known of it."""
    ends = [_over(step) or step.timestamp if isinstance(step, Work) else step.timestamp for step in run.steps]
    return run.ended_at or max(ends, default=run.started_at)


def _waits(run: TraceRun) -> Waits:
    seconds = [step.wait_duration_ms / 1000 for step in run.steps if isinstance(step, InterruptStep)]
    return Waits(count=len(seconds), total_seconds=sum(seconds), longest_seconds=max(seconds, default=0.0))


def _cost(calls: list[LLMCallStep], prices: Prices | None) -> Cost:
    """What the steps estimate, and for those that do not what the price table says."""
    estimated = [step.cost_estimate for step in calls if step.cost_estimate is not None]
    rest = [step for step in calls if step.cost_estimate is None]
    found = [_priced(step, prices or pricing.load()) for step in rest]
    unpriced = tuple(dict.fromkeys(step.model for step, usd in zip(rest, found, strict=True) if usd is None))
    computed = sum(usd for usd in found if usd is not None)
    known = bool(calls) and not unpriced
    return Cost(
        reported_usd=sum(estimated) if estimated else None,
        computed_usd=computed if rest and known else None,
        usd=sum(estimated) + computed if known else None,
        basis="unknown" if not known else "computed" if not estimated else "mixed" if rest else "reported",
        unpriced_models=unpriced,
    )


def _priced(step: LLMCallStep, prices: Prices) -> float | None:
    price = prices.price("", step.model)
    if price is None or (step.tokens_in is None and step.tokens_out is None):
        return None
    cost = price.picodollars(_tokens(step))
    return None if cost is None else cost / PICODOLLARS


def _errors(run: TraceRun) -> list[str]:
    """Why the run or a call of a model failed."""
    told = [step.error for step in run.steps if isinstance(step, LLMCallStep) and step.error is not None]
    why = (run.metadata or {}).get("error")
    return [*told, f"{why.get('type')}: {why.get('message')}"] if isinstance(why, dict) else told
