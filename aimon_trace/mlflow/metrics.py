"""What MLflow traces come to: those of a run or of a session together, each unit of work counted once."""

from collections.abc import Callable, Iterable, Mapping
from functools import reduce
from typing import Any

from aimon_core.pricing import PriceTable
from aimon_core.session import PICODOLLARS, Tokens
from aimon_trace.ledger import files
from aimon_trace.metrics import Cost, TokenParts, TraceMetrics, Waits
from aimon_trace.mlflow.span import Span, moment, spans_of


def metrics(documents: Iterable[Mapping[str, Any]], prices: PriceTable) -> TraceMetrics:
    """What some traces come to together; each is what `Trace.to_dict()` gives."""
    traces = list(documents)
    spans = sorted((span for one in traces for span in spans_of(one)), key=lambda span: (span.start_ns, -span.end_ns))
    if not spans:
        return TraceMetrics(session_id=_session_id(traces))
    billed = _lowest(spans, lambda span: span.tokens.total > 0)
    asked = _lowest(spans, lambda span: span.kind == "LLM")
    calls = [span for span in asked if not span.failed]
    models = [span.model for span in [*calls, *billed] if span.model]
    refused = {span.call_id for span in spans if span.told.get("permission.result") == "denied"} - {""}
    tools = tuple(span.tool_call(refused=span.call_id in refused) for span in spans if span.kind == "TOOL")
    turns = sum("turn.duration_ms" in span.told for span in spans) or len({span.id.split()[0] for span in spans})
    return TraceMetrics(
        session_id=_session_id(traces),
        agent=str(next((found for span in spans if (found := span.told.get("service.name"))), "")),
        model=models[0] if models else None,
        models=tuple(dict.fromkeys(models)),
        start_time=moment(spans[0].start_ns),
        end_time=moment(max(span.end_ns for span in spans)),
        tokens=_parts(billed) if billed else None,
        llm_calls=len(calls) or sum(span.kind != "EMBEDDING" for span in billed),
        tool_calls=tools,
        files=files(tools),
        turns=turns,
        user_messages=turns,
        subagents=sum(span.kind == "AGENT" and "subagent.type" in span.told for span in spans),
        cost=_cost(billed, prices),
        waits=_waits(spans),
        errors=tuple(
            span.message or span.name for span in _lowest(spans, lambda one: one.kind == "LLM" and one.failed)
        ),
    )


def _lowest(spans: list[Span], chosen: Callable[[Span], bool]) -> list[Span]:
    """The chosen spans below which there is no other: those above them tell of the same work."""
    above = {span.id: span.parent for span in spans}
    some, covered = [span for span in spans if chosen(span)], set[str]()
    for span in some:
        parent = span.parent
        while parent is not None and parent not in covered:
            covered.add(parent)
            parent = above.get(parent)
    return [span for span in some if span.id not in covered]


def _parts(billed: list[Span]) -> TokenParts:
    sums = reduce(Tokens.plus, (span.tokens for span in billed))
    return TokenParts(
        input=sums.input,
        output=sums.output,
        cache_read=sums.cache_read,
        cache_write_unknown=sums.cache_write,
    )


def _cost(billed: list[Span], prices: PriceTable) -> Cost:
    """Dollars as aimon exported them, else from its own price table: MLflow's leave caches out."""
    if not billed:
        return Cost(usd=0.0)
    reported = [span.reported_usd for span in billed]
    if None not in reported:
        told = sum(filter(None, reported))
        return Cost(reported_usd=told, usd=told, basis="reported")
    found = [(span.model or "unknown", _price(span, prices)) for span in billed]
    unpriced = {model for model, price in found if price is None}
    if unpriced:
        return Cost(unpriced_models=tuple(sorted(unpriced)))
    usd = sum(price or 0 for _, price in found) / PICODOLLARS
    return Cost(computed_usd=usd, usd=usd, basis="computed")


def _price(span: Span, prices: PriceTable) -> int | None:
    """The price of one call in picodollars; None where nobody knows it."""
    price = prices.price("", span.model or "")
    return price.picodollars(span.tokens) if price is not None else None


def _waits(spans: list[Span]) -> Waits | None:
    """Times that a person was waited for; None where it is not aimon that tells, for nobody else does."""
    if not any(span.ours for span in spans):
        return None
    waited = [told / 1000 for span in spans if isinstance(told := span.told.get("permission.wait_ms"), int)]
    return Waits(count=len(waited), total_seconds=sum(waited), longest_seconds=max(waited, default=0.0))


def _session_id(traces: Iterable[Mapping[str, Any]]) -> str:
    """The session that the traces name, else the first trace's own id."""
    infos = [one.get("info") or {} for one in traces]
    named = [told for info in infos if (told := (info.get("trace_metadata") or {}).get("mlflow.trace.session"))]
    return str(next(iter([*named, *(info["trace_id"] for info in infos if info.get("trace_id"))]), "unknown"))
